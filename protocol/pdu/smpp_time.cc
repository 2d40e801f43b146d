#include "protocol/pdu/smpp_time.h"

#include <algorithm>

namespace smpp {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::sys_days;
using std::chrono::year_month_day;
using Tenths = std::chrono::duration<int, std::deci>;
using QuarterHours = std::chrono::duration<int, std::ratio<900>>;

constexpr int kFirstYear = 1938;  // of the hundred that two digits can mean
constexpr int kQuarterHoursMax = 48;

/// The digits of a time, field by field, as they stand.
struct Fields {
  int year, month, day, hour, minute, second, tenth, quarter_hours;
};

/// False when one of the 15 characters in front of `p` is no digit.
bool ReadFields(std::string_view text, Fields& f) {
  const std::string_view digits = text.substr(0, kTimeChars - 1);
  if (digits.find_first_not_of("0123456789") != digits.npos) return false;
  const auto two = [digits](std::size_t at) {
    return (digits[at] - '0') * 10 + (digits[at + 1] - '0');
  };
  f = {two(0), two(2), two(4), two(6), two(8), two(10), digits[12] - '0', two(13)};
  return true;
}

bool ClockIsValid(const Fields& f) { return f.hour <= 23 && f.minute <= 59 && f.second <= 59; }

microseconds ClockOf(const Fields& f) {
  return std::chrono::hours(f.hour) + std::chrono::minutes(f.minute) +
         std::chrono::seconds(f.second) + Tenths(f.tenth);
}

int FullYear(int two_digits) {
  const int year = kFirstYear / 100 * 100 + two_digits;
  return year < kFirstYear ? year + 100 : year;
}

year_month_day DateOf(int year, int month, int day) {
  return {std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
          std::chrono::day(static_cast<unsigned>(day))};
}

/// `ahead` is +1 when the local time is ahead of UTC, -1 when it is behind.
std::optional<Moment> Absolute(const Fields& f, int ahead) {
  const year_month_day date = DateOf(FullYear(f.year), f.month, f.day);
  if (!date.ok() || f.quarter_hours > kQuarterHoursMax) return std::nullopt;
  return sys_days(date) + ClockOf(f) - QuarterHours(ahead * f.quarter_hours);
}

std::optional<Moment> Relative(const Fields& f, Moment now) {
  const bool in_range = f.month <= 12 && f.day <= 31 && f.tenth == 0 && f.quarter_hours == 0;
  if (!in_range) return std::nullopt;
  const sys_days today = std::chrono::floor<days>(now);
  year_month_day date = year_month_day(today) + std::chrono::years(f.year);
  date += std::chrono::months(f.month);
  if (!date.ok()) date = date.year() / date.month() / std::chrono::last;
  return sys_days(date) + days(f.day) + (now - today) + ClockOf(f);
}

void PutTwo(std::array<char, kTimeChars>* out, std::size_t at, auto value) {
  const auto number = static_cast<unsigned>(value);
  (*out)[at] = static_cast<char>('0' + number / 10 % 10);
  (*out)[at + 1] = static_cast<char>('0' + number % 10);
}

}  // namespace

std::optional<Moment> ParseTime(std::string_view text, Moment now) {
  Fields f;
  if (text.size() != kTimeChars || !ReadFields(text, f) || !ClockIsValid(f)) return std::nullopt;
  switch (text.back()) {
    case '+':
      return Absolute(f, 1);
    case '-':
      return Absolute(f, -1);
    case 'R':
      return Relative(f, now);
    default:
      return std::nullopt;
  }
}

std::array<char, kTimeChars> WriteTime(Moment moment) {
  constexpr Moment kFirst = sys_days(std::chrono::January / 1 / kFirstYear);
  constexpr Moment kEnd = sys_days(std::chrono::January / 1 / (kFirstYear + 100));
  moment = std::clamp(moment, kFirst, kEnd - microseconds(1));
  const sys_days day = std::chrono::floor<days>(moment);
  const year_month_day date(day);
  const auto tenths = std::chrono::floor<Tenths>(moment - day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(tenths));
  std::array<char, kTimeChars> out;
  const auto put = [&out](std::size_t at, auto value) { PutTwo(&out, at, value); };
  put(0, static_cast<int>(date.year()));
  put(2, static_cast<unsigned>(date.month()));
  put(4, static_cast<unsigned>(date.day()));
  put(6, clock.hours().count());
  put(8, clock.minutes().count());
  put(10, clock.seconds().count());
  out[12] = static_cast<char>('0' + tenths.count() % 10);
  put(13, 0);
  out[15] = '+';
  return out;
}

std::array<char, kTimeChars> WriteRelativeTime(std::chrono::seconds later) {
  constexpr std::chrono::seconds kLongest = days(32) - std::chrono::seconds(1);
  const std::chrono::hh_mm_ss clock(std::clamp(later, std::chrono::seconds(0), kLongest));
  std::array<char, kTimeChars> out;
  out.fill('0');
  PutTwo(&out, 4, clock.hours() / days(1));
  PutTwo(&out, 6, clock.hours().count() % 24);
  PutTwo(&out, 8, clock.minutes().count());
  PutTwo(&out, 10, clock.seconds().count());
  out[15] = 'R';
  return out;
}

}  // namespace smpp
