#include "server/base/money.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace hub {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct ParseCase {
  const char* text;
  std::optional<std::int64_t> units;
};

constexpr ParseCase kParseCases[] = {
    {"0", 0},
    {"1", 1'000'000'000},
    {"1.25", 1'250'000'000},
    {"+1.25", 1'250'000'000},
    {"-0.000000001", -1},
    {"0.0123", 12'300'000},
    {"007", 7'000'000'000},
    {"1.000000000", 1'000'000'000},
    {"9223372036.854775807", kMax},
    {"-9223372036.854775807", -kMax},
    {"9223372036.854775808", std::nullopt},  // one nano-unit too many
    {"9223372037", std::nullopt},
    {"99999999999999999999999", std::nullopt},
    {"0.0000000001", std::nullopt},  // a tenth decimal would have to be rounded
    {"", std::nullopt},
    {"-", std::nullopt},
    {".5", std::nullopt},
    {"1.", std::nullopt},
    {"1e3", std::nullopt},
    {"1,5", std::nullopt},
    {" 1", std::nullopt},
    {"1 ", std::nullopt},
    {"1.-5", std::nullopt},
    {"--1", std::nullopt},
    {"0x10", std::nullopt},
    {"nan", std::nullopt},
};

TEST(Money, ParsesPlainDecimalsOnly) {
  for (const ParseCase& c : kParseCases) {
    const auto parsed = ParseNano(c.text);
    ASSERT_EQ(parsed.has_value(), c.units.has_value()) << c.text;
    if (parsed) {
      EXPECT_EQ(parsed->units, *c.units) << c.text;
    }
  }
}

TEST(Money, FormatsTheShortestExactDecimal) {
  EXPECT_EQ(FormatNano({0}), "0");
  EXPECT_EQ(FormatNano({1'250'000'000}), "1.25");
  EXPECT_EQ(FormatNano({-1}), "-0.000000001");
  EXPECT_EQ(FormatNano({100 * kNanoPerUnit}), "100");
  EXPECT_EQ(FormatNano({kMax}), "9223372036.854775807");
  EXPECT_EQ(FormatNano({std::numeric_limits<std::int64_t>::min()}), "-9223372036.854775808");
}

TEST(Money, SumsPastSixtyFourBits) {
  const NanoSum sum = NanoSum{kMax} * 1000;
  EXPECT_EQ(FormatNanoSum(sum), "9223372036854.775807");
  EXPECT_EQ(FormatNanoSum(-sum), "-9223372036854.775807");
}

TEST(Money, EveryAmountSurvivesItsText) {
  std::mt19937_64 random(2026);
  for (int i = 0; i < 20'000; ++i) {
    const Nano amount{static_cast<std::int64_t>(random()) >> (random() % 64)};
    if (amount.units == std::numeric_limits<std::int64_t>::min()) continue;
    const auto parsed = ParseNano(FormatNano(amount));
    ASSERT_TRUE(parsed.has_value()) << FormatNano(amount);
    ASSERT_EQ(parsed->units, amount.units);
  }
}

TEST(Money, CheckedArithmeticRefusesWhatDoesNotFit) {
  EXPECT_EQ(CheckedAdd({1}, {2})->units, 3);
  EXPECT_FALSE(CheckedAdd({kMax}, {1}).has_value());
  EXPECT_FALSE(CheckedAdd({-kMax}, {-2}).has_value());
  EXPECT_EQ(CheckedSub({1}, {2})->units, -1);
  EXPECT_FALSE(CheckedSub({-kMax}, {2}).has_value());
  EXPECT_EQ(CheckedMul({12'300'000}, 3)->units, 36'900'000);
  EXPECT_FALSE(CheckedMul({kMax}, 2).has_value());
}

}  // namespace
}  // namespace hub
