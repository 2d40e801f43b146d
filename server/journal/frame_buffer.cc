#include "server/journal/frame_buffer.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "server/base/check.h"
#include "server/journal/frame.h"

namespace hub::journal {

static_assert(std::endian::native == std::endian::little,
              "frames are written as memory holds them");

namespace {

constexpr std::size_t kKindOffset = 8;  // after length and CRC
constexpr std::size_t kBufferOctetsFirst = 4096;
constexpr std::size_t kBufferKeptOctetsMax = 1u
                                             << 18;  // a buffer that once grew larger is given back

}  // namespace

void FrameBuffer::Begin(std::uint8_t kind) {
  HUB_CHECK(!open_ && kind != 0 && kind != 255);
  open_ = true;
  begun_ = size_;
  Room(kFrameHeaderOctets)[kKindOffset] = kind;
}

void FrameBuffer::Grow(std::size_t octets) {
  const std::size_t capacity = std::max({capacity_ * 2, size_ + octets, kBufferOctetsFirst});
  std::unique_ptr<std::uint8_t[]> grown(new std::uint8_t[capacity]);
  if (size_ > 0) std::memcpy(grown.get(), octets_.get(), size_);
  octets_ = std::move(grown);
  capacity_ = capacity;
}

void FrameBuffer::End() {
  HUB_CHECK(open_);
  SealFrame({octets_.get() + begun_, size_ - begun_});
  open_ = false;
  ++frames_;
}

void FrameBuffer::Clear() {
  if (capacity_ > kBufferKeptOctetsMax) {
    octets_.reset();
    capacity_ = 0;
  }
  size_ = begun_ = frames_ = 0;
  open_ = false;
}

void FrameBuffer::Swap(FrameBuffer& other) noexcept {
  octets_.swap(other.octets_);
  std::swap(size_, other.size_);
  std::swap(capacity_, other.capacity_);
  std::swap(begun_, other.begun_);
  std::swap(frames_, other.frames_);
  std::swap(open_, other.open_);
}

}  // namespace hub::journal
