#include "server/routing/number.h"

#include <gtest/gtest.h>

#include <string>

namespace hub::routing {
namespace {

struct NumberCase {
  const char* name;
  const char* address;
  std::uint8_t ton;
  const char* digits;  // "": refused
};

constexpr NumberCase kNumberCases[] = {
    {"International", "447712345678", 1, "447712345678"},
    {"Plus", "+447712345678", 1, "447712345678"},
    {"PlusWhateverTheTon", "+447712345678", 2, "447712345678"},
    {"ZeroZero", "00447712345678", 1, "447712345678"},
    {"ZeroZeroTonUnknown", "00447712345678", 0, "447712345678"},
    {"ZeroZeroIsNoWayOutOfANationalNumber", "00447712345678", 2, ""},
    {"NationalTrunkZero", "07712345678", 1, ""},
    {"FiveDigits", "12345", 1, "12345"},
    {"FourDigits", "1234", 1, ""},
    {"FifteenDigits", "123456789012345", 1, "123456789012345"},
    {"SixteenDigits", "1234567890123456", 1, ""},
    {"FifteenAfterZeroZero", "00123456789012345", 1, "123456789012345"},
    {"Empty", "", 1, ""},
    {"PlusAlone", "+", 1, ""},
    {"TwoPluses", "++447712345678", 1, ""},
    {"PlusZeroZero", "+00447712345678", 1, ""},
    {"Blank", "4477 12345678", 1, ""},
    {"Letters", "44771234ABCD", 1, ""},
    {"NonAscii", "4477\xd9\xa1\xd9\xa2", 1, ""},
};

class NumberTest : public testing::TestWithParam<NumberCase> {};

TEST_P(NumberTest, IsNormalised) {
  std::array<char, 24> digits{};
  const std::uint8_t length = NormaliseNumber(GetParam().address, GetParam().ton, &digits);
  EXPECT_EQ(std::string(digits.data(), length), GetParam().digits);
}

INSTANTIATE_TEST_SUITE_P(E164, NumberTest, testing::ValuesIn(kNumberCases),
                         [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace hub::routing
