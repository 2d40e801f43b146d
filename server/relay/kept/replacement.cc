#include "server/relay/kept/replacement.h"

#include "protocol/pdu/message.h"
#include "protocol/pdu/smpp_time.h"
#include "protocol/text/segments.h"
#include "protocol/wire/tlv.h"

namespace hub::relay {
namespace {

using smpp::Status;

bool HasPayload(smpp::Bytes tlvs) {
  return smpp::FindTlv(tlvs, smpp::Tag::message_payload).has_value();
}

Status TakeTimes(const smpp::ReplaceSm& request, const Message& message,
                 const store::ClientRow& row, WallTime now, Replacement* to) {
  to->next_at = message.next_at;
  to->expires_at = message.expires_at;
  if (!request.validity_period.empty()) {
    const auto until = smpp::ParseTime(request.validity_period, now);
    if (!until || *until <= now) return Status::ESME_RINVEXPIRY;
    const WallTime longest = message.accepted_at + std::chrono::seconds(row.message_ttl_s);
    to->expires_at = std::min<WallTime>(longest, *until);
  }
  if (!request.schedule_delivery_time.empty()) {
    const auto from = smpp::ParseTime(request.schedule_delivery_time, now);
    if (!from) return Status::ESME_RINVSCHED;
    to->next_at = std::max<WallTime>(now, *from);
  }
  return to->next_at < to->expires_at ? Status::ESME_ROK : Status::ESME_RINVSCHED;
}

}  // namespace

Status MakeReplacement(const smpp::ReplaceSm& request, const Message& message,
                       const store::ClientRow& row, WallTime now, Replacement* to) {
  const smpp::Bytes body = message.pdu.bytes().subspan(smpp::kHeaderOctets);
  auto submit = smpp::Decode<smpp::SubmitSm>(body);
  if (message.command_id != smpp::CommandId::submit_sm || !submit || HasPayload(submit->tlvs) ||
      HasPayload(request.tlvs))
    return Status::ESME_RREPLACEFAIL;
  // Without one, the beginning of the text would be read as one.
  if (smpp::HasUdhi(submit->esm_class) && !smpp::BeginsWithUdh(request.short_message))
    return Status::ESME_RREPLACEFAIL;
  const Status times = TakeTimes(request, message, row, now, to);
  if (times != Status::ESME_ROK) return times;
  // Absolute: a relative one would count from when the message was accepted.
  const auto until = smpp::WriteTime(to->expires_at);
  if (!request.validity_period.empty()) submit->validity_period = {until.data(), until.size()};
  submit->registered_delivery = request.registered_delivery;
  submit->sm_default_msg_id = request.sm_default_msg_id;
  submit->short_message = request.short_message;
  const auto pdu = smpp::Encode(*submit, Status::ESME_ROK, 0);
  smpp::MessageView view;
  const Status good = smpp::ViewMessage(smpp::CommandId::submit_sm, pdu, view);
  if (good != Status::ESME_ROK) return good;
  if (smpp::SegmentCount(view) != static_cast<std::uint32_t>(message.segments))
    return Status::ESME_RREPLACEFAIL;
  to->pdu = Slice::CopyOf(pdu);
  return Status::ESME_ROK;
}

}  // namespace hub::relay
