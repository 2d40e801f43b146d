#include "server/net/input_buffer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "server/base/check.h"

namespace hub::net {

ReadSlab::~ReadSlab() {
  HUB_CHECK(holders_.empty());
  if (open_ != nullptr) open_->Unref();
}

// A left-over of a few octets must not pin the whole slab once the loop has moved on: an idle peer that sent half a
// header would cost 64 KiB. All left-overs of a slab together are at most the slab, so the copies are bounded too.
void ReadSlab::OpenNew(std::uint32_t octets) {
  for (InputBuffer* holder : holders_) {
    holder->left_over_ = Slice::CopyOf(holder->left_over_.bytes());
    holder->holder_ = InputBuffer::kNotHolder;
  }
  holders_.clear();
  if (open_ != nullptr) open_->Unref();
  open_ = Slab::Create(octets);
  used_ = 0;
}

bool ReadSlab::CanRewind() const { return open_ != nullptr && used_ != 0 && open_->unique(); }

void ReadSlab::Rewind() {
  if (!CanRewind()) return;
  if (open_->size() == slab_octets_) {
    used_ = 0;  // the same octets again: they are still in the processor's cache
  } else {
    open_->Unref();
    open_ = nullptr;
    used_ = 0;
  }
}

MutableBytes InputBuffer::Room(std::uint32_t octets_min) {
  if (!InPlace()) MoveToOpenSlab(octets_min);
  if (!InPlace() || slab_.room() < octets_min) {
    // Twice the left-over: a unit larger than a slab is copied a logarithmic number of times only.
    Slice left_over = std::move(left_over_);
    LetGo();
    slab_.OpenNew(std::max(slab_.slab_octets_, std::bit_ceil(2 * left_over.size() + octets_min)));
    left_over_ = std::move(left_over);
    MoveToOpenSlab(octets_min);
  }
  return {slab_.open_->data() + slab_.used_, slab_.room()};
}

Slice InputBuffer::Commit(std::size_t octets) {
  HUB_CHECK(octets <= slab_.room() && (left_over_.empty() || InPlace()));
  const std::uint32_t before = left_over_.size();
  const auto length = before + static_cast<std::uint32_t>(octets);
  Slice all(slab_.open_, slab_.used_ - before, length);
  Drop();
  if (!slab_.Crowded()) {
    slab_.used_ += static_cast<std::uint32_t>(octets);
    return all;
  }
  slab_.used_ -= before;
  return Slice::CopyOf(all.bytes());
}

Slice InputBuffer::TakeLeftOver() {
  LetGo();
  return std::exchange(left_over_, Slice());
}

void InputBuffer::Keep(const Slice& octets, std::size_t taken) {
  HUB_CHECK(taken <= octets.size() && left_over_.empty());
  const auto rest = octets.size() - static_cast<std::uint32_t>(taken);
  if (rest == 0) return;
  left_over_ = octets.Sub(static_cast<std::uint32_t>(taken), rest);
  if (left_over_.slab() == slab_.open_) {
    Hold();
  } else if (left_over_.slab()->size() / 2 > rest) {
    left_over_ = Slice::CopyOf(left_over_.bytes());
  }
}

void InputBuffer::Drop() {
  LetGo();
  left_over_ = Slice();
}

// The next octet read would stand right behind the left-over. With none, a slab that nobody holds starts over.
bool InputBuffer::InPlace() const {
  if (left_over_.empty()) return slab_.open_ != nullptr && !slab_.CanRewind();
  return left_over_.slab() == slab_.open_ &&
         left_over_.data() + left_over_.size() == slab_.open_->data() + slab_.used_;
}

// Copies the left-over to the reading position, if it fits there with room behind it.
void InputBuffer::MoveToOpenSlab(std::uint32_t octets_min) {
  slab_.Rewind();
  const std::uint32_t length = left_over_.size();
  if (length == 0 || slab_.room() < length + octets_min) return;  // Room opens a new slab then
  std::memcpy(slab_.open_->data() + slab_.used_, left_over_.data(), length);
  LetGo();
  left_over_ = Slice(slab_.open_, slab_.used_, length);
  slab_.used_ += length;
  Hold();
}

void InputBuffer::Hold() {
  if (holder_ != kNotHolder) return;
  holder_ = slab_.holders_.size();
  slab_.holders_.push_back(this);
}

void InputBuffer::LetGo() {
  if (holder_ == kNotHolder) return;
  InputBuffer* last = slab_.holders_.back();
  slab_.holders_[holder_] = last;
  last->holder_ = holder_;
  slab_.holders_.pop_back();
  holder_ = kNotHolder;
}

}  // namespace hub::net
