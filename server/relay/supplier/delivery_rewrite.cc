#include "server/relay/supplier/delivery_rewrite.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "protocol/pdu/write_view.h"
#include "protocol/receipt/receipt.h"

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

}  // namespace

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
