// What waits to be written to one stream: slices, merged where they are neighbours, sent by writev.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <vector>

#include "server/base/slab.h"
#include "server/net/loop_counters.h"

namespace hub::net {

class CopySlab;

enum class Flow : std::uint8_t {
  kEmpty,    // all is written
  kBlocked,  // the kernel takes no more for now
  kFailed,   // errno tells
};

class OutputQueue {
 public:
  /// References the octets. A slice that begins where the last one ends becomes one with it.
  void Push(Slice slice);
  /// Copies the octets into `slab`: behind the last slice where that ends there, which is what many small answers in a row do.
  void PushCopy(Bytes octets, CopySlab& slab);
  void Clear();
  std::size_t octets() const { return octets_; }

  /// Moves octets from the front into `to`: as many as there are and fit. Returns how many.
  std::size_t Take(MutableBytes to);

  /// From now on the kernel adds nothing to what it holds unsent of an earlier write: see HoldNothingUnsent.
  void KeepWritesApart();

  /// Writes until all is written or the kernel takes no more: up to 1,024 pieces a writev.
  Flow WriteTo(int fd, LoopCounters& counters);

 private:
  std::size_t Fill(iovec* pieces) const;
  void Consume(std::size_t octets);
  void Unpin();

  std::vector<Slice> pieces_;  // from head_ on
  std::size_t head_ = 0;
  std::size_t octets_ = 0;
  int flags_ = 0;             // of each write
  std::size_t unpinned_ = 0;  // pieces before this index pin no more than about themselves
};

/// Where small copied writes of all streams of a loop go, so that they are slices like any other and merge.
class CopySlab {
 public:
  CopySlab() = default;
  ~CopySlab();
  CopySlab(const CopySlab&) = delete;
  CopySlab& operator=(const CopySlab&) = delete;

  Slice Copy(Bytes octets);
  /// Copies the octets right behind `last` and lengthens it by them. False, and nothing done, where `last` is not what was copied
  /// last, or the slab is full.
  bool Extend(Slice& last, Bytes octets);

 private:
  std::uint32_t room() const { return open_ == nullptr ? 0 : open_->size() - used_; }

  static constexpr std::uint32_t kOctets = kLargeSlabOctets;
  Slab* open_ = nullptr;
  std::uint32_t used_ = 0;
};

}  // namespace hub::net
