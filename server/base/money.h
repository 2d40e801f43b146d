// Money is exact: integers of 10^-9 of the account's currency in memory, numeric(24,9) in PostgreSQL. No float.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hub {

/// An amount or a rate in nano-units: 1.25 is Nano{1'250'000'000}. Holds up to +-9,223,372,036.854775807.
struct Nano {
  std::int64_t units = 0;

  friend constexpr auto operator<=>(Nano, Nano) = default;
  friend constexpr Nano operator-(Nano a) { return {-a.units}; }
};

inline constexpr std::int64_t kNanoPerUnit = 1'000'000'000;

/// a + b and a - b; nullopt when the result does not fit.
constexpr std::optional<Nano> CheckedAdd(Nano a, Nano b) {
  Nano sum;
  if (__builtin_add_overflow(a.units, b.units, &sum.units)) return std::nullopt;
  return sum;
}
constexpr std::optional<Nano> CheckedSub(Nano a, Nano b) {
  Nano difference;
  if (__builtin_sub_overflow(a.units, b.units, &difference.units)) return std::nullopt;
  return difference;
}

/// rate x count, exact; nullopt when it does not fit.
constexpr std::optional<Nano> CheckedMul(Nano rate, std::int64_t count) {
  Nano product;
  if (__builtin_mul_overflow(rate.units, count, &product.units)) return std::nullopt;
  return product;
}

/// Sums of many amounts: 128 bits, so that no batch can overflow.
using NanoSum = __int128;

/// Parses a plain decimal: [+-]digits[.digits], at most 9 decimals, no exponent, no blanks.
/// nullopt for anything else, and for what does not fit.
std::optional<Nano> ParseNano(std::string_view text);

/// The shortest exact decimal: "1.25", "-0.000000001", "0".
std::string FormatNano(Nano amount);
std::string FormatNanoSum(NanoSum amount);

}  // namespace hub
