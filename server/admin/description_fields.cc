#include "server/admin/description_fields.h"

#include <algorithm>

#include "protocol/wire/status.h"

namespace hub::admin {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

std::string RequiredText(TomlReader& table, std::string_view key, std::size_t octets_min,
                         std::size_t octets_max) {
  if (table.Any(key) == nullptr) {
    table.Require(key);
    return {};
  }
  return table.Text(key, octets_min, octets_max).value_or("");
}

std::optional<Nano> Money(TomlReader& table, std::string_view key) {
  const TomlMember* member = table.Any(key);
  if (member == nullptr) return std::nullopt;
  if (member->value.kind != TomlKind::kText) {
    table.Refuse(key, "expected money as a string, got " + std::string(Name(member->value.kind)),
                 "write it in quotes, \"0.0123\": it is kept exactly");
    return std::nullopt;
  }
  const auto amount = ParseNano(member->value.text);
  if (!amount) {
    table.Refuse(key, "is no decimal number with at most 9 decimals", "\"0.0123\"");
  }
  return amount;
}

std::optional<std::string> Digits(TomlReader& table, std::string_view key, std::size_t digits_min,
                                  std::size_t digits_max) {
  auto text = table.Text(key, digits_min, digits_max);
  if (text && !std::all_of(text->begin(), text->end(), IsDigit)) {
    table.Refuse(key, "expected digits only");
    return std::nullopt;
  }
  return text;
}

std::string RequiredLetters(TomlReader& table, std::string_view key, std::size_t letters) {
  std::string text = RequiredText(table, key, letters, letters);
  if (!text.empty() && !std::all_of(text.begin(), text.end(), IsCapital)) {
    table.Refuse(key, "expected " + std::to_string(letters) + " capital letters");
    return {};
  }
  return text;
}

std::optional<std::size_t> OneOf(TomlReader& table, std::string_view key,
                                 const std::vector<std::string_view>& words) {
  const auto text = table.Text(key, 0, kTextOctetsMax);
  if (!text) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  const std::string_view nearest = NearestWord(*text, words);
  table.Refuse(key, "\"" + *text + "\" is none of: " + list,
               nearest.empty() ? "" : "did you mean \"" + std::string(nearest) + "\"?");
  return std::nullopt;
}

std::vector<std::string> Tags(TomlReader& table) {
  std::vector<std::string> tags = table.Texts("tags", 1, kNameOctetsMax);
  std::sort(tags.begin(), tags.end());
  tags.erase(std::unique(tags.begin(), tags.end()), tags.end());
  return tags;
}

std::optional<std::uint32_t> ErrorStatus(std::string_view text) {
  smpp::Status status{};
  if (!smpp::ParseStatus(text, &status) || status == smpp::Status::ESME_ROK) return std::nullopt;
  return static_cast<std::uint32_t>(status);
}

void Unique::Check(TomlReader& table, std::string_view key, const std::string& name) {
  const auto [first, is_new] = places_.emplace(name, table.place_text());
  if (!is_new) table.Refuse(key, "\"" + name + "\" stands twice; first at " + first->second);
}

}  // namespace hub::admin
