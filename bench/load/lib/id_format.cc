#include "bench/load/lib/id_format.h"

#include <algorithm>
#include <charconv>

namespace hub::load {
namespace {

constexpr std::ptrdiff_t kPaddedDigits = 10;

}  // namespace

std::optional<IdFormat> ParseIdFormat(std::string_view name) {
  if (name == "decimal") return IdFormat::kDecimal;
  if (name == "hex") return IdFormat::kHex;
  if (name == "hex-upper") return IdFormat::kHexUpper;
  if (name == "decimal-padded") return IdFormat::kDecimalPadded;
  return std::nullopt;
}

std::string_view FormatId(IdFormat format, std::uint64_t id, IdRoom& room) {
  const bool hex = format == IdFormat::kHex || format == IdFormat::kHexUpper;
  char* first = room.data();
  char* last = std::to_chars(first, first + room.size(), id, hex ? 16 : 10).ptr;
  if (format == IdFormat::kHexUpper) {
    std::transform(first, last, first,
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; });
  } else if (format == IdFormat::kDecimalPadded && last - first < kPaddedDigits) {
    char* end = first + kPaddedDigits;
    std::fill(first, std::move_backward(first, last, end), '0');
    last = end;
  }
  return {first, last};
}

}  // namespace hub::load
