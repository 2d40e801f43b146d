#include "server/net/tcp_stream.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "server/base/check.h"
#include "server/net/connect_attempt.h"
#include "server/net/loop_core.h"

namespace hub::net {
namespace {

constexpr std::size_t kReadOctetsPerTurn =
    64 * 1024;  // then the neighbours run; readiness is level-triggered
constexpr std::size_t kDrainOctetsMax = 256 * 1024;

}  // namespace

TcpStream::TcpStream(LoopCore& core, const StreamLimits& limits, std::size_t place)
    : core_(core),
      limits_(limits),
      place_(place),
      input_(core.read_slab()),
      flush_deadline_(core.timers(), [this] { Doom(CloseCause::kOurs, 0); }),
      last_received_(core.timers().now()) {}

TcpStream::~TcpStream() = default;

StreamEvents* TcpStream::Accepted(Socket socket, std::string peer, const Acceptor& acceptor) {
  Open(std::move(socket), std::move(peer));
  events_ = acceptor(*this);
  return events_;
}

void TcpStream::Connecting(const Address& address, StreamEvents& events) {
  events_ = &events;
  peer_ = address.host + ":" + std::to_string(address.port);
  attempt_ = std::make_unique<ConnectAttempt>(core_, *this, limits_.connect_timeout);
  attempt_->Start(address);
}

void TcpStream::Connected(Socket socket, std::string peer) {
  if (doomed_) return;
  Open(std::move(socket), std::move(peer));
  if (tls_ != nullptr) return BeginTls();
  if (!closing_) events_->OnConnected();
}

void TcpStream::ConnectFailed(int system_errno) {
  core_.counters().connects_failed.Add(1);
  Doom(CloseCause::kConnectFailed, system_errno);
}

void TcpStream::Open(Socket socket, std::string peer) {
  socket_ = std::move(socket);
  peer_ = std::move(peer);
  last_received_ = core_.timers().now();
  readable_.Set(core_.base(), socket_.fd(), EV_READ | EV_PERSIST, &TcpStream::OnReadable, this);
  writable_.Set(core_.base(), socket_.fd(), EV_WRITE | EV_PERSIST, &TcpStream::OnWritable, this);
  if (!closing_) readable_.Add();
  MarkDirty();  // for what was written before the peer was there
}

// ---- reading

void TcpStream::OnReadable(int, short, void* self) noexcept {
  auto* stream = static_cast<TcpStream*>(self);
  stream->core_.EnterTurn();
  stream->Read();
}

void TcpStream::Read() {
  if (Ended()) return;
  if (paused_ || InputFull()) {
    readable_.Del();  // not at PauseReading: many a pause ends before the next octet comes
    return;
  }
  if (more_) return;
  if (tls_ != nullptr) return ReadTls();
  const MutableBytes room = input_.Room();
  const std::size_t octets = ReadSocket(room.first(std::min(room.size(), kReadOctetsPerTurn)));
  if (octets != 0) Feed(input_.Commit(octets));
}

// 0: nothing came, or the stream is doomed.
std::size_t TcpStream::ReadSocket(MutableBytes room) {
  const ssize_t octets = read(socket_.fd(), room.data(), room.size());
  core_.counters().reads.Add(1);
  if (octets < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0;
    Doom(CloseCause::kError, write_errno_ != 0 ? write_errno_ : errno);
    return 0;
  }
  if (octets == 0) {
    const bool failed = write_errno_ != 0;
    Doom(failed ? CloseCause::kError : CloseCause::kPeerClosed, write_errno_);
    return 0;
  }
  core_.counters().octets_in.Add(static_cast<std::size_t>(octets));
  last_received_ = core_.timers().now();
  return static_cast<std::size_t>(octets);
}

void TcpStream::Feed(const Slice& octets) {
  feeding_ = true;
  const std::size_t taken = events_->OnOctets(octets);
  feeding_ = false;
  input_.Keep(octets, taken);
  if (taken == 0) more_ = false;  // half a unit: only new octets can help
}

void TcpStream::FeedLeftOver() {
  if (!more_ || paused_ || Ended()) return;
  more_ = false;
  const Slice octets = input_.TakeLeftOver();
  if (!octets.empty()) Feed(octets);
  if (!Ended() && !paused_ && !InputFull()) readable_.Add();
  if (tls_ != nullptr) EndTls();
}

void TcpStream::ReadMore() {
  if (Ended() || more_ || (!feeding_ && input_.left_over_octets() == 0)) return;
  more_ = true;
  core_.ReadAgain(*this);
}

void TcpStream::ResumeReading() {
  if (!paused_) return;
  paused_ = false;
  if (Ended()) return;
  if (more_) {
    core_.ReadAgain(*this);  // asked for before or within the pause
  } else {
    ReadMore();
  }
  if (!InputFull()) readable_.Add();
  if (tls_ != nullptr) EndTls();
}

// ---- writing: everything goes out through WriteOut

void TcpStream::Write(Slice octets) {
  HUB_CHECK_SAY(!dead_, "written to after OnClosed");
  if (Ended() || write_errno_ != 0 || octets.empty()) return;
  output_.Push(std::move(octets));
  Queued();
}

void TcpStream::WriteCopy(Bytes octets) {
  HUB_CHECK_SAY(!dead_, "written to after OnClosed");
  if (Ended() || write_errno_ != 0 || octets.empty()) return;
  output_.PushCopy(octets, core_.copy_slab());
  Queued();
}

void TcpStream::Queued() {
  MarkDirty();
  if (queued_octets() > limits_.output_octets_high) congested_ = true;
  if (queued_octets() <= limits_.output_octets_max) return;
  WriteOut();  // a busy turn can queue that much for a peer that reads well
  if (queued_octets() <= limits_.output_octets_max || doomed_) return;
  core_.counters().output_overflows.Add(1);
  Doom(CloseCause::kOutputLimit, 0);
}

void TcpStream::MarkDirty() {
  if (dirty_) return;
  dirty_ = true;
  core_.Dirty(*this);
}

void TcpStream::OnWritable(int, short, void* self) noexcept {
  auto* stream = static_cast<TcpStream*>(self);
  stream->core_.EnterTurn();
  stream->writable_.Del();
  stream->MarkDirty();
}

void TcpStream::WriteOut() {
  if (!socket_.open() || writable_.added()) return;
  switch (tls_ == nullptr ? output_.WriteTo(socket_.fd(), core_.counters()) : WriteTls()) {
    case Flow::kEmpty:
      return;
    case Flow::kBlocked:
      if (!doomed_) writable_.Add();
      return;
    case Flow::kFailed:
      WriteFailed(errno);
      return;
  }
}

void TcpStream::SendNothingAhead() {
  if (Ended() || !socket_.open()) return;
  nothing_ahead_ = true;
  HoldNothingUnsent(socket_.fd());
  (tls_ == nullptr ? output_ : tls_->out).KeepWritesApart();
  if (writable_.added()) congested_ = true;
}

// The peer is gone for writing, but what it sent before may still wait in the kernel: an answer to a message must not
// be lost because our next one met a closed socket. Reading ends with end of data or an error, and closes then.
void TcpStream::WriteFailed(int system_errno) {
  output_.Clear();
  if (tls_ != nullptr) tls_->out.Clear();
  write_errno_ = system_errno;
  if (closing_ || paused_) Doom(CloseCause::kError, system_errno);
}

void TcpStream::Flush() {
  dirty_ = false;
  if (dead_) return;
  WriteOut();
  if (doomed_) return;
  if (closing_ && socket_.open() && queued_octets() == 0) {
    Doom(CloseCause::kOurs, 0);
  } else if (nothing_ahead_ && queued_octets() != 0) {
    congested_ = true;
  } else if (congested_ && queued_octets() < limits_.output_octets_high / 2) {
    congested_ = false;
    events_->OnDrained();
  }
}

// ---- the end

void TcpStream::CloseAfterFlush() {
  if (Ended()) return;
  // What was queued for a peer that has not shaken hands will never go.
  if (tls_ != nullptr && !tls_->engine.established()) output_.Clear();
  closing_ = true;
  readable_.Del();
  flush_deadline_.Start(limits_.flush_timeout);
  MarkDirty();
}

void TcpStream::Doom(CloseCause cause, int system_errno) {
  HUB_CHECK_SAY(!dead_, "closed after OnClosed");
  if (doomed_) return;
  doomed_ = true;
  cause_ = cause;
  cause_errno_ = system_errno;
  // A peer that only ended its own data may still read our last answers: the flush of this turn tries once.
  if (cause != CloseCause::kPeerClosed) {
    output_.Clear();
    if (tls_ != nullptr) tls_->out.Clear();
  }
  flush_deadline_.Stop();
  readable_.Del();
  writable_.Del();
  if (attempt_ != nullptr) attempt_->Cancel();
  core_.Doomed(*this);
}

void TcpStream::TellClosed() {
  dead_ = true;
  if (tls_ != nullptr) CountTls();
  readable_.Reset();
  writable_.Reset();
  if (closing_ || cause_ == CloseCause::kTlsFailed) DrainInput();
  socket_ = Socket();
  input_.Drop();
  output_.Clear();
  if (tls_ != nullptr) tls_->out.Clear();
  events_->OnClosed(cause_, cause_errno_);
}

// Closing with unread input makes the kernel send a reset, which can overtake our last answer at the peer.
void TcpStream::DrainInput() {
  std::uint8_t scrap[4096];
  std::size_t drained = 0;
  while (socket_.open() && drained < kDrainOctetsMax) {
    const ssize_t octets = read(socket_.fd(), scrap, sizeof scrap);
    if (octets <= 0) return;
    drained += static_cast<std::size_t>(octets);
  }
}

}  // namespace hub::net
