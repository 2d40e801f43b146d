// Records on their way into the journal: framed where they are made, so that nobody copies or checks them twice.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

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
  /// Begins a frame. `kind` 1..254 is the caller's; 0 and 255 are the journal's own.
  void Begin(std::uint8_t kind);
  void U8(std::uint8_t value) { octets_.push_back(value); }
  void U16(std::uint16_t value) { Put(value); }
  void U32(std::uint32_t value) { Put(value); }
  void U64(std::uint64_t value) { Put(value); }
  void I64(std::int64_t value) { Put(value); }
  /// u32 length, then the octets.
  void Blob(std::string_view octets);
  void Blob(smpp::Bytes octets);
  /// Writes length and CRC of the frame that was begun.
  void End();

  bool empty() const { return octets_.empty(); }
  std::size_t frames() const { return frames_; }
  smpp::Bytes octets() const { return octets_; }
  void Clear();
  void Swap(FrameBuffer& other) noexcept;

 private:
  template <class T>
  void Put(T value) {
    const std::size_t at = octets_.size();
    octets_.resize(at + sizeof value);
    std::memcpy(octets_.data() + at, &value, sizeof value);
  }

  std::vector<std::uint8_t> octets_;
  std::size_t begun_ = 0;  // where the frame under way starts
  std::size_t frames_ = 0;
  bool open_ = false;  // between Begin and End
};

}  // namespace hub::journal
