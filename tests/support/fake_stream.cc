#include "tests/support/fake_stream.h"

#include <algorithm>
#include <cstring>

#include "server/base/check.h"

namespace hub::test {

FakeStream::FakeStream(FakeNetwork& network, ScriptedPeer& peer, const net::StreamLimits& limits)
    : network_(network),
      far_end_(peer),
      limits_(limits),
      peer_name_(peer.address().host + ":" + std::to_string(peer.address().port)),
      input_(network.slab_),
      deadline_(network.timers_,
                [this] {
                  if (open_ || closing_) {
                    Doom(net::CloseCause::kOurs, 0);
                  } else {
                    Doom(net::CloseCause::kConnectFailed, ETIMEDOUT);
                  }
                }),
      last_received_(network.clock_.Now()) {
  far_end_.stream_ = this;
}

FakeStream::~FakeStream() {
  far_end_.stream_ = nullptr;
  far_end_.connected_ = false;
}

void FakeStream::Write(Slice octets) {
  HUB_CHECK_SAY(!dead_, "written to after OnClosed");
  if (doomed_ || closing_) return;
  queued_octets_ += octets.size();
  output_.push_back(std::move(octets));
  if (queued_octets_ > limits_.output_octets_high) congested_ = true;
  if (queued_octets_ <= limits_.output_octets_max) return;
  if (CanFlush()) {
    HandOver();
  } else {
    Doom(net::CloseCause::kOutputLimit, 0);
  }
}

void FakeStream::HandOver() {
  queued_octets_ = 0;
  for (const Slice& each : std::exchange(output_, {}))
    far_end_.received_ += smpp::AsText(each.bytes());
}

void FakeStream::ResumeReading() {
  paused_ = false;
  ReadMore();
}

void FakeStream::CloseAfterFlush() {
  if (doomed_ || closing_) return;
  closing_ = true;
  deadline_.Start(limits_.flush_timeout);
}

void FakeStream::Doom(net::CloseCause cause, int system_errno) {
  HUB_CHECK_SAY(!dead_, "closed after OnClosed");
  if (doomed_) return;
  doomed_ = true;
  cause_ = cause;
  cause_errno_ = system_errno;
  deadline_.Stop();
  if (cause == net::CloseCause::kPeerClosed) return;
  output_.clear();
  queued_octets_ = 0;
}

void FakeStream::Connected() {
  HUB_CHECK(!open_);
  if (doomed_) return;
  open_ = true;
  far_end_.connected_ = true;
  last_received_ = network_.clock_.Now();
  if (closing_) return;
  deadline_.Stop();
  events_->OnConnected();
}

bool FakeStream::CanRead() const {
  if (!open_ || paused_ || closing_ || doomed_) return false;
  if (more_) return true;
  if (input_.left_over_octets() >= limits_.input_octets_max) return false;
  return !far_end_.inbound_.empty() || far_end_.hung_up_;
}

bool FakeStream::CanFlush() const { return open_ && far_end_.reading_; }

void FakeStream::Read() {
  if (!CanRead()) return;
  if (std::exchange(more_, false)) {
    const Slice octets = input_.TakeLeftOver();
    if (!octets.empty()) Feed(octets);
    return;
  }
  std::string& inbound = far_end_.inbound_;
  if (inbound.empty()) {
    Doom(net::CloseCause::kPeerClosed, 0);
    return;
  }
  const MutableBytes room = input_.Room();
  const std::size_t octets = std::min(room.size(), inbound.size());
  std::memcpy(room.data(), inbound.data(), octets);
  inbound.erase(0, octets);
  last_received_ = network_.clock_.Now();
  Feed(input_.Commit(octets));
}

void FakeStream::Feed(const Slice& octets) {
  in_callback_ = true;
  const std::size_t taken = events_->OnOctets(octets);
  in_callback_ = false;
  input_.Keep(octets, taken);
  if (taken == 0) more_ = false;
}

void FakeStream::Flush() {
  if (CanFlush()) HandOver();
  if (doomed_) return;
  if (closing_ && output_.empty() && open_) {
    Doom(net::CloseCause::kOurs, 0);
  } else if (nothing_ahead_ && queued_octets_ != 0) {
    congested_ = true;
  } else if (congested_ && queued_octets_ < limits_.output_octets_high / 2) {
    congested_ = false;
    events_->OnDrained();
  }
}

void FakeStream::TellClosed() {
  dead_ = true;
  input_.Drop();
  far_end_.connected_ = false;
  far_end_.close_cause_ = cause_;
  events_->OnClosed(cause_, cause_errno_);
}

}  // namespace hub::test
