#include "server/relay/kept/keep_terms.h"

#include <cstring>

#include "protocol/pdu/smpp_time.h"

namespace hub::relay {
namespace {

using smpp::Status;

// The PDU without the characters of schedule_delivery_time; its NUL stays.
Slice WithoutSchedule(const smpp::MessageView& view, const Slice& pdu) {
  const auto length = static_cast<std::uint32_t>(view.schedule_delivery_time.size());
  const std::uint32_t at = view.offsets.validity_period - 1 - length;
  std::vector<std::uint8_t> octets(pdu.data(), pdu.data() + pdu.size());
  octets.erase(octets.begin() + at, octets.begin() + at + length);
  smpp::WriteU32(octets.data(), static_cast<std::uint32_t>(octets.size()));
  return Slice::CopyOf(octets);
}

}  // namespace

Status TakeKeepTerms(const smpp::MessageView& view, WallTime now, Message* message) {
  const store::ClientRow& row = *message->row;
  message->message_class =
      ParseMessageClass(row.message_class).value_or(MessageClass::ktransactional);
  message->priority = PriorityOf(view.priority_flag);
  message->next_at = now;
  message->expires_at = now + std::chrono::seconds(row.message_ttl_s);
  if (!view.validity_period.empty()) {
    const auto until = smpp::ParseTime(view.validity_period, now);
    if (!until || *until <= now) return Status::ESME_RINVEXPIRY;
    message->expires_at = std::min<WallTime>(message->expires_at, *until);
  }
  if (view.schedule_delivery_time.empty()) return Status::ESME_ROK;
  const auto from = smpp::ParseTime(view.schedule_delivery_time, now);
  if (!from || *from >= message->expires_at) return Status::ESME_RINVSCHED;
  message->next_at = std::max<WallTime>(now, *from);
  message->pdu = WithoutSchedule(view, message->pdu);
  return Status::ESME_ROK;
}

void FixValidity(const smpp::MessageView& view, Message* message) {
  if (view.validity_period.size() != smpp::kTimeChars || view.validity_period.back() != 'R') return;
  const auto until = smpp::ParseTime(view.validity_period, message->accepted_at);
  if (!until) return;
  const auto text = smpp::WriteTime(*until);
  std::memcpy(message->pdu.data() + view.offsets.validity_period, text.data(), text.size());
}

}  // namespace hub::relay
