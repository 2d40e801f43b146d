// Bounds-checked cursors: every octet of a PDU is read and written through one of these two.
#pragma once

#include <cstring>

#include "protocol/wire/bytes.h"

namespace smpp {

/// Reads a borrowed run of octets from front to back. A read that does not fit returns false and
/// takes nothing.
class Reader {
 public:
  explicit Reader(Bytes octets) : at_(octets.data()), end_(octets.data() + octets.size()) {}

  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  bool at_end() const { return at_ == end_; }
  const std::uint8_t* at() const { return at_; }
  Bytes rest() const { return {at_, left()}; }

  bool U8(std::uint8_t& v) {
    if (left() < 1) return false;
    v = *at_++;
    return true;
  }
  bool U16(std::uint16_t& v) {
    if (left() < 2) return false;
    v = ReadU16(at_);
    at_ += 2;
    return true;
  }
  bool U32(std::uint32_t& v) {
    if (left() < 4) return false;
    v = ReadU32(at_);
    at_ += 4;
    return true;
  }
  bool Take(std::size_t octets, Bytes& v) {
    if (left() < octets) return false;
    v = {at_, octets};
    at_ += octets;
    return true;
  }

  /// A C-octet string: `v` gets the characters before the NUL. False when no NUL lies within
  /// `octets_max` octets (NUL counted) or within the rest; then ask `left() < octets_max` which of
  /// the two it was.
  bool CString(std::size_t octets_max, std::string_view& v) {
    const std::size_t reach = left() < octets_max ? left() : octets_max;
    if (reach == 0) return false;
    // Three of a submit_sm's five are empty as a rule: no call for those.
    const void* nul = *at_ == 0 ? at_ : std::memchr(at_, 0, reach);
    if (nul == nullptr) return false;
    const auto* end = static_cast<const std::uint8_t*>(nul);
    v = {reinterpret_cast<const char*>(at_), static_cast<std::size_t>(end - at_)};
    at_ = end + 1;
    return true;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

/// Writes into a borrowed buffer and goes on counting when it is full, as snprintf does: `wanted()`
/// says how many octets the whole would take, `fits()` whether they are all in the buffer.
class Writer {
 public:
  explicit Writer(MutableBytes out) : out_(out) {}

  std::size_t wanted() const { return at_; }
  bool fits() const { return at_ <= out_.size(); }

  void U8(std::uint8_t v) {
    if (at_ < out_.size()) out_[at_] = v;
    ++at_;
  }
  void U16(std::uint16_t v) {
    if (HasRoom(2)) WriteU16(out_.data() + at_, v);
    at_ += 2;
  }
  void U32(std::uint32_t v) {
    if (HasRoom(4)) WriteU32(out_.data() + at_, v);
    at_ += 4;
  }
  void Put(Bytes octets) {
    if (!octets.empty() && HasRoom(octets.size())) {
      std::memcpy(out_.data() + at_, octets.data(), octets.size());
    }
    at_ += octets.size();
  }
  void CString(std::string_view text) {
    Put(AsBytes(text));
    U8(0);
  }
  void Skip(std::size_t octets) { at_ += octets; }

 private:
  bool HasRoom(std::size_t octets) const {  // without a sum that could wrap
    return at_ <= out_.size() && out_.size() - at_ >= octets;
  }

  MutableBytes out_;
  std::size_t at_ = 0;
};

}  // namespace smpp
