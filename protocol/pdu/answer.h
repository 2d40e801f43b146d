// The small PDUs that the hub makes itself, written straight into an output buffer: no struct, no
// allocation.
#pragma once

#include <cstring>

#include "protocol/wire/header.h"

namespace smpp {

/// Room for any PDU of this file.
inline constexpr std::size_t kAnswerOctetsMax = kHeaderOctets + 65;

/// A PDU that is a header only: enquire_link(_resp), unbind(_resp), and any error response, which
/// is best sent so (v5.0 §4: an error response has no body). Writes 16 octets at `out` and returns
/// 16.
inline std::size_t WriteAnswer(std::uint8_t* out, CommandId id, Status status,
                               std::uint32_t sequence_number) {
  WriteHeader(out, {kHeaderOctets, id, status, sequence_number});
  return kHeaderOctets;
}

/// A response whose body is a message_id: submit_sm_resp, data_sm_resp. An id over 64 characters is
/// cut to 64. Writes at most kAnswerOctetsMax octets at `out`; returns how many.
inline std::size_t WriteMessageIdAnswer(std::uint8_t* out, CommandId id, Status status,
                                        std::uint32_t sequence_number,
                                        std::string_view message_id) {
  message_id = message_id.substr(0, 64);
  const std::size_t octets = kHeaderOctets + message_id.size() + 1;
  WriteHeader(out, {static_cast<std::uint32_t>(octets), id, status, sequence_number});
  if (!message_id.empty()) std::memcpy(out + kHeaderOctets, message_id.data(), message_id.size());
  out[octets - 1] = 0;
  return octets;
}

/// deliver_sm_resp: its message_id is unused and empty, so its body is one NUL.   SMPP v3.4 §4.6.2
inline std::size_t WriteDeliverAnswer(std::uint8_t* out, Status status,
                                      std::uint32_t sequence_number) {
  return WriteMessageIdAnswer(out, CommandId::deliver_sm_resp, status, sequence_number, {});
}

inline std::size_t WriteGenericNack(std::uint8_t* out, Status status,
                                    std::uint32_t sequence_number) {
  return WriteAnswer(out, CommandId::generic_nack, status, sequence_number);
}

inline std::size_t WriteEnquireLink(std::uint8_t* out, std::uint32_t sequence_number) {
  return WriteAnswer(out, CommandId::enquire_link, Status::ESME_ROK, sequence_number);
}

inline std::size_t WriteUnbind(std::uint8_t* out, std::uint32_t sequence_number) {
  return WriteAnswer(out, CommandId::unbind, Status::ESME_ROK, sequence_number);
}

/// The message_id of a submit_sm_resp or data_sm_resp, read kindly: a body that is missing gives
/// "", one without its NUL is read to its end, one over 64 characters gives its first 64. `pdu` is
/// whole, header included.
inline std::string_view ReadMessageId(Bytes pdu) {
  if (pdu.size() <= kHeaderOctets) return {};
  const std::string_view body = AsText(pdu.subspan(kHeaderOctets));
  return body.substr(0, body.find('\0')).substr(0, 64);
}

}  // namespace smpp
