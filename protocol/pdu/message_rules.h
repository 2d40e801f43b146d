// What a message must be beyond its layout, so that hub and supplier cannot read the same octets
// differently.
#pragma once

#include "protocol/wire/command.h"
#include "protocol/wire/tlv.h"

namespace smpp {

/// The TLVs that the hub reads itself; of a repeated one the first counts. A value of a wrong
/// length is not read.
struct MessageTlvs {
  std::optional<Bytes> message_payload;
  std::optional<std::string_view> receipted_message_id;  // without its NUL
  std::optional<Bytes> network_error_code;               // 3 octets, or whatever came
  std::optional<std::uint16_t> user_message_reference;
  std::optional<std::uint16_t> sar_msg_ref_num;
  std::optional<std::uint8_t> sar_total_segments;
  std::optional<std::uint8_t> sar_segment_seqnum;
  std::optional<std::uint8_t> message_state;
  std::uint8_t payloads = 0;    // how many message_payload there are, counted to 255
  std::uint32_t tlv_count = 0;  // all, known or not
  bool sar_length_wrong = false;
};

/// Reads a tail in one pass. ESME_RINVTLVSTREAM when it is broken, else ESME_ROK.
Status ScanMessageTlvs(Bytes tlvs, MessageTlvs& found);

/// The type bits of esm_class (0x3C): a delivery receipt (0x04), an intermediate notification
/// (0x20). `& 0x04` alone would take reserved types (0x0C, 0x24) for a receipt.
/// SMPP v3.4 §5.2.12
constexpr bool IsReceipt(std::uint8_t esm_class) { return (esm_class & 0x3C) == 0x04; }
constexpr bool IsIntermediate(std::uint8_t esm_class) { return (esm_class & 0x3C) == 0x20; }
constexpr bool HasUdhi(std::uint8_t esm_class) { return (esm_class & 0x40) != 0; }

/// Judges what the layout alone cannot. A message on its way to a handset (submit_sm, submit_multi,
/// a data_sm that is no receipt) is judged strictly, for a supplier would judge, bill or cut it by
/// its own reading:
///   ESME_RINVSRCADR   control or non-ASCII octets in source_addr
///   ESME_RINVDSTADR   destination_addr empty, or such octets in it
///   ESME_RINVTLVVAL   two bodies: short_message and message_payload, or two message_payload
///   ESME_RINVTLVLEN   a SAR TLV of a wrong length: parts could not be told from wholes
///   ESME_RMISSINGTLV  data_sm without message_payload
/// What a supplier sends (deliver_sm, receipts) is taken as it is: a refusal would lose a receipt
/// for a blemish.
Status JudgeMessage(CommandId id, std::uint8_t esm_class, std::string_view source_addr,
                    std::string_view destination_addr, Bytes short_message,
                    const MessageTlvs& found);

/// For submit_multi, whose destinations were judged one by one.
Status JudgeBodies(std::string_view source_addr, Bytes short_message, const MessageTlvs& found);

}  // namespace smpp
