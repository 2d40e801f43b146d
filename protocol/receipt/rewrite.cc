#include "protocol/receipt/rewrite.h"

#include <algorithm>

namespace smpp {
namespace {

constexpr std::size_t kIdCharsMax = 64;

/// The text around the id. Without an `id:` all of it is tail.
struct Parts {
  Bytes head;
  std::size_t old_id_octets = 0;
  Bytes new_id;
  Bytes tail;
  std::size_t cut = 0;  // octets of the old tail that find no room

  std::size_t octets() const { return head.size() + new_id.size() + tail.size(); }
};

Parts Split(const Receipt& receipt, Bytes text, std::string_view new_id) {
  const ReceiptField& id = receipt.fields.id;
  if (!id.present) return {{}, 0, {}, text};
  const std::size_t begin = receipt.text_offset + id.offset;
  return {text.first(begin), id.value.size(), AsBytes(new_id),
          text.subspan(begin + id.value.size())};
}

/// False when even the whole tail does not make room enough.
bool CutTail(Parts& parts, std::size_t octets_max) {
  parts.cut = parts.octets() - std::min(parts.octets(), octets_max);
  if (parts.cut > parts.tail.size()) return false;
  parts.tail = parts.tail.first(parts.tail.size() - parts.cut);
  return true;
}

/// Replaces the id of a text that begins at `offset` of the PDU, and drops what was cut.
bool EditText(Splice& splice, std::size_t offset, const Parts& parts) {
  const std::size_t id = offset + parts.head.size();
  const std::size_t tail_end = id + parts.old_id_octets + parts.tail.size();
  return splice.Replace(id, parts.old_id_octets, parts.new_id) &&
         (parts.cut == 0 || splice.Replace(tail_end, parts.cut, {}));
}

bool EditShortMessage(Splice& splice, const MessageView& view, const Parts& parts) {
  return splice.ReplaceU8(view.offsets.sm_length, static_cast<std::uint8_t>(parts.octets())) &&
         EditText(splice, view.offsets.short_message, parts);
}

bool EditPayload(Splice& splice, const MessageView& view, const Parts& parts) {
  const std::size_t tlv = view.offsets.tlvs + FindTlv(view.tlvs, Tag::message_payload)->offset;
  return splice.ReplaceU16(tlv + 2, static_cast<std::uint16_t>(parts.octets())) &&
         EditText(splice, tlv + kTlvHeaderOctets, parts);
}

bool EditIdTlv(Splice& splice, const MessageView& view, std::string_view new_id) {
  const std::optional<Tlv> tlv = FindTlv(view.tlvs, Tag::receipted_message_id);
  if (!tlv) return true;
  const std::size_t old_octets = TlvText(tlv->value).size();
  const std::size_t length = tlv->value.size() - old_octets + new_id.size();
  const std::size_t at = view.offsets.tlvs + tlv->offset;
  return length <= 0xFFFF && splice.ReplaceU16(at + 2, static_cast<std::uint16_t>(length)) &&
         splice.Replace(at + kTlvHeaderOctets, old_octets, AsBytes(new_id));
}

}  // namespace

bool PlanReceiptRewrite(const MessageView& view, const Receipt& receipt,
                        const ReceiptRewrite& rewrite, Splice& splice) {
  const std::string_view new_id = rewrite.message_id;
  if (new_id.empty() || new_id.size() > kIdCharsMax || new_id.find('\0') != new_id.npos)
    return false;
  Parts parts = Split(receipt, view.text(), new_id);
  const bool in_payload = view.message_payload.has_value();
  if (!CutTail(parts, in_payload ? 0xFFFF : rewrite.short_message_octets_max)) return false;
  if (!parts.new_id.empty() || parts.cut != 0) {
    const bool done =
        in_payload ? EditPayload(splice, view, parts) : EditShortMessage(splice, view, parts);
    if (!done) return false;
  }
  return EditIdTlv(splice, view, new_id);
}

std::vector<std::uint8_t> RewriteReceipt(const MessageView& view, const Receipt& receipt, Bytes pdu,
                                         const ReceiptRewrite& rewrite) {
  Splice splice(pdu);
  if (!PlanReceiptRewrite(view, receipt, rewrite, splice)) return {};
  std::vector<std::uint8_t> out(splice.octets());
  splice.Apply(out);
  return out;
}

}  // namespace smpp
