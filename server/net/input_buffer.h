// Where a loop reads: one open slab shared by all its streams, and what each stream's user left untaken.
//
//   open slab   | frames still held elsewhere | left over | room: the next read goes here |
//                                             ^ OnOctets gets left over + new octets as one contiguous Slice
//
// An idle stream holds no buffer. A left-over that is still at the end of the open slab is continued in place; any
// other is copied in front of the reading position, so that a unit is never seen in two pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/slab.h"

namespace hub::net {

class InputBuffer;

/// The open slab of one loop. One thread. Must outlive the buffers of its streams.
class ReadSlab {
 public:
  /// slab_octets      size of a slab
  /// slab_octets_max  of the process: above it, streams get right-sized copies, so that a frame which somebody keeps
  ///                  pins no more than itself
  ReadSlab(std::uint32_t slab_octets, std::uint64_t slab_octets_max)
      : slab_octets_(slab_octets), slab_octets_max_(slab_octets_max) {
    Slab::KeepSparesOf(slab_octets);
  }
  ~ReadSlab();
  ReadSlab(const ReadSlab&) = delete;
  ReadSlab& operator=(const ReadSlab&) = delete;

 private:
  friend class InputBuffer;

  std::uint32_t room() const { return open_ == nullptr ? 0 : open_->size() - used_; }
  void OpenNew(std::uint32_t octets);
  bool CanRewind() const;
  void Rewind();  // starts at the front again when nobody holds the slab any more
  bool Crowded() const { return Slab::octets_alive() > slab_octets_max_; }

  const std::uint32_t slab_octets_;
  const std::uint64_t slab_octets_max_;
  Slab* open_ = nullptr;
  std::uint32_t used_ = 0;             // octets of open_ given out
  std::vector<InputBuffer*> holders_;  // whose left-over lies in open_
};

/// One stream's input: its left-over octets. Use: Room, read, Commit, OnOctets, Keep.
class InputBuffer {
 public:
  static constexpr std::uint32_t kRoomMin = 4096;

  explicit InputBuffer(ReadSlab& slab) : slab_(slab) {}
  ~InputBuffer() { Drop(); }
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  /// At least `octets_min` right behind the left-over octets. Good until any buffer of the loop is asked again.
  MutableBytes Room(std::uint32_t octets_min = kRoomMin);
  /// The left-over and the first `octets` of Room, contiguous; the buffer is empty afterwards.
  Slice Commit(std::size_t octets);
  /// The left-over alone; the buffer is empty afterwards.
  Slice TakeLeftOver();
  /// Keeps what is behind the first `taken` octets of what Commit or TakeLeftOver gave. The taken part is never
  /// looked at again: its taker may write to it.
  void Keep(const Slice& octets, std::size_t taken);
  void Drop();

  std::size_t left_over_octets() const { return left_over_.size(); }

 private:
  friend class ReadSlab;
  static constexpr std::size_t kNotHolder = static_cast<std::size_t>(-1);

  bool InPlace() const;
  void MoveToOpenSlab(std::uint32_t octets_min);
  void Hold();
  void LetGo();

  ReadSlab& slab_;
  Slice left_over_;
  std::size_t holder_ = kNotHolder;  // our place in slab_.holders_
};

}  // namespace hub::net
