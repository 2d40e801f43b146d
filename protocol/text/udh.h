// The user data header: elements in front of a text when esm_class has UDHI.
// 3GPP TS 23.040 §9.2.3.24
#pragma once

#include <optional>

#include "protocol/wire/bytes.h"

namespace smpp {

/// One information element; `data` borrows from the text.
struct UdhElement {
  std::uint8_t id = 0;
  Bytes data;
};

inline constexpr std::uint8_t kUdhConcat8 = 0x00;  // ref8, total, part
inline constexpr std::uint8_t kUdhPorts8 = 0x04;
inline constexpr std::uint8_t kUdhPorts16 = 0x05;
inline constexpr std::uint8_t kUdhConcat16 = 0x08;  // ref16, total, part

/// Octets of the header, its length octet included; 0 when the text is empty or too short for what
/// it claims.
std::size_t UdhOctets(Bytes text);

/// Whether `text` begins with a header that says something: an element at least, and as many as fill it to the octet. A text
/// that is meant without a header hardly ever does.
bool BeginsWithUdh(Bytes text);

/// Walks the elements in front of `text` (a text that has UDHI): `while (udh.Next(e)) ...`. A
/// header or an element that reaches beyond its room ends the walk: a malformed one is relayed,
/// never trusted.
class UdhCursor {
 public:
  explicit UdhCursor(Bytes text);
  bool Next(UdhElement& element);
  /// Octets that were not walked yet.
  std::size_t left() const { return rest_.size(); }

 private:
  Bytes rest_;
};

/// Which part of which message: from UDH or from SAR TLVs, which count alike.
struct Concat {
  std::uint16_t ref = 0;
  std::uint8_t total = 0;  // 1..255
  std::uint8_t part = 0;   // 1..total
  bool operator==(const Concat&) const = default;
};

/// The concatenation element of a text with UDHI. Nothing when there is none, or when part or total
/// is 0 or part > total: such a message is on its own.
std::optional<Concat> ConcatOfUdh(Bytes text);

}  // namespace smpp
