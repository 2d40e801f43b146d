#include "server/admin/description_profile.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "protocol/receipt/message_state.h"
#include "protocol/wire/tlv.h"
#include "server/admin/description_fields.h"
#include "server/store/enum_names.h"

namespace hub::admin {
namespace {

constexpr std::size_t kRulesMax = 256;  // of one kind
constexpr std::size_t kValueOctetsMax = 1'024;
constexpr std::size_t kAddressCharsMax = 20;  // SMPP v3.4 §5.2.8
constexpr std::size_t kWordCharsMax = 32;

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

// A message without its body, or a part that looks like a whole, is no matter of rules.
bool IsBody(std::int64_t tag) {
  using enum smpp::Tag;
  for (const smpp::Tag body :
       {message_payload, sar_msg_ref_num, sar_total_segments, sar_segment_seqnum}) {
    if (tag == static_cast<std::int64_t>(body)) return true;
  }
  return false;
}

std::uint16_t ReadTag(TomlReader& table, std::string_view key) {
  const auto tag = table.Integer(key, 0, 0xFFFF);
  if (!tag) return 0;
  if (IsBody(*tag)) table.Refuse(key, "carries the text or says how it is cut: no rule changes it");
  return static_cast<std::uint16_t>(*tag);
}

// "01ff": two digits an octet.
std::vector<std::uint8_t> ReadOctets(TomlReader& table, std::string_view key) {
  const std::string text = table.Text(key, 0, 2 * kValueOctetsMax).value_or("");
  std::vector<std::uint8_t> octets(text.size() / 2);
  bool good = text.size() % 2 == 0;
  for (std::size_t i = 0; good && i < octets.size(); ++i) {
    const char* at = text.data() + 2 * i;
    const auto parsed = std::from_chars(at, at + 2, octets[i], 16);
    good = parsed.ec == std::errc() && parsed.ptr == at + 2;
  }
  if (!good) table.Refuse(key, "expected octets in hexadecimal", "\"01ff\" for two of them");
  return octets;
}

store::TlvRule ReadTlv(TomlReader& table) {
  store::TlvRule rule;
  if (table.Any("tag") == nullptr) table.Require("tag");
  rule.tag = ReadTag(table, "tag");
  if (table.Any("action") == nullptr) table.Require("action");
  Assign(table, "action", store::kTlvActions, &rule.action);
  rule.has_value = table.Any("value") != nullptr;
  if (rule.has_value) rule.value = ReadOctets(table, "value");
  const bool has_to = table.Any("to_tag") != nullptr;
  if (has_to) rule.to_tag = ReadTag(table, "to_tag");
  if (has_to != (rule.action == store::TlvAction::kMap))
    table.Refuse("to_tag", "belongs to action = \"map\", and must stand there");
  if (rule.action == store::TlvAction::kAdd && !rule.has_value) table.Require("value");
  if (rule.action == store::TlvAction::kDrop && rule.has_value)
    table.Refuse("value", "what is dropped has none");
  table.Finish();
  return rule;
}

void ReadTlvs(TomlReader& table, std::vector<store::TlvRule>* rules) {
  std::set<std::uint16_t> tags;
  for (TomlReader& one : table.Tables("tlv")) {
    rules->push_back(ReadTlv(one));
    if (!tags.insert(rules->back().tag).second) one.Refuse("tag", "has a rule already");
  }
  if (rules->size() > kRulesMax) table.Refuse("tlv", "has more than 256 rules");
  std::sort(rules->begin(), rules->end(),
            [](const auto& a, const auto& b) { return a.tag < b.tag; });
}

std::string ReadAddressText(TomlReader& table, std::string_view key) {
  const std::string text = table.Text(key, 0, kAddressCharsMax).value_or("");
  if (!IsPrintable(text)) table.Refuse(key, "holds characters that no address may have");
  return text;
}

store::AddressRule ReadAddress(TomlReader& table) {
  store::AddressRule rule;
  if (table.Any("side") == nullptr) table.Require("side");
  Assign(table, "side", store::kAddressSides, &rule.side);
  Assign(table, "ton", 0, 255, &rule.ton);
  Assign(table, "npi", 0, 255, &rule.npi);
  rule.prefix = ReadAddressText(table, "prefix");
  Assign(table, "action", store::kAddressActions, &rule.action);
  rule.to = ReadAddressText(table, "to");
  Assign(table, "to_ton", 0, 255, &rule.to_ton);
  Assign(table, "to_npi", 0, 255, &rule.to_npi);
  const bool replaces =
      rule.action == store::AddressAction::kPrefix || rule.action == store::AddressAction::kAddress;
  if (replaces != (table.Any("to") != nullptr))
    table.Refuse("to", "belongs to action = \"prefix\" or \"address\", and must stand there");
  if (rule.action == store::AddressAction::kAddress && rule.to.empty() &&
      rule.side == store::AddressSide::kDestination)
    table.Refuse("to", "no message goes without a destination");
  const bool numbers = rule.to_ton != store::kAnyTonNpi || rule.to_npi != store::kAnyTonNpi;
  if (rule.action == store::AddressAction::kRefuse && numbers)
    table.Refuse("action", "what is refused has no to_ton and to_npi");
  table.Finish();
  return rule;
}

void ReadAddresses(TomlReader& table, store::SupplierProfile* profile) {
  for (TomlReader& one : table.Tables("address")) {
    const store::AddressRule rule = ReadAddress(one);
    const bool source = rule.side == store::AddressSide::kSource;
    (source ? profile->source_rules : profile->destination_rules).push_back(rule);
  }
  if (std::max(profile->source_rules.size(), profile->destination_rules.size()) > kRulesMax)
    table.Refuse("address", "has more than 256 rules of one side");
}

// 0x03 or 3, as a key.
std::optional<std::uint8_t> DataCoding(std::string_view text) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  std::uint8_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// Each member of `key = { ... }`, with the reader of the inner table.
template <class Take>
void ForEachMember(TomlReader& table, std::string_view key, Take&& take) {
  if (table.Any(key) == nullptr) return;
  auto inner = table.Table(key);
  if (!inner) return;
  for (const TomlMember& member : table.Any(key)->value.members) take(*inner, member.key);
}

// data_codings = { 0x01 = 0x03 }
void ReadDataCodings(TomlReader& table, std::map<std::uint8_t, std::uint8_t>* codings) {
  ForEachMember(table, "data_codings", [&](TomlReader& inner, const std::string& key) {
    std::uint8_t to = 0;
    Assign(inner, key, 0, 255, &to);
    const auto from = DataCoding(key);
    if (!from) {
      inner.Refuse(key, "is no data_coding", "0x03 or 3");
    } else if (!codings->emplace(*from, to).second) {
      inner.Refuse(key, "the same data_coding stands here twice");
    }
  });
}

// receipt_states = { OK = "DELIVERED" }
void ReadReceiptStates(TomlReader& table, std::map<std::string, std::uint8_t>* states) {
  constexpr std::uint8_t kStates = 10;  // SMPP v5.0 §4.7.15
  std::vector<std::string_view> names;
  for (std::uint8_t i = 0; i < kStates; ++i)
    names.push_back(smpp::StateName(static_cast<smpp::MessageState>(i)));
  ForEachMember(table, "receipt_states", [&](TomlReader& inner, const std::string& key) {
    const auto state = OneOf(inner, key, names);
    std::string word = key;
    for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const bool whole = word.find(' ') == std::string::npos && IsPrintable(word);
    if (word.empty() || word.size() > kWordCharsMax || !whole) {
      inner.Refuse(key, "is no word of a receipt");
    } else if (!states->emplace(word, static_cast<std::uint8_t>(state.value_or(0))).second) {
      inner.Refuse(key, "the same word stands here twice");
    }
  });
}

// client_statuses = { 0x00000401 = "ESME_RINVDSTADR" }
void ReadClientStatuses(TomlReader& table, std::map<std::uint32_t, std::uint32_t>* statuses) {
  ForEachMember(table, "client_statuses", [&](TomlReader& inner, const std::string& key) {
    const auto text = inner.Text(key, 1, kTextOctetsMax);
    const auto status = ErrorStatus(key);
    const auto shown = ErrorStatus(text.value_or(""));
    if (!status) {
      inner.Refuse(key, "is no command_status of an error", "ESME_RMSGQFUL or 0x00000014");
    } else if (text && !shown) {
      inner.Refuse(key, "\"" + *text + "\" is no command_status of an error",
                   "\"ESME_RSUBMITFAIL\" or \"0x45\"");
    } else if (!statuses->emplace(*status, shown.value_or(0)).second) {
      inner.Refuse(key, "the same status stands here twice");
    }
  });
}

}  // namespace

void ReadProfile(TomlReader& table, store::SupplierProfile* profile) {
  Assign(table, "tlvs", store::kSupplierTlvs, &profile->tlvs);
  ReadTlvs(table, &profile->tlv_rules);
  ReadAddresses(table, profile);
  ReadDataCodings(table, &profile->data_codings);
  Assign(table, "force_receipts", &profile->force_receipts);
  Assign(table, "receipts_by_text", &profile->receipts_by_text);
  ReadReceiptStates(table, &profile->receipt_states);
  ReadClientStatuses(table, &profile->client_statuses);
}

}  // namespace hub::admin
