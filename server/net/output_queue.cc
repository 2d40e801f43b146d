#include "server/net/output_queue.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace hub::net {
namespace {

constexpr std::size_t kPiecesMax = 1024;     // IOV_MAX of Linux
constexpr std::size_t kIdleCapacity = 1024;  // an empty queue keeps no more room than this

}  // namespace

void OutputQueue::Push(Slice slice) {
  if (slice.empty()) return;
  octets_ += slice.size();
  if (head_ < pieces_.size() && pieces_.back().Merge(slice)) return;
  pieces_.push_back(std::move(slice));
}

void OutputQueue::PushCopy(Bytes octets, CopySlab& slab) {
  if (head_ == pieces_.size() || !slab.Extend(pieces_.back(), octets)) {
    return Push(slab.Copy(octets));
  }
  octets_ += octets.size();
}

void OutputQueue::Clear() {
  pieces_.clear();
  if (pieces_.capacity() > kIdleCapacity) std::vector<Slice>().swap(pieces_);
  head_ = octets_ = unpinned_ = 0;
}

std::size_t OutputQueue::Take(MutableBytes to) {
  std::size_t taken = 0;
  for (std::size_t i = head_; i < pieces_.size() && taken < to.size(); ++i) {
    const std::size_t octets = std::min<std::size_t>(pieces_[i].size(), to.size() - taken);
    std::memcpy(to.data() + taken, pieces_[i].data(), octets);
    taken += octets;
  }
  if (taken != 0) Consume(taken);
  return taken;
}

// Without the mark the next write fills up the last buffer that is not sent, up to 64 KiB, whatever TCP_NOTSENT_LOWAT says.
void OutputQueue::KeepWritesApart() { flags_ = MSG_EOR; }

Flow OutputQueue::WriteTo(int fd, LoopCounters& counters) {
  while (octets_ > 0) {
    iovec pieces[kPiecesMax];
    const std::size_t count = Fill(pieces);
    msghdr message{};
    message.msg_iov = pieces;
    message.msg_iovlen = count;
    // writev, without SIGPIPE
    const ssize_t written = sendmsg(fd, &message, MSG_NOSIGNAL | flags_);
    counters.writes.Add(1);
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return Flow::kFailed;
      Unpin();
      return Flow::kBlocked;
    }
    counters.octets_out.Add(static_cast<std::size_t>(written));
    Consume(static_cast<std::size_t>(written));
  }
  return Flow::kEmpty;
}

std::size_t OutputQueue::Fill(iovec* pieces) const {
  const std::size_t count = std::min(pieces_.size() - head_, kPiecesMax);
  for (std::size_t i = 0; i < count; ++i) {
    const Slice& piece = pieces_[head_ + i];
    pieces[i] = {piece.data(), piece.size()};
  }
  return count;
}

void OutputQueue::Consume(std::size_t octets) {
  octets_ -= octets;
  if (octets_ == 0) {
    Clear();
    return;
  }
  while (octets >= pieces_[head_].size()) {
    octets -= pieces_[head_].size();
    pieces_[head_++] = Slice();
  }
  Slice& first = pieces_[head_];
  const auto cut = static_cast<std::uint32_t>(octets);
  first = first.Sub(cut, first.size() - cut);
  if (head_ < pieces_.size() / 2) return;
  pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(head_));
  unpinned_ -= std::min(unpinned_, head_);
  head_ = 0;
}

// The peer reads slowly: what waits now may wait long, and forty octets must not hold a read buffer of 64 KiB. Runs of
// pieces that are small for their slab are copied into one slab of their own, each piece at most once.
void OutputQueue::Unpin() {
  const auto pins = [](const Slice& piece) { return piece.slab()->size() / 2 > piece.size(); };
  std::vector<Slice> kept;
  std::size_t i = std::max(unpinned_, head_);
  const std::size_t from = i;
  while (i < pieces_.size()) {
    std::size_t end = i;
    std::uint32_t octets = 0;
    while (end < pieces_.size() && pins(pieces_[end])) octets += pieces_[end++].size();
    if (end == i) {
      kept.push_back(std::move(pieces_[i++]));
      continue;
    }
    Slab* slab = Slab::Create(octets);
    std::uint32_t used = 0;
    for (; i < end; ++i) {
      std::memcpy(slab->data() + used, pieces_[i].data(), pieces_[i].size());
      used += pieces_[i].size();
    }
    kept.emplace_back(slab, 0, used);
    slab->Unref();
  }
  pieces_.resize(from);
  pieces_.insert(pieces_.end(), std::make_move_iterator(kept.begin()),
                 std::make_move_iterator(kept.end()));
  unpinned_ = pieces_.size();
}

CopySlab::~CopySlab() {
  if (open_ != nullptr) open_->Unref();
}

Slice CopySlab::Copy(Bytes octets) {
  if (octets.size() > kOctets / 4) return Slice::CopyOf(octets);
  if (open_ != nullptr && open_->unique()) used_ = 0;
  if (room() < octets.size()) {
    if (open_ != nullptr) open_->Unref();
    open_ = Slab::Create(kOctets);
    used_ = 0;
  }
  const auto length = static_cast<std::uint32_t>(octets.size());
  if (length != 0) std::memcpy(open_->data() + used_, octets.data(), length);
  Slice copy(open_, used_, length);
  used_ += length;
  return copy;
}

bool CopySlab::Extend(Slice& last, Bytes octets) {
  if (last.slab() != open_ || room() < octets.size()) return false;
  std::uint8_t* end = open_->data() + used_;
  if (last.data() + last.size() != end) return false;
  std::memcpy(end, octets.data(), octets.size());
  const auto length = static_cast<std::uint32_t>(octets.size());
  last.Extend(length);
  used_ += length;
  return true;
}

}  // namespace hub::net
