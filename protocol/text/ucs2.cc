#include "protocol/text/ucs2.h"

#include "protocol/text/utf8.h"

namespace smpp {
namespace {

bool IsHighSurrogate(char32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool IsLowSurrogate(char32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

}  // namespace

std::vector<std::uint8_t> Ucs2FromUtf8(std::string_view utf8) {
  std::vector<std::uint8_t> out;
  const auto put = [&out](char32_t unit) {
    out.push_back(static_cast<std::uint8_t>(unit >> 8));
    out.push_back(static_cast<std::uint8_t>(unit));
  };
  while (!utf8.empty()) {
    const char32_t c = TakeUtf8(utf8);
    if (c < 0x10000) {
      put(c);
    } else {
      put(0xD800 + ((c - 0x10000) >> 10));
      put(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string Utf8FromUcs2(Bytes octets) {
  std::string utf8;
  while (octets.size() >= 2) {
    char32_t c = ReadU16(octets.data());
    octets = octets.subspan(2);
    if (IsHighSurrogate(c) && octets.size() >= 2 && IsLowSurrogate(ReadU16(octets.data()))) {
      c = 0x10000 + ((c - 0xD800) << 10) + (ReadU16(octets.data()) - 0xDC00u);
      octets = octets.subspan(2);
    }
    AppendUtf8(utf8, c);
  }
  if (!octets.empty()) AppendUtf8(utf8, kReplacement);
  return utf8;
}

}  // namespace smpp
