// One TRX bind of the load generator: keeps its window full, measures each answer.
#pragma once

#include <vector>

#include "protocol/wire/header.h"
#include "server/net/stream.h"

namespace hub::load {

class EsmeRun;

/// Owned by its run; lives through reconnects.
class EsmeSession final : public net::StreamEvents {
 public:
  EsmeSession(EsmeRun& run, unsigned window);

  void Connect();
  void Unbind();
  /// How many messages its window takes now.
  unsigned room() const { return bound() ? window_ - unanswered_ : 0; }
  /// Sends the next message of the run; its latency counts from `since`. Only with room.
  void Send(TimePoint since);
  bool bound() const { return state_ == State::kBound; }
  bool closed() const { return state_ == State::kClosed; }
  unsigned unanswered() const { return unanswered_; }

  void OnConnected() override;
  std::size_t OnOctets(const Slice& octets) override;
  void OnDrained() override {}
  void OnClosed(net::CloseCause cause, int system_errno) override;

 private:
  enum class State : std::uint8_t { kClosed, kConnecting, kBinding, kBound, kUnbinding };
  struct Slot {
    std::uint32_t sequence_number = 0;
    bool busy = false;
    TimePoint since;
  };

  Slot& SlotOf(std::uint32_t sequence) { return slots_[sequence & (slots_.size() - 1)]; }
  void OnPdu(const smpp::Header& header, smpp::Bytes pdu, TimePoint now);
  void OnBindAnswer(const smpp::Header& header);
  void OnAnswer(const smpp::Header& header, smpp::Bytes pdu, TimePoint now);
  void OnDeliver(const smpp::Header& header, smpp::Bytes pdu);

  EsmeRun& run_;
  const unsigned window_;
  net::Stream* stream_ = nullptr;
  State state_ = State::kClosed;
  std::uint32_t sequence_ = 0;
  unsigned unanswered_ = 0;
  std::vector<Slot> slots_;  // twice the window, so that one slow answer blocks nobody
};

}  // namespace hub::load
