#include "server/config/toml_reader.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace hub {
namespace {

constexpr std::size_t kNearestDistanceMax = 3;  // edits; and at most half of the word

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string Text(const Errors& errors) {
  std::string text;
  for (const Error& error : errors) text += error.Text() + "\n";
  return text;
}

std::string_view NearestWord(std::string_view word, const std::vector<std::string_view>& known) {
  std::string_view nearest;
  std::size_t best = std::min(kNearestDistanceMax, std::max<std::size_t>(word.size() / 2, 1)) + 1;
  for (const std::string_view candidate : known) {
    // "window" for "window_requests_max" is no slip, but it is what the writer meant.
    const bool begins = word.size() >= 4 && candidate.starts_with(word);
    const std::size_t distance = begins ? 1 : EditDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string TomlReport::PlaceText(TomlPlace place) const {
  if (place.line == 0) return file_;
  return file_ + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

void TomlReport::Add(TomlPlace place, std::string what, std::string why, std::string advice) {
  errors_.push_back({place, Error{.doing = std::move(what),
                                  .why = std::move(why),
                                  .place = PlaceText(place),
                                  .sqlstate = {},
                                  .advice = std::move(advice)}});
}

Errors TomlReport::Take() {
  std::stable_sort(errors_.begin(), errors_.end(), [](const Located& a, const Located& b) {
    return std::pair(a.place.line, a.place.column) < std::pair(b.place.line, b.place.column);
  });
  Errors errors;
  for (Located& located : errors_) errors.push_back(std::move(located.error));
  errors_.clear();
  return errors;
}

std::string TomlReader::PathOf(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

TomlPlace TomlReader::PlaceOf(std::string_view key) const {
  const TomlMember* member = table_.Find(key);
  return member == nullptr ? table_.place : member->value.place;
}

const TomlMember* TomlReader::Any(std::string_view key) {
  asked_.push_back(key);
  return table_.Find(key);
}

const TomlValue* TomlReader::Expect(std::string_view key, TomlKind kind) {
  const TomlMember* member = Any(key);
  if (member == nullptr) return nullptr;
  if (member->value.kind == kind) return &member->value;
  Refuse(key,
         "expected " + std::string(Name(kind)) + ", got " + std::string(Name(member->value.kind)));
  return nullptr;
}

std::optional<std::string> TomlReader::Text(std::string_view key, std::size_t octets_min,
                                            std::size_t octets_max) {
  const TomlValue* value = Expect(key, TomlKind::kText);
  if (value == nullptr) return std::nullopt;
  if (value->text.size() < octets_min || value->text.size() > octets_max) {
    Refuse(key, "expected a string of " + std::to_string(octets_min) + " to " +
                    std::to_string(octets_max) + " octets, got " +
                    std::to_string(value->text.size()));
    return std::nullopt;
  }
  if (value->text.find('\0') != std::string::npos) {
    Refuse(key, "a NUL cannot stand in a string here");
    return std::nullopt;
  }
  return value->text;
}

std::optional<std::int64_t> TomlReader::Integer(std::string_view key, std::int64_t min,
                                                std::int64_t max) {
  const TomlValue* value = Expect(key, TomlKind::kInteger);
  if (value == nullptr) return std::nullopt;
  if (value->integer < min || value->integer > max) {
    Refuse(key, std::to_string(value->integer) + " is not within " + std::to_string(min) + " .. " +
                    std::to_string(max));
    return std::nullopt;
  }
  return value->integer;
}

std::optional<bool> TomlReader::Boolean(std::string_view key) {
  const TomlValue* value = Expect(key, TomlKind::kBoolean);
  if (value == nullptr) return std::nullopt;
  return value->boolean;
}

std::optional<WallTime> TomlReader::Moment(std::string_view key) {
  const TomlValue* value = Expect(key, TomlKind::kMoment);
  if (value == nullptr) return std::nullopt;
  return value->moment;
}

std::vector<std::string> TomlReader::Texts(std::string_view key, std::size_t octets_min,
                                           std::size_t octets_max) {
  std::vector<std::string> texts;
  const TomlValue* list = Expect(key, TomlKind::kList);
  if (list == nullptr) return texts;
  for (const TomlValue& item : list->items) {
    if (item.kind != TomlKind::kText) {
      report_.Add(item.place, PathOf(key),
                  "expected a string, got " + std::string(Name(item.kind)));
    } else if (item.text.size() < octets_min || item.text.size() > octets_max) {
      report_.Add(item.place, PathOf(key),
                  "expected strings of " + std::to_string(octets_min) + " to " +
                      std::to_string(octets_max) + " octets, got " +
                      std::to_string(item.text.size()));
    } else if (item.text.find('\0') != std::string::npos) {
      report_.Add(item.place, PathOf(key), "a NUL cannot stand in a string here");
    } else {
      texts.push_back(item.text);
    }
  }
  return texts;
}

std::vector<TomlReader> TomlReader::Tables(std::string_view key) {
  std::vector<TomlReader> tables;
  const TomlMember* member = Any(key);
  if (member == nullptr) return tables;
  if (member->value.kind != TomlKind::kList) {
    Refuse(key, "expected a list of tables, got " + std::string(Name(member->value.kind)),
           member->value.kind == TomlKind::kTable ? "write [[" + PathOf(key) + "]]" : "");
    return tables;
  }
  for (const TomlValue& item : member->value.items) {
    if (item.kind == TomlKind::kTable) {
      tables.emplace_back(item, PathOf(key), report_);
    } else {
      report_.Add(item.place, PathOf(key), "expected a table, got " + std::string(Name(item.kind)));
    }
  }
  return tables;
}

std::optional<TomlReader> TomlReader::Table(std::string_view key) {
  const TomlValue* value = Expect(key, TomlKind::kTable);
  if (value == nullptr) return std::nullopt;
  return TomlReader(*value, PathOf(key), report_);
}

void TomlReader::Require(std::string_view key) {
  report_.Add(table_.place, PathOf(key), "is missing");
}

void TomlReader::Refuse(std::string_view key, std::string why, std::string advice) {
  report_.Add(PlaceOf(key), PathOf(key), std::move(why), std::move(advice));
}

void TomlReader::Finish() {
  for (const TomlMember& member : table_.members) {
    if (std::find(asked_.begin(), asked_.end(), member.key) != asked_.end()) continue;
    const std::string_view nearest = NearestWord(member.key, asked_);
    report_.Add(member.place, PathOf(member.key),
                member.value.kind == TomlKind::kTable ? "unknown section" : "unknown key",
                nearest.empty() ? "" : "did you mean \"" + std::string(nearest) + "\"?");
  }
}

}  // namespace hub
