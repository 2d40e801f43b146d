#include "server/relay/supplier/delivery_rewrite.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/pdu/write_view.h"
#include "protocol/receipt/receipt.h"
#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {
namespace {

using smpp::MessageState;
using smpp::Status;

constexpr std::uint8_t kTypeBits = 0x3C, kReceiptType = 0x04;  // SMPP v3.4 §5.2.12
constexpr std::size_t kShortMessageMax = 254;

bool ReadsLikeAReceipt(const smpp::MessageView& view, const smpp::Receipt& receipt) {
  const smpp::ReceiptText& fields = receipt.fields;
  return (view.receipted_message_id && view.message_state) ||
         (!fields.id.value.empty() && !fields.stat.value.empty() && fields.done_date.present);
}

const std::uint8_t* StateOfWord(const store::SupplierProfile& profile,
                                const smpp::MessageView& view, const smpp::Receipt& receipt) {
  std::string word(receipt.stat);
  if (word.empty() && view.message_state)
    word = smpp::StatOf(static_cast<MessageState>(*view.message_state));
  for (char& c : word) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const auto state = profile.receipt_states.find(word);
  return state == profile.receipt_states.end() ? nullptr : &state->second;
}

std::vector<std::uint8_t> WithWord(smpp::Bytes text, const smpp::Receipt& receipt,
                                   std::string_view word) {
  std::vector<std::uint8_t> out(text.begin(), text.end());
  const smpp::ReceiptField& stat = receipt.fields.stat;
  if (stat.value.empty()) return out;
  const auto at = out.begin() + static_cast<std::ptrdiff_t>(receipt.text_offset + stat.offset);
  const auto behind = out.erase(at, at + static_cast<std::ptrdiff_t>(stat.value.size()));
  const smpp::Bytes octets = smpp::AsBytes(word);
  out.insert(behind, octets.begin(), octets.end());
  return out;
}

void PutTlv(smpp::Tag tag, smpp::Bytes value, std::vector<std::uint8_t>* out) {
  const std::size_t at = out->size();
  out->resize(at + smpp::kTlvHeaderOctets + value.size());
  smpp::Writer writer(smpp::MutableBytes(*out).subspan(at));
  smpp::PutTlv(writer, tag, value);
}

// The first payload and the first state are those that are read.
std::vector<std::uint8_t> WithState(const smpp::MessageView& view, std::uint8_t state,
                                    smpp::Bytes text) {
  std::vector<std::uint8_t> out;
  smpp::TlvCursor cursor(view.tlvs);
  smpp::Tlv tlv;
  bool has_payload = false;
  while (cursor.Next(tlv)) {
    smpp::Bytes value = tlv.value;
    if (tlv.tag == smpp::Tag::message_payload && !std::exchange(has_payload, true)) value = text;
    if (tlv.tag == smpp::Tag::message_state && value.size() == 1) value = {&state, 1};
    PutTlv(tlv.tag, value, &out);
  }
  return out;
}

Slice Written(const smpp::MessageView& view, const Slice& otherwise) {
  const auto written = smpp::WriteView(view);
  return written ? Slice::CopyOf(*written) : otherwise;
}

Slice WithWordsOfTheSpecification(const smpp::MessageView& view, const smpp::Receipt& receipt,
                                  std::uint8_t state, const Slice& pdu) {
  const std::string_view word = smpp::StatOf(static_cast<MessageState>(state));
  std::vector<std::uint8_t> text = WithWord(view.text(), receipt, word);
  if (!view.message_payload && text.size() > kShortMessageMax)
    text.resize(
        std::max(kShortMessageMax, view.short_message.size()));  // its tail is the quoted text
  if (text.size() > 0xFFFF) return pdu;
  const std::vector<std::uint8_t> tlvs = WithState(view, state, text);
  smpp::MessageView changed = view;
  if (!view.message_payload) changed.short_message = text;
  changed.tlvs = tlvs;
  return Written(changed, pdu);
}

// --- numbers ---------------------------------------------------------------------------------------------------

using store::AddressRule;

constexpr std::size_t kNumberDigitsMin = 7;  // what is shorter is a short code

// E.164 numbers begin with 1 to 9, and are international or unknown.               SMPP v3.4 §5.2.5
bool ShowsItsForm(const AddressRule& rule) {
  const bool by_ton = rule.to_ton == 2 || rule.to_ton == 3 || rule.to_ton == 4 || rule.to_ton == 6;
  return by_ton || rule.to.starts_with('0') || rule.to.starts_with('+');
}

bool IsNumber(std::string_view text) {
  return text.size() >= kNumberDigitsMin &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// What the rule asks for, or leaves as it is; else nobody knows it any more.
std::uint8_t Before(std::int16_t asked, std::int16_t set, std::uint8_t now) {
  if (asked != store::kAnyTonNpi) return static_cast<std::uint8_t>(asked);
  return set == store::kAnyTonNpi ? now : 0;
}

// What the rule made `party` of; nothing: it did not, or nobody can tell.
std::optional<SentAs::Party> Undone(const AddressRule& rule, const SentAs::Party& party) {
  const auto fits = [](std::int16_t set, std::uint8_t now) {
    return set == store::kAnyTonNpi || set == now;
  };
  if (rule.action != store::AddressAction::kPrefix || !ShowsItsForm(rule) ||
      !fits(rule.to_ton, party.ton) || !fits(rule.to_npi, party.npi) ||
      !party.address.starts_with(rule.to))
    return std::nullopt;
  const std::string rest = party.address.substr(rule.to.size());
  // Where national numbers begin with 0, international ones begin with 00.
  if (!IsNumber(rest) || (rule.to == "0" && rest.starts_with('0'))) return std::nullopt;
  return SentAs::Party{Before(rule.ton, rule.to_ton, party.ton),
                       Before(rule.npi, rule.to_npi, party.npi), rule.prefix + rest};
}

// Of all rules that could have made it the one with the longest `to` did.
void UnmapNumber(const std::vector<AddressRule>& rules, SentAs::Party* party) {
  std::optional<SentAs::Party> found;
  std::size_t made = 0;
  for (const AddressRule& rule : rules) {
    const std::optional<SentAs::Party> before = Undone(rule, *party);
    if (!before || (found && rule.to.size() < made)) continue;
    SentAs::Party again = *before;
    if (!MapAddress(rules, &again) || again.address != party->address) continue;
    if (found && rule.to.size() == made && *before != *found) return;
    found = before;
    made = rule.to.size();
  }
  if (found) *party = *found;
}

}  // namespace

Slice WithNumbersOfClients(const store::SupplierProfile& profile, smpp::CommandId id,
                           const Slice& pdu) {
  smpp::MessageView view;
  if (smpp::ViewMessage(id, pdu.bytes(), view) != Status::ESME_ROK || view.is_receipt() ||
      view.is_intermediate())
    return pdu;
  SentAs::Party source{view.source_addr_ton, view.source_addr_npi, std::string(view.source_addr)};
  SentAs::Party destination{view.dest_addr_ton, view.dest_addr_npi,
                            std::string(view.destination_addr)};
  UnmapNumber(profile.destination_rules, &source);
  UnmapNumber(profile.source_rules, &destination);
  if (source.address == view.source_addr && destination.address == view.destination_addr)
    return pdu;
  view.source_addr_ton = source.ton;
  view.source_addr_npi = source.npi;
  view.source_addr = source.address;
  view.dest_addr_ton = destination.ton;
  view.dest_addr_npi = destination.npi;
  view.destination_addr = destination.address;
  return Written(view, pdu);
}

Slice AsReceipt(const store::SupplierProfile& profile, smpp::CommandId id, const Slice& pdu) {
  smpp::MessageView view;
  if (smpp::ViewMessage(id, pdu.bytes(), view) != Status::ESME_ROK) return pdu;
  const bool flagged = view.is_receipt() || view.is_intermediate();
  if (!flagged && (!profile.receipts_by_text || (view.esm_class & kTypeBits) != 0)) return pdu;
  const smpp::Receipt receipt = smpp::ReadReceipt(view);
  if (!flagged && !ReadsLikeAReceipt(view, receipt)) return pdu;
  if (!flagged) view.esm_class |= kReceiptType;
  if (const std::uint8_t* state = StateOfWord(profile, view, receipt))
    return WithWordsOfTheSpecification(view, receipt, *state, pdu);
  return flagged ? pdu : Written(view, pdu);
}

Slice WithClientsAddresses(const Slice& pdu, smpp::CommandId id, const SentAs& sent) {
  smpp::MessageView view;
  if (smpp::ViewMessage(id, pdu.bytes(), view) != Status::ESME_ROK) return pdu;
  view.source_addr_ton = sent.destination.ton;
  view.source_addr_npi = sent.destination.npi;
  view.source_addr = sent.destination.address;
  view.dest_addr_ton = sent.source.ton;
  view.dest_addr_npi = sent.source.npi;
  view.destination_addr = sent.source.address;
  return Written(view, pdu);
}

}  // namespace hub::relay
