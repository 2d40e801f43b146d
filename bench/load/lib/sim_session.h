// One client's connection to a simulated SMSC: bind state, PDUs in, deliveries out.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "bench/load/lib/delivery.h"
#include "protocol/wire/header.h"
#include "server/net/stream.h"

namespace hub::load {

class SimListener;

/// Owned by its listener, found by id when an answer is due later.
class SimSession final : public net::StreamEvents {
 public:
  SimSession(SimListener& listener, net::Stream& stream, std::uint64_t id)
      : listener_(listener), stream_(&stream), id_(id) {}

  std::uint64_t id() const { return id_; }
  const std::string& system_id() const { return system_id_; }
  bool open() const { return stream_ != nullptr; }
  bool can_receive() const { return open() && bound_to_receive_ && !ending_; }

  void Send(smpp::Bytes pdu) {
    if (open()) stream_->WriteCopy(pdu);
  }
  void Answer(smpp::CommandId request, smpp::Status status, std::uint32_t sequence_number);
  /// Sends a deliver_sm and remembers it until it is answered.
  void Deliver(Delivery delivery, IdFormat id_format, WallTime now);
  std::size_t unanswered() const { return unanswered_.size(); }
  /// What was delivered and not answered, to be delivered elsewhere.
  std::unordered_map<std::uint32_t, Delivery> TakeUnanswered() { return std::move(unanswered_); }
  /// Breaks the connection.
  void Disconnect();

  void OnConnected() override {}
  std::size_t OnOctets(const Slice& octets) override;
  void OnDrained() override { stream_->ResumeReading(); }
  void OnClosed(net::CloseCause cause, int system_errno) override;

 private:
  void OnPdu(const smpp::Header& header, smpp::Bytes pdu);
  void OnBind(const smpp::Header& header, smpp::Bytes pdu);
  void OnMessage(const smpp::Header& header, smpp::Bytes pdu);
  void OnDeliverAnswer(const smpp::Header& header);
  void End();

  SimListener& listener_;
  net::Stream* stream_;  // null once closed
  const std::uint64_t id_;
  std::string system_id_;
  bool bound_to_send_ = false;     // TX, TRX
  bool bound_to_receive_ = false;  // RX, TRX
  bool ending_ = false;            // we close: no more PDUs are taken
  std::uint32_t last_sequence_ = 0;
  std::unordered_map<std::uint32_t, Delivery> unanswered_;
};

}  // namespace hub::load
