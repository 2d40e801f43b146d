// Refcounted read buffers. A frame is a Slice: slab + offset + length; forwarding one copies nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "protocol/wire/bytes.h"

namespace hub {

using smpp::Bytes;
using smpp::MutableBytes;

/// The usual large slab: what is read into, as shipped, and what is copied for output.
inline constexpr std::uint32_t kLargeSlabOctets = 64 * 1024;

/// What a thread keeps of freed slabs for its next ones: 4 MiB of large ones, as much of those that KeepSparesOf names, and of each class
/// of small ones (128, 256, 512 and 1,024 octets) so many: 7.5 MiB. All others go back at once.
inline constexpr std::size_t kSpareLargeOctetsMax = 4 * 1024 * 1024;
inline constexpr std::size_t kSpareSmallSlabsMax = 4'096;

/// One allocation: this header, then `size()` octets. Any thread may drop a reference; one writer at a time.
class Slab {
 public:
  static Slab* Create(std::uint32_t octets);  // with one reference
  void Ref() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Unref();  // frees at zero

  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  std::uint32_t size() const { return size_; }
  bool unique() const { return references_.load(std::memory_order_acquire) == 1; }

  /// A size besides kLargeSlabOctets of which threads keep spare ones: that of read buffers (loops.slab_octets). One for the process.
  static void KeepSparesOf(std::uint32_t octets);

  /// Octets in all living slabs of the process, spare ones not counted: a gauge, and the limit `slab_octets_max` looks at it.
  static std::uint64_t octets_alive();

  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

 private:
  explicit Slab(std::uint32_t octets) : size_(octets) {}

  std::atomic<std::uint32_t> references_{1};
  std::uint32_t size_;
};

/// Owns one reference to a slab and names a part of it. Cheap to copy and to move.
class Slice {
 public:
  Slice() = default;
  Slice(Slab* slab, std::uint32_t offset, std::uint32_t length)  // adds a reference
      : slab_(slab), offset_(offset), length_(length) {
    slab_->Ref();
  }
  /// A slab of its own, not filled.
  static Slice New(std::uint32_t length);
  /// A slab of its own that holds a copy.
  static Slice CopyOf(Bytes bytes);

  Slice(const Slice& other) : slab_(other.slab_), offset_(other.offset_), length_(other.length_) {
    if (slab_ != nullptr) slab_->Ref();
  }
  Slice(Slice&& other) noexcept
      : slab_(std::exchange(other.slab_, nullptr)),
        offset_(other.offset_),
        length_(std::exchange(other.length_, 0)) {}
  Slice& operator=(Slice other) noexcept {
    std::swap(slab_, other.slab_);
    std::swap(offset_, other.offset_);
    std::swap(length_, other.length_);
    return *this;
  }
  ~Slice() {
    if (slab_ != nullptr) slab_->Unref();
  }

  bool empty() const { return length_ == 0; }
  std::uint32_t size() const { return length_; }
  std::uint8_t* data() const { return slab_->data() + offset_; }
  Bytes bytes() const { return length_ == 0 ? Bytes{} : Bytes{data(), length_}; }
  Slice Sub(std::uint32_t offset, std::uint32_t length) const {
    return {slab_, offset_ + offset, length};
  }
  /// Grows by `next` if that begins where this ends, in the same slab; else changes nothing and returns false.
  bool Merge(const Slice& next) {
    if (length_ == 0 || slab_ != next.slab_ || offset_ + length_ != next.offset_) return false;
    length_ += next.length_;
    return true;
  }
  /// Grows by octets of the same slab that stand right behind it and belong to nobody else.
  void Extend(std::uint32_t octets) { length_ += octets; }
  Slab* slab() const { return slab_; }

 private:
  Slab* slab_ = nullptr;
  std::uint32_t offset_ = 0;
  std::uint32_t length_ = 0;
};

}  // namespace hub
