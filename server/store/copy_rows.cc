#include "server/store/copy_rows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace hub::store {
namespace {

constexpr char kSignature[] =
    "PGCOPY\n\377\r\n";  // with its NUL: 11 octets, then flags and extension length
constexpr std::int32_t kDaysTo2000 = 10'957;
constexpr std::int64_t kMicrosTo2000 = std::int64_t{kDaysTo2000} * 86'400'000'000;

constexpr std::int16_t kNumericNegative = 0x4000;
constexpr std::int16_t kDecimals = 9;       // dscale of our amounts
constexpr int kFractionDigits = 3;          // of base 10,000: twelve decimals, so units x 1000
constexpr std::size_t kNumericDigits = 11;  // 10^41 > 2^127 x 1000 / 10^3

// Octets of the valid UTF-8 sequence at the front of `text`, 0 when there is none. As PostgreSQL
// judges it.
std::size_t SequenceLength(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i) { return i < text.size() && (at(i) & 0xc0) == 0x80; };
  const unsigned char first = at(0);
  if (first < 0x80) return first >= 0x20 && first != 0x7f ? 1 : 0;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    if (first == 0xe0 && at(1) < 0xa0) return 0;  // overlong
    if (first == 0xed && at(1) > 0x9f) return 0;  // surrogate
    return 3;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (first == 0xf0 && at(1) < 0x90) return 0;  // overlong
    if (first == 0xf4 && at(1) > 0x8f) return 0;  // above U+10FFFF
    return 4;
  }
  return 0;
}

bool IsClean(std::string_view octets) {
  while (!octets.empty()) {
    const std::size_t length = SequenceLength(octets);
    if (length == 0) return false;
    octets.remove_prefix(length);
  }
  return true;
}

}  // namespace

std::string CleanText(std::string_view octets) {
  if (IsClean(octets)) return std::string(octets);
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string clean;
  while (!octets.empty()) {
    const std::size_t length = SequenceLength(octets);
    const auto first = static_cast<unsigned char>(octets[0]);
    if (length == 0) {
      clean.append({'\\', 'x', kHex[first >> 4], kHex[first & 15]});
    } else {
      if (first == '\\') clean += '\\';
      clean += octets.substr(0, length);
    }
    octets.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return clean;
}

template <class T>
void CopyRows::Put(T value) {  // network order
  char octets[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    octets[i] = static_cast<char>(value >> (8 * (sizeof(T) - 1 - i)) & 0xff);
  }
  out_.append(octets, sizeof(T));
}

template <class T>
void CopyRows::Field(T value) {
  Put(static_cast<std::int32_t>(sizeof(T)));
  Put(value);
}

void CopyRows::Begin(std::int16_t columns) {
  if (out_.empty()) {
    out_.append(kSignature, sizeof(kSignature));
    Put(std::int32_t{0});
    Put(std::int32_t{0});
  }
  ++rows_;
  Put(columns);
}

void CopyRows::Int2(std::int16_t value) { Field(value); }
void CopyRows::Int4(std::int32_t value) { Field(value); }
void CopyRows::Int8(std::int64_t value) { Field(value); }
void CopyRows::Date(std::int32_t day) { Field(day - kDaysTo2000); }
void CopyRows::Timestamp(std::int64_t micros) { Field(micros - kMicrosTo2000); }

void CopyRows::Numeric(NanoSum amount) {
  const bool negative = amount < 0;
  auto rest =
      negative ? -static_cast<unsigned __int128>(amount) : static_cast<unsigned __int128>(amount);
  std::array<std::int16_t, kNumericDigits> digits{};  // base 10,000, least first
  // The first digit holds the last decimal and three zeros: 9 decimals are 2 digits and a quarter.
  digits[0] = static_cast<std::int16_t>(rest % 10 * 1000);
  rest /= 10;
  std::size_t count = 1;
  for (; rest != 0; rest /= 10'000) digits[count++] = static_cast<std::int16_t>(rest % 10'000);
  const auto weight = static_cast<std::int16_t>(static_cast<int>(count) - 1 - kFractionDigits);
  std::size_t low = 0;
  while (low < count && digits[low] == 0) ++low;  // trailing zeros are not sent

  const std::size_t sent = count - low;
  Put(static_cast<std::int32_t>(8 + 2 * sent));
  Put(static_cast<std::int16_t>(sent));
  Put(sent == 0 ? std::int16_t{0} : weight);
  Put(negative ? kNumericNegative : std::int16_t{0});
  Put(kDecimals);
  for (std::size_t i = count; i > low; --i) Put(digits[i - 1]);
}

void CopyRows::Text(std::string_view octets) {
  const std::string clean = CleanText(octets);
  Put(static_cast<std::int32_t>(clean.size()));
  out_ += clean;
}

std::string CopyRows::Finish() {
  Put(std::int16_t{-1});
  return std::move(out_);
}

}  // namespace hub::store
