#include "bench/load/lib/sim_session.h"

#include <utility>

#include "bench/load/lib/frames.h"
#include "bench/load/lib/sim_listener.h"
#include "protocol/pdu/answer.h"
#include "protocol/pdu/bind.h"

namespace hub::load {

using smpp::CommandId;
using smpp::Status;

std::size_t SimSession::OnOctets(const Slice& octets) {
  const FramesTaken taken = TakeFrames(octets, [this](const smpp::Header& header, smpp::Bytes pdu) {
    OnPdu(header, pdu);
    return !ending_;
  });
  if (taken.broken && !ending_) {
    ++listener_.counters().malformed;
    Answer(CommandId::generic_nack, Status::ESME_RINVCMDLEN, 0);
    End();
  } else if (stream_->congested()) {
    stream_->PauseReading();
  }
  return taken.octets;
}

void SimSession::OnPdu(const smpp::Header& header, smpp::Bytes pdu) {
  switch (header.command_id) {
    case CommandId::bind_transmitter:
    case CommandId::bind_receiver:
    case CommandId::bind_transceiver:
      return OnBind(header, pdu);
    case CommandId::submit_sm:
    case CommandId::data_sm:
      return OnMessage(header, pdu);
    case CommandId::deliver_sm_resp:
    case CommandId::generic_nack:
      return OnDeliverAnswer(header);
    case CommandId::enquire_link:
      ++listener_.counters().enquire_links;
      return Answer(header.command_id, Status::ESME_ROK, header.sequence_number);
    case CommandId::unbind:
      Answer(header.command_id, Status::ESME_ROK, header.sequence_number);
      return End();
    default:
      break;
  }
  if (smpp::IsResponse(header.command_id)) return;
  ++listener_.counters().malformed;
  Answer(CommandId::generic_nack, Status::ESME_RINVCMDID, header.sequence_number);
}

void SimSession::OnBind(const smpp::Header& header, smpp::Bytes pdu) {
  if (!system_id_.empty()) {
    return Answer(header.command_id, Status::ESME_RALYBND, header.sequence_number);
  }
  // The three bind requests share one layout.
  const auto bind = smpp::Decode<smpp::BindTransceiver>(pdu.subspan(smpp::kHeaderOctets));
  const Status status =
      bind.ok() ? listener_.JudgeBind(bind->system_id, bind->password) : bind.error();
  if (status != Status::ESME_ROK) {
    ++listener_.counters().binds_refused;
    Answer(header.command_id, status, header.sequence_number);
    return End();
  }
  system_id_ = bind->system_id.empty() ? "-" : bind->system_id;
  bound_to_send_ = header.command_id != CommandId::bind_receiver;
  bound_to_receive_ = header.command_id != CommandId::bind_transmitter;
  smpp::BindTransceiverResp body;
  body.system_id = std::string_view(listener_.options().name).substr(0, 15);
  auto answer = smpp::Encode(body, Status::ESME_ROK, header.sequence_number);
  smpp::WriteU32(answer.data() + 4,
                 static_cast<std::uint32_t>(smpp::ResponseOf(header.command_id)));
  Send(answer);
  listener_.Bound(*this);
}

void SimSession::OnMessage(const smpp::Header& header, smpp::Bytes pdu) {
  if (!bound_to_send_) {
    return Answer(header.command_id, Status::ESME_RINVBNDSTS, header.sequence_number);
  }
  listener_.OnMessage(*this, header, pdu);
}

void SimSession::OnDeliverAnswer(const smpp::Header& header) {
  const auto found = unanswered_.find(header.sequence_number);
  if (found == unanswered_.end()) return;
  Delivery delivery = std::move(found->second);
  unanswered_.erase(found);
  listener_.Delivered(*this, std::move(delivery), header.command_status);
}

// What was written still leaves; nothing more is taken.
void SimSession::End() {
  ending_ = true;
  if (open()) stream_->CloseAfterFlush();
}

void SimSession::Answer(CommandId request, Status status, std::uint32_t sequence_number) {
  std::uint8_t pdu[smpp::kAnswerOctetsMax];
  Send({pdu, smpp::WriteAnswer(pdu, smpp::ResponseOf(request), status, sequence_number)});
}

void SimSession::Deliver(Delivery delivery, IdFormat id_format, WallTime now) {
  DeliveryBuffer buffer;
  last_sequence_ = last_sequence_ == 0x7FFFFFFF ? 1 : last_sequence_ + 1;
  Send(EncodeDelivery(delivery, id_format, now, last_sequence_, buffer));
  unanswered_.emplace(last_sequence_, std::move(delivery));
}

void SimSession::Disconnect() {
  ending_ = true;
  if (open()) stream_->Close();
}

void SimSession::OnClosed(net::CloseCause, int) {
  stream_ = nullptr;
  ending_ = true;
  listener_.Closed(*this);
}

}  // namespace hub::load
