// Our end of a faked connection. Tests hold the other end, ScriptedPeer.
#pragma once

#include <string>
#include <vector>

#include "tests/support/fake_network.h"

namespace hub::test {

class FakeStream final : public net::Stream {
 public:
  FakeStream(FakeNetwork& network, ScriptedPeer& peer, const net::StreamLimits& limits);
  ~FakeStream() override;

  /// As the real one: what the peer has not taken yet stays in the writer's slice, and who patches that patches it here.
  void Write(Slice octets) override;
  void WriteCopy(Bytes octets) override { Write(Slice::CopyOf(octets)); }
  std::size_t queued_octets() const override { return queued_octets_; }
  bool congested() const override { return congested_; }
  void SendNothingAhead() override { nothing_ahead_ = true; }
  void PauseReading() override { paused_ = true; }
  void ResumeReading() override;
  void ReadMore() override { more_ = input_.left_over_octets() > 0 || in_callback_; }
  void Close() override { Doom(net::CloseCause::kOurs, 0); }
  void CloseAfterFlush() override;
  const std::string& peer() const override { return peer_name_; }
  TimePoint last_received() const override { return last_received_; }
  net::TlsFacts tls() const override {
    if (!far_end_.speaks_tls_) return {};
    return {"TLSv1.3", "TLS_AES_256_GCM_SHA384", {}};
  }

 private:
  friend class FakeNetwork;
  friend class ScriptedPeer;

  void Doom(net::CloseCause cause, int system_errno);
  void Connected();
  bool CanRead() const;
  bool CanFlush() const;
  void Read();
  void Feed(const Slice& octets);
  void Flush();
  void HandOver();
  void TellClosed();

  FakeNetwork& network_;
  ScriptedPeer& far_end_;
  const net::StreamLimits limits_;
  const std::string peer_name_;
  net::StreamEvents* events_ = nullptr;
  net::InputBuffer input_;
  std::vector<Slice> output_;  // not yet taken by the peer
  std::size_t queued_octets_ = 0;
  Timer deadline_;  // of Connect, or of CloseAfterFlush
  TimePoint last_received_;
  bool open_ = false;
  bool paused_ = false;
  bool more_ = false;
  bool in_callback_ = false;
  bool congested_ = false;
  bool nothing_ahead_ = false;
  bool closing_ = false;  // CloseAfterFlush was called
  bool doomed_ = false;   // OnClosed comes at the end of the turn
  bool dead_ = false;     // OnClosed was called
  net::CloseCause cause_ = net::CloseCause::kOurs;
  int cause_errno_ = 0;
};

}  // namespace hub::test
