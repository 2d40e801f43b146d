#include "server/journal/frame_buffer.h"

#include <bit>
#include <utility>

#include "server/base/check.h"
#include "server/journal/frame.h"

namespace hub::journal {

static_assert(std::endian::native == std::endian::little,
              "frames are written as memory holds them");

namespace {

constexpr std::size_t kKindOffset = 8;  // after length and CRC
constexpr std::size_t kBufferKeptOctetsMax = 1u
                                             << 18;  // a buffer that once grew larger is given back

}  // namespace

void FrameBuffer::Begin(std::uint8_t kind) {
  HUB_CHECK(!open_ && kind != 0 && kind != 255);
  open_ = true;
  begun_ = octets_.size();
  octets_.resize(begun_ + kFrameHeaderOctets);
  octets_[begun_ + kKindOffset] = kind;
}

void FrameBuffer::Blob(std::string_view octets) { Blob(smpp::AsBytes(octets)); }

void FrameBuffer::Blob(smpp::Bytes octets) {
  U32(static_cast<std::uint32_t>(octets.size()));
  octets_.insert(octets_.end(), octets.begin(), octets.end());
}

void FrameBuffer::End() {
  HUB_CHECK(open_);
  SealFrame(smpp::MutableBytes(octets_).subspan(begun_));
  open_ = false;
  ++frames_;
}

void FrameBuffer::Clear() {
  if (octets_.capacity() > kBufferKeptOctetsMax) octets_ = {};
  octets_.clear();
  begun_ = frames_ = 0;
  open_ = false;
}

void FrameBuffer::Swap(FrameBuffer& other) noexcept {
  octets_.swap(other.octets_);
  std::swap(begun_, other.begun_);
  std::swap(frames_, other.frames_);
  std::swap(open_, other.open_);
}

}  // namespace hub::journal
