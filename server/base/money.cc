#include "server/base/money.h"

#include <algorithm>
#include <iterator>
#include <limits>

namespace hub {
namespace {

constexpr int kDecimals = 9;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Appends one digit to an absolute value; false when the sum no longer fits an int64.
bool Push(std::uint64_t* units, int digit) {
  constexpr std::uint64_t kMax =
      static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (*units > (kMax - static_cast<std::uint64_t>(digit)) / 10) return false;
  *units = *units * 10 + static_cast<std::uint64_t>(digit);
  return true;
}

// Nine decimals without zeros at their end, right before `end`; returns where they begin, the point first, or `end`.
char* PutDecimals(std::uint32_t decimals, char* end) {
  if (decimals == 0) return end;
  int width = kDecimals;
  for (; decimals % 1'000 == 0; decimals /= 1'000) width -= 3;
  for (; decimals % 10 == 0; decimals /= 10) --width;
  char* at = end;
  for (; width > 0; --width, decimals /= 10) *--at = static_cast<char>('0' + decimals % 10);
  *--at = '.';
  return at;
}

// Unsigned: as wide as the sum needs, for 128 bits divide slowly.
template <class Unsigned>
std::string Format(bool negative, Unsigned units) {
  char text[48];  // 2^128 has 39 digits
  char* const end = std::end(text);
  char* at = PutDecimals(static_cast<std::uint32_t>(units % kNanoPerUnit), end);
  Unsigned whole = units / kNanoPerUnit;
  do *--at = static_cast<char>('0' + static_cast<int>(whole % 10));
  while ((whole /= 10) != 0);
  if (negative) *--at = '-';
  return {at, end};
}

}  // namespace

std::optional<Nano> ParseNano(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  const std::size_t dot = std::min(text.find('.'), text.size());
  const std::string_view whole = text.substr(0, dot);
  const std::string_view part = dot < text.size() ? text.substr(dot + 1) : std::string_view{};
  if (whole.empty() || (dot < text.size() && part.empty()) || part.size() > kDecimals)
    return std::nullopt;

  std::uint64_t units = 0;
  for (char c : whole) {
    if (!IsDigit(c) || !Push(&units, c - '0')) return std::nullopt;
  }
  for (std::size_t i = 0; i < kDecimals; ++i) {
    const char c = i < part.size() ? part[i] : '0';
    if (!IsDigit(c) || !Push(&units, c - '0')) return std::nullopt;
  }
  const auto value = static_cast<std::int64_t>(units);
  return Nano{negative ? -value : value};
}

std::string FormatNano(Nano amount) {
  const auto units = static_cast<std::uint64_t>(amount.units);
  return amount.units < 0 ? Format(true, 0 - units) : Format(false, units);
}

std::string FormatNanoSum(NanoSum amount) {
  const auto units = static_cast<unsigned __int128>(amount);
  return amount < 0 ? Format(true, 0 - units) : Format(false, units);
}

}  // namespace hub
