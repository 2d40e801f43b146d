#include "bench/load/lib/esme_session.h"

#include <bit>

#include "bench/load/lib/esme_run.h"
#include "bench/load/lib/frames.h"
#include "protocol/pdu/answer.h"
#include "protocol/pdu/bind.h"
#include "protocol/receipt/receipt.h"

namespace hub::load {

using smpp::CommandId;
using smpp::Status;

namespace {

constexpr std::uint8_t kVersion34 = 0x34;
constexpr std::uint32_t kSequenceMax = 0x7FFFFFFF;
constexpr net::StreamLimits kLimits{.output_octets_high = 4u << 20, .output_octets_max = 64u << 20};

}  // namespace

EsmeSession::EsmeSession(EsmeRun& run, unsigned window)
    : run_(run), window_(window), slots_(2 * std::bit_ceil(window)) {}

void EsmeSession::Connect() {
  state_ = State::kConnecting;
  const EsmeOptions& options = run_.options();
  stream_ =
      options.tls == nullptr
          ? run_.network().Connect(options.hub, *this, kLimits)
          : run_.network().ConnectTls(options.hub, {options.tls, options.hub.host}, *this, kLimits);
}

void EsmeSession::OnConnected() {
  smpp::BindTransceiver bind;
  bind.system_id = run_.options().system_id;
  bind.password = run_.options().password;
  bind.interface_version = kVersion34;
  state_ = State::kBinding;
  stream_->WriteCopy(smpp::Encode(bind, Status::ESME_ROK, ++sequence_));
}

std::size_t EsmeSession::OnOctets(const Slice& octets) {
  const TimePoint now = run_.network().clock().Now();
  const FramesTaken taken = TakeFrames(octets, [&](const smpp::Header& header, smpp::Bytes pdu) {
    OnPdu(header, pdu, now);
    return true;
  });
  if (taken.broken) {
    stream_->Close();
  } else {
    run_.Progressed(*this);
  }
  return taken.octets;
}

void EsmeSession::OnPdu(const smpp::Header& header, smpp::Bytes pdu, TimePoint now) {
  std::uint8_t answer[smpp::kAnswerOctetsMax];
  switch (header.command_id) {
    case CommandId::submit_sm_resp:
    case CommandId::generic_nack:
      return OnAnswer(header, pdu, now);
    case CommandId::deliver_sm:
      return OnDeliver(header, pdu);
    case CommandId::bind_transceiver_resp:
      return OnBindAnswer(header);
    case CommandId::enquire_link:
    case CommandId::unbind:
      stream_->WriteCopy({answer, smpp::WriteAnswer(answer, smpp::ResponseOf(header.command_id),
                                                    Status::ESME_ROK, header.sequence_number)});
      if (header.command_id == CommandId::unbind) stream_->CloseAfterFlush();
      return;
    case CommandId::unbind_resp:
      return stream_->CloseAfterFlush();
    default:
      return;
  }
}

void EsmeSession::OnBindAnswer(const smpp::Header& header) {
  if (state_ != State::kBinding) return;
  if (header.command_status != Status::ESME_ROK) {
    run_.BindRefused(header.command_status);
    stream_->CloseAfterFlush();
    return;
  }
  state_ = State::kBound;
  run_.Bound();
}

void EsmeSession::Send(TimePoint since) {
  do {
    sequence_ = sequence_ >= kSequenceMax ? 1 : sequence_ + 1;
  } while (SlotOf(sequence_).busy);
  SlotOf(sequence_) = {sequence_, true, since};
  ++unanswered_;
  stream_->WriteCopy(run_.NextMessage(sequence_));
}

void EsmeSession::OnAnswer(const smpp::Header& header, smpp::Bytes pdu, TimePoint now) {
  Slot& slot = SlotOf(header.sequence_number);
  if (!slot.busy || slot.sequence_number != header.sequence_number) return run_.Stray();
  slot.busy = false;
  --unanswered_;
  run_.Answered(header.command_status, pdu, slot.since, now);
}

void EsmeSession::OnDeliver(const smpp::Header& header, smpp::Bytes pdu) {
  smpp::MessageView view;
  const Status status = smpp::ViewMessage(header.command_id, pdu, view);
  std::uint8_t answer[smpp::kAnswerOctetsMax];
  stream_->WriteCopy({answer, smpp::WriteDeliverAnswer(answer, status, header.sequence_number)});
  if (status != Status::ESME_ROK) return run_.Stray();
  if (!view.is_receipt()) return run_.Delivered();
  run_.Receipt(smpp::ReadReceipt(view));
}

void EsmeSession::Unbind() {
  if (!bound()) {
    if (stream_ != nullptr) stream_->Close();
    return;
  }
  state_ = State::kUnbinding;
  std::uint8_t pdu[smpp::kAnswerOctetsMax];
  stream_->WriteCopy({pdu, smpp::WriteUnbind(pdu, ++sequence_)});
}

void EsmeSession::OnClosed(net::CloseCause cause, int system_errno) {
  const bool expected = state_ == State::kUnbinding;
  state_ = State::kClosed;
  stream_ = nullptr;
  for (Slot& slot : slots_) slot.busy = false;
  const unsigned lost = unanswered_;
  unanswered_ = 0;
  run_.Closed(*this, lost, expected, cause, system_errno);
}

}  // namespace hub::load
