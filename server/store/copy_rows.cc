#include "server/store/copy_rows.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

namespace hub::store {
namespace {

// 11 octets with the first NUL, then flags and extension length.
constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19);
constexpr std::size_t kCapacityFirst = 16u << 10;
constexpr std::int32_t kDaysTo2000 = 10'957;
constexpr std::int64_t kMicrosTo2000 = std::int64_t{kDaysTo2000} * 86'400'000'000;

constexpr std::int64_t kMicrosMin =
    -62'135'596'800'000'000;  // the year 1: PostgreSQL takes less, our views do not
constexpr std::int64_t kMicrosMax = 253'402'300'799'999'999;  // the end of 9999

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

constexpr std::uint64_t EachOctet(std::uint8_t value) {
  return std::uint64_t{0x0101'0101'0101'0101} * value;
}

// Of eight octets; one that is not printable ASCII may make its neighbours look so, which changes nothing.
bool AreAllPlain(std::uint64_t octets) {
  const std::uint64_t below_space = (octets - EachOctet(0x20)) & ~octets;
  const std::uint64_t from_delete = (octets + EachOctet(1)) | octets;
  return ((below_space | from_delete) & EachOctet(0x80)) == 0;
}

bool IsPlain(std::string_view octets) {  // printable ASCII: nearly every text there is
  for (; octets.size() >= sizeof(std::uint64_t); octets.remove_prefix(sizeof(std::uint64_t))) {
    std::uint64_t eight;
    std::memcpy(&eight, octets.data(), sizeof eight);
    if (!AreAllPlain(eight)) return false;
  }
  std::uint64_t rest = EachOctet(' ');
  if (!octets.empty()) std::memcpy(&rest, octets.data(), octets.size());
  return AreAllPlain(rest);
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

void CopyRows::Grow(std::size_t octets) {
  const std::size_t capacity = std::max(std::max(capacity_ * 2, size_ + octets), kCapacityFirst);
  std::unique_ptr<char[]> grown(new char[capacity]);  // not zeroed
  if (size_ > 0) std::memcpy(grown.get(), out_.get(), size_);
  out_ = std::move(grown);
  capacity_ = capacity;
}

void CopyRows::Variable(std::string_view octets) {
  const auto length = NetworkOrder(static_cast<std::int32_t>(octets.size()));
  char* at = Room(sizeof length + octets.size());
  std::memcpy(at, &length, sizeof length);
  if (!octets.empty()) std::memcpy(at + sizeof length, octets.data(), octets.size());
}

void CopyRows::Begin(std::int16_t columns) {
  if (size_ == 0) std::memcpy(Room(kSignature.size()), kSignature.data(), kSignature.size());
  ++rows_;
  Put(columns);
}

void CopyRows::Bool(bool value) {
  Put(std::int32_t{1});
  *Room(1) = value ? 1 : 0;
}

void CopyRows::Date(std::int32_t day) { Field(day - kDaysTo2000); }

void CopyRows::Timestamp(std::int64_t micros) {
  constexpr std::int64_t kInfinity = std::numeric_limits<std::int64_t>::max();
  if (micros > kMicrosMax) return Field(kInfinity);
  Field(std::max(micros, kMicrosMin) - kMicrosTo2000);
}

std::size_t CopyRows::Int8Later() {
  Field(std::int64_t{0});
  return size_ - sizeof(std::int64_t);
}

void CopyRows::Fill(std::size_t place, std::int64_t value) {
  value = NetworkOrder(value);
  std::memcpy(out_.get() + place, &value, sizeof value);
}

namespace {

struct NumericDigits {
  std::array<std::int16_t, kNumericDigits> digits;  // base 10,000, least first
  std::size_t count = 0;
};

// The first digit holds the last decimal and three zeros: 9 decimals are 2 digits and a quarter.
template <class U>
NumericDigits DigitsOf(U rest) {
  NumericDigits n;
  n.digits[n.count++] = static_cast<std::int16_t>(static_cast<int>(rest % 10) * 1000);
  for (rest /= 10; rest != 0; rest /= 10'000)
    n.digits[n.count++] = static_cast<std::int16_t>(rest % 10'000);
  return n;
}

}  // namespace

void CopyRows::Numeric(NanoSum amount) {
  const bool negative = amount < 0;
  const auto size =
      negative ? -static_cast<unsigned __int128>(amount) : static_cast<unsigned __int128>(amount);
  // Division of 128 bits is a call; amounts of messages fit 64.
  const bool is_short = size <= std::numeric_limits<std::uint64_t>::max();
  const NumericDigits n = is_short ? DigitsOf(static_cast<std::uint64_t>(size)) : DigitsOf(size);
  const auto weight = static_cast<std::int16_t>(static_cast<int>(n.count) - 1 - kFractionDigits);
  std::size_t low = 0;
  while (low < n.count && n.digits[low] == 0) ++low;  // trailing zeros are not sent

  const std::size_t sent = n.count - low;
  Put(static_cast<std::int32_t>(8 + 2 * sent));
  Put(static_cast<std::int16_t>(sent));
  Put(sent == 0 ? std::int16_t{0} : weight);
  Put(negative ? kNumericNegative : std::int16_t{0});
  Put(kDecimals);
  for (std::size_t i = n.count; i > low; --i) Put(n.digits[i - 1]);
}

void CopyRows::Text(std::string_view octets) {
  if (!IsPlain(octets)) {
    const std::string clean = CleanText(octets);
    return Variable(clean);
  }
  Variable(octets);
}

void CopyRows::Octets(smpp::Bytes octets) { Variable(smpp::AsText(octets)); }

void CopyRows::Finish() {
  if (rows_ > 0) Put(std::int16_t{-1});
}

}  // namespace hub::store
