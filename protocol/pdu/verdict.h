// What some octets deserve whatever the session's state: framing, command_id and body judged in
// that order.
#pragma once

#include "protocol/wire/framing.h"

namespace smpp {

/// The answer to the first PDU of a stream. A session puts its own
/// judgement of state and window between command_id and body; tools and tests take this one as it
/// is.
struct Verdict {
  enum class Reply : std::uint8_t {
    kWait,         // not a whole PDU yet
    kNone,         // a response, or a request that has no response: nothing is ever said back
    kGenericNack,  // with `status`
    kResponse,     // `response` with `status`; ESME_ROK: well formed, others decide
  };

  Reply reply = Reply::kWait;
  CommandId response{};  // of kResponse
  Status status = Status::ESME_ROK;
  std::uint32_t sequence_number = 0;  // of the answer
  bool close = false;                 // framing is lost: close after the answer
  std::uint32_t octets = 0;           // of the PDU, when it is whole
};

Verdict JudgeStream(Bytes available, std::uint32_t pdu_octets_max);

/// True for requests that are never answered: alert_notification, outbind.
constexpr bool HasNoResponse(CommandId request) {
  return request == CommandId::alert_notification || request == CommandId::outbind;
}

}  // namespace smpp
