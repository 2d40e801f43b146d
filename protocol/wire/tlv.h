// TLVs: what follows the mandatory fields, in any order, any number of times.
// SMPP v3.4 §3.2.4, §5.3
#pragma once

#include <optional>

#include "protocol/wire/cursor.h"
#include "protocol/wire/status.h"

namespace smpp {

/// Any 16-bit value may travel; names are those of tlv.def.
enum class Tag : std::uint16_t {
#define TLV(name, tag, min, max) name = tag,
#include "protocol/wire/tlv.def"
#undef TLV
};

inline constexpr std::size_t kTlvHeaderOctets = 4;  // tag, length

/// One row of tlv.def.
struct TagRow {
  Tag tag;
  std::string_view name;
  std::uint16_t octets_min;
  std::uint16_t octets_max;
};

/// The row of a tag; nullptr for vendor (0x1400-0x3FFF) and reserved tags.
const TagRow* FindTag(Tag tag);

/// "message_payload"; "" for a tag without a name.
std::string_view TagName(Tag tag);

/// One TLV inside a stream.
struct Tlv {
  Tag tag{};
  Bytes value;               // borrowed from the stream
  std::uint32_t offset = 0;  // of the tag, from the start of the stream
};

/// Walks a TLV stream without allocating: `while (tlvs.Next(tlv)) ...`. Stops at the end and, with
/// `broken()`, where 1-3 stray octets stand or a length reaches beyond the stream.
class TlvCursor {
 public:
  explicit TlvCursor(Bytes stream) : stream_(stream) {}

  bool Next(Tlv& tlv) {
    const std::size_t left = stream_.size() - at_;
    if (left < kTlvHeaderOctets) return Stop(left != 0);
    const std::uint8_t* p = stream_.data() + at_;
    const std::size_t length = ReadU16(p + 2);
    if (length > left - kTlvHeaderOctets) return Stop(true);
    tlv = {static_cast<Tag>(ReadU16(p)),
           {p + kTlvHeaderOctets, length},
           static_cast<std::uint32_t>(at_)};
    at_ += kTlvHeaderOctets + length;
    return true;
  }
  bool broken() const { return broken_; }

 private:
  bool Stop(bool broken) {
    broken_ = broken;
    return false;
  }

  Bytes stream_;
  std::size_t at_ = 0;
  bool broken_ = false;
};

/// ESME_ROK, or ESME_RINVTLVSTREAM when the octets are not a whole number of TLVs. One pass over
/// the headers.
inline Status JudgeTlvs(Bytes stream) {
  TlvCursor cursor(stream);
  Tlv tlv;
  while (cursor.Next(tlv)) {
  }
  return cursor.broken() ? Status::ESME_RINVTLVSTREAM : Status::ESME_ROK;
}

/// The first TLV with this tag. What stands behind a break is not seen.
inline std::optional<Tlv> FindTlv(Bytes stream, Tag tag) {
  TlvCursor cursor(stream);
  Tlv tlv;
  while (cursor.Next(tlv)) {
    if (tlv.tag == tag) return tlv;
  }
  return std::nullopt;
}

/// The value of a one-octet TLV; nothing when it is absent or has another length.
std::optional<std::uint8_t> FindTlvU8(Bytes stream, Tag tag);

/// The value of a TLV that holds a C-octet string, without its NUL (or whole when there is none).
inline std::string_view TlvText(Bytes value) {
  const std::string_view text = AsText(value);
  return text.substr(0, text.find('\0'));
}

/// Appends one TLV. False, and nothing written, for a value over 65,535 octets: no TLV can carry
/// it.
inline bool PutTlv(Writer& out, Tag tag, Bytes value) {
  if (value.size() > 0xFFFF) return false;
  out.U16(static_cast<std::uint16_t>(tag));
  out.U16(static_cast<std::uint16_t>(value.size()));
  out.Put(value);
  return true;
}

}  // namespace smpp
