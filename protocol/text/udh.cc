#include "protocol/text/udh.h"

namespace smpp {

std::size_t UdhOctets(Bytes text) {
  if (text.empty()) return 0;
  const std::size_t octets = std::size_t{text[0]} + 1;
  return octets <= text.size() ? octets : 0;
}

bool BeginsWithUdh(Bytes text) {
  UdhCursor cursor(text);
  UdhElement e;
  std::size_t elements = 0;
  while (cursor.Next(e)) ++elements;
  return elements != 0 && cursor.left() == 0;
}

UdhCursor::UdhCursor(Bytes text) {
  const std::size_t octets = UdhOctets(text);
  if (octets != 0) rest_ = text.subspan(1, octets - 1);
}

bool UdhCursor::Next(UdhElement& element) {
  if (rest_.size() < 2) return false;
  const std::size_t octets = rest_[1];
  if (octets > rest_.size() - 2) return false;
  element = {rest_[0], rest_.subspan(2, octets)};
  rest_ = rest_.subspan(2 + octets);
  return true;
}

std::optional<Concat> ConcatOfUdh(Bytes text) {
  UdhCursor cursor(text);
  UdhElement e;
  while (cursor.Next(e)) {
    Concat concat;
    if (e.id == kUdhConcat8 && e.data.size() == 3) {
      concat = {e.data[0], e.data[1], e.data[2]};
    } else if (e.id == kUdhConcat16 && e.data.size() == 4) {
      concat = {ReadU16(e.data.data()), e.data[2], e.data[3]};
    } else {
      continue;
    }
    if (concat.part == 0 || concat.part > concat.total) return std::nullopt;
    return concat;
  }
  return std::nullopt;
}

}  // namespace smpp
