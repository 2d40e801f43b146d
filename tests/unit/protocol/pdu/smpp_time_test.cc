#include "protocol/pdu/smpp_time.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace smpp::test {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr Moment At(int year, unsigned month, unsigned day, std::chrono::microseconds clock = 0us) {
  return sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) +
         clock;
}

constexpr Moment kNow = At(2026, 11, 20, 15h + 9min + 30s + 123'456us);

struct TimeCase {
  const char* name;
  const char* text;
  Moment moment;
  Moment now = kNow;
};

const TimeCase kGood[] = {
    {"Utc", "261120150930000+", At(2026, 11, 20, 15h + 9min + 30s)},
    {"UtcBehind", "261120150930000-", At(2026, 11, 20, 15h + 9min + 30s)},
    {"Tenths", "261120150930700+", At(2026, 11, 20, 15h + 9min + 30s + 700ms)},
    {"OneHourAhead", "261120150930004+", At(2026, 11, 20, 14h + 9min + 30s)},
    {"EightHoursBehind", "251231235959932-", At(2026, 1, 1, 7h + 59min + 59s + 900ms)},
    {"KathmanduQuarterHours", "261120150930023+", At(2026, 11, 20, 9h + 24min + 30s)},
    {"OneQuarterBehind", "261120000000001-", At(2026, 11, 20, 15min)},
    {"TwelveHoursAhead", "261120000000048+", At(2026, 11, 19, 12h)},
    {"AcrossTheYear", "260101001500002+", At(2025, 12, 31, 23h + 45min)},
    {"LeapDay", "240229120000000+", At(2024, 2, 29, 12h)},
    {"LeapDayOf2000", "000229000000000+", At(2000, 2, 29)},
    {"LastYear", "371231235959900+", At(2037, 12, 31, 23h + 59min + 59s + 900ms)},
    {"FirstYear", "380101000000000+", At(1938, 1, 1)},
    {"NinetyNine", "991231235959000+", At(1999, 12, 31, 23h + 59min + 59s)},
    {"Year00", "000101000000000+", At(2000, 1, 1)},

    {"RelativeZero", "000000000000000R", kNow},
    {"FiveMinutes", "000000000500000R", kNow + 5min},
    {"OneDay", "000001000000000R", kNow + 24h},
    {"ThirtyOneDays", "000031000000000R", kNow + 31 * 24h},
    {"LongestClock", "000000235959000R", kNow + 24h - 1s},
    {"OneMonth", "000100000000000R", At(2026, 12, 20, 15h + 9min + 30s + 123'456us)},
    {"TwelveMonths", "001200000000000R", At(2027, 11, 20, 15h + 9min + 30s + 123'456us)},
    {"OfTheSpecification", "020610233429000R",  // v5.0 §4.7.23.5: 2 y 6 m 10 d 23:34:29
     At(2029, 5, 20) + 10 * 24h + 15h + 9min + 30s + 123'456us + 23h + 34min + 29s},
    {"NinetyNineYears", "990000000000000R", At(2125, 11, 20, 15h + 9min + 30s + 123'456us)},
    {"EndOfJanuary", "000100000000000R", At(2027, 2, 28, 6h), At(2027, 1, 31, 6h)},
    {"EndOfJanuaryInALeapYear", "000100000000000R", At(2028, 2, 29, 6h), At(2028, 1, 31, 6h)},
    {"FromALeapDay", "010000000000000R", At(2029, 2, 28, 6h), At(2028, 2, 29, 6h)},
    {"FromALeapDayToTheNext", "040000000000000R", At(2032, 2, 29, 6h), At(2028, 2, 29, 6h)},
    {"MonthFirstThenDays", "000101000000000R", At(2027, 3, 1, 6h), At(2027, 1, 31, 6h)},
};
class GoodTime : public testing::TestWithParam<TimeCase> {};
TEST_P(GoodTime, IsThisMoment) {
  const std::optional<Moment> moment = ParseTime(GetParam().text, GetParam().now);
  ASSERT_TRUE(moment.has_value());
  EXPECT_EQ((*moment - GetParam().moment).count(), 0);
}
INSTANTIATE_TEST_SUITE_P(Spec, GoodTime, testing::ValuesIn(kGood),
                         [](const auto& c) { return std::string(c.param.name); });

struct BadCase {
  const char* name;
  std::string text;
};
const BadCase kBad[] = {
    {"Empty", ""},
    {"TwelveDigits", "261120150930"},
    {"Fifteen", "26112015093000+"},
    {"Seventeen", "2611201509300000+"},
    {"Letter", "2611201509300O0+"},
    {"SignInside", "26112015093000-+"},
    {"Blank", "261120 50930000+"},
    {"Nul", std::string("261120150930000\0", 16)},
    {"HighOctet",
     "2611201509300\xb2"
     "0+"},
    {"NoSign", "2611201509300000"},
    {"LowerCaseR", "000001000000000r"},
    {"MonthZero", "260020150930000+"},
    {"Month13", "261320150930000+"},
    {"DayZero", "261100150930000+"},
    {"Day32", "261032150930000+"},
    {"Day31OfNovember", "261131150930000+"},
    {"NoLeapDay", "250229120000000+"},
    {"Hour24", "261120240000000+"},
    {"Minute60", "261120006000000+"},
    {"Second60", "261120000060000+"},
    {"QuarterHours49", "261120000000049+"},
    {"QuarterHours49Behind", "261120000000049-"},
    {"RelativeMonth13", "001300000000000R"},
    {"RelativeDay32", "000032000000000R"},
    {"RelativeHour24", "000000240000000R"},
    {"RelativeMinute60", "000000006000000R"},
    {"RelativeSecond60", "000000000060000R"},
    {"RelativeTenths", "000000000001100R"},
    {"RelativeQuarterHours", "000000000001001R"},
};
class BadTime : public testing::TestWithParam<BadCase> {};
TEST_P(BadTime, IsRefused) { EXPECT_EQ(ParseTime(GetParam().text, kNow), std::nullopt); }
INSTANTIATE_TEST_SUITE_P(Spec, BadTime, testing::ValuesIn(kBad),
                         [](const auto& c) { return std::string(c.param.name); });

std::string Written(Moment moment) {
  const std::array<char, kTimeChars> text = WriteTime(moment);
  return {text.data(), text.size()};
}

TEST(WriteTime, WritesUtcAndCutsToTenths) {
  EXPECT_EQ(Written(kNow), "261120150930100+");
  EXPECT_EQ(Written(At(2027, 1, 2, 3h + 4min + 5s + 999'999us)), "270102030405900+");
  EXPECT_EQ(Written(At(2000, 2, 29)), "000229000000000+");
}

TEST(WriteTime, StaysWithinTheYearsThatCanBeWritten) {
  EXPECT_EQ(Written(At(2125, 1, 1)), "371231235959900+");
  EXPECT_EQ(Written(At(1900, 1, 1)), "380101000000000+");
}

TEST(WriteTime, IsReadBack) {
  std::mt19937_64 random(1);
  const auto from = At(1938, 1, 1), to = At(2038, 1, 1);
  for (int i = 0; i < 10'000; ++i) {
    const auto tenths =
        static_cast<std::int64_t>(random() % static_cast<std::uint64_t>((to - from) / 100ms));
    const Moment moment = from + tenths * 100ms;
    ASSERT_EQ(ParseTime(Written(moment), kNow), moment) << Written(moment);
  }
}

}  // namespace
}  // namespace smpp::test
