// Records on their way into the journal: framed where they are made, so that nobody copies or checks them twice.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "protocol/wire/bytes.h"

namespace hub::journal {

/// Of a frame before its payload: length (u32, of kind and payload), CRC32C (u32, of length, kind and payload), kind (u8).
/// Little endian.
inline constexpr std::size_t kFrameHeaderOctets = 9;
/// No frame is longer, header and all: a reader that finds more knows that it reads garbage.
inline constexpr std::size_t kFrameOctetsMax = 1u << 20;

/// Frames one after the other. One thread's; emptied by swapping it with the journal.
class FrameBuffer {
 public:
  FrameBuffer() = default;
  FrameBuffer(FrameBuffer&& other) noexcept { Swap(other); }
  FrameBuffer& operator=(FrameBuffer&&) = delete;

  /// Begins a frame. `kind` 1..254 is the caller's; 0 and 255 are the journal's own.
  void Begin(std::uint8_t kind);
  void U8(std::uint8_t value) { Put(value); }
  void U16(std::uint16_t value) { Put(value); }
  void U32(std::uint32_t value) { Put(value); }
  void U64(std::uint64_t value) { Put(value); }
  void I64(std::int64_t value) { Put(value); }
  /// u32 length, then the octets.
  void Blob(std::string_view octets) { Blob(smpp::AsBytes(octets)); }
  void Blob(smpp::Bytes octets) {
    const auto length = static_cast<std::uint32_t>(octets.size());
    std::uint8_t* const at = Room(sizeof length + octets.size());
    std::memcpy(at, &length, sizeof length);
    if (!octets.empty()) std::memcpy(at + sizeof length, octets.data(), octets.size());
  }
  /// Writes length and CRC of the frame that was begun.
  void End();

  bool empty() const { return size_ == 0; }
  std::size_t frames() const { return frames_; }
  smpp::Bytes octets() const { return {octets_.get(), size_}; }
  void Clear();
  void Swap(FrameBuffer& other) noexcept;

 private:
  template <class T>
  void Put(T value) {
    std::memcpy(Room(sizeof value), &value, sizeof value);
  }
  // Not zeroed. In the header, as all that a record calls for each of its fields.
  std::uint8_t* Room(std::size_t octets) {
    if (capacity_ - size_ < octets) [[unlikely]]
      Grow(octets);
    std::uint8_t* const at = octets_.get() + size_;
    size_ += octets;
    return at;
  }
  void Grow(std::size_t octets);

  std::unique_ptr<std::uint8_t[]> octets_;
  std::size_t size_ = 0, capacity_ = 0;
  std::size_t begun_ = 0;  // where the frame under way starts
  std::size_t frames_ = 0;
  bool open_ = false;  // between Begin and End
};

}  // namespace hub::journal
