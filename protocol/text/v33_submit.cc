#include "protocol/text/v33_submit.h"

#include "protocol/pdu/smpp_time.h"
#include "protocol/pdu/write_view.h"
#include "protocol/text/segments.h"

namespace smpp {
namespace {

constexpr std::size_t kPayloadMax = 254;  // as short_message, SMPP v3.4 §5.2.21
constexpr std::uint8_t kUdhi = 0x40;

// What these say cannot be left out. (A UDH with ports is the sender's to write.)
constexpr Tag kMeaning[] = {Tag::source_port, Tag::dest_port, Tag::ussd_service_op};

bool ChangesMeaning(Bytes tlvs) {
  for (const Tag tag : kMeaning) {
    if (FindTlv(tlvs, tag)) return true;
  }
  return false;
}

/// The element, and the text behind it.
std::vector<std::uint8_t> WithConcat(const Concat& part, Bytes text) {
  std::vector<std::uint8_t> out;
  const auto low = static_cast<std::uint8_t>(part.ref & 0xFF);
  if (part.ref <= 0xFF) {
    out = {5, kUdhConcat8, 3, low, part.total, part.part};
  } else {
    out = {6,   kUdhConcat16, 4,        static_cast<std::uint8_t>(part.ref >> 8),
           low, part.total,   part.part};
  }
  out.insert(out.end(), text.begin(), text.end());
  return out;
}

bool FitsOneShortMessage(std::uint8_t data_coding, std::size_t text_octets,
                         std::size_t udh_octets) {
  const Alphabet alphabet = AlphabetOf(data_coding);
  const std::size_t units = alphabet == Alphabet::kUcs2 ? (text_octets + 1) / 2 : text_octets;
  return units <= SegmentUnits(alphabet, udh_octets);
}

// How long the message may live, in seconds.                                        SMPP v3.4 §5.3.2.9
std::optional<std::array<char, kTimeChars>> TimeToLive(const MessageView& view) {
  const auto tlv = FindTlv(view.tlvs, Tag::qos_time_to_live);
  if (view.command_id != CommandId::data_sm || !tlv || tlv->value.size() != 4) return {};
  return WriteRelativeTime(std::chrono::seconds(ReadU32(tlv->value.data())));
}

}  // namespace

Result<std::vector<std::uint8_t>, Status> WriteV33Submit(const MessageView& view,
                                                         std::uint8_t text_coding) {
  if (ChangesMeaning(view.tlvs)) return Err{Status::ESME_RTLVNOTALLWD};
  if (view.message_payload && view.message_payload->size() > kPayloadMax)
    return Err{Status::ESME_RINVMSGLEN};
  MessageView plain = view;
  plain.command_id = CommandId::submit_sm;
  plain.short_message = view.text();
  plain.tlvs = {};
  const auto time_to_live = TimeToLive(view);
  if (time_to_live) plain.validity_period = {time_to_live->data(), time_to_live->size()};
  const std::optional<Concat> part = view.has_udhi() ? std::nullopt : ConcatOf(view);
  if (!part) return WriteView(plain);
  const std::vector<std::uint8_t> text = WithConcat(*part, plain.short_message);
  const std::size_t text_octets = plain.short_message.size();
  if (!FitsOneShortMessage(text_coding, text_octets, text.size() - text_octets))
    return Err{Status::ESME_RINVMSGLEN};
  plain.esm_class |= kUdhi;
  plain.short_message = text;
  return WriteView(plain);
}

}  // namespace smpp
