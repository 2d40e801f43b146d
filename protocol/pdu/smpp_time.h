// schedule_delivery_time and validity_period: from text to a moment, and back.
// SMPP v3.4 §7.1.1, Appendix C; v5.0 §4.7.23.4, .5
//
//   absolute  YYMMDDhhmmsstnn+   local time, nn quarter hours ahead of UTC ('-': behind it)
//   relative  YYMMDDhhmmss000R   so much later than now
#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string_view>

namespace smpp {

/// Microseconds since 1970, UTC.
using Moment = std::chrono::sys_time<std::chrono::microseconds>;

inline constexpr std::size_t kTimeChars = 16;

/// The moment that a time of 16 characters names. An empty one means "at once" or "the MC's
/// default": the caller knows which, and does not ask here. That a field is empty or 16 characters
/// long the decoder has judged already.
///
/// Strict, for a supplier would read what is doubtful its own way: digits only, an absolute date
/// that exists, hh 00-23, mm and ss 00-59, nn 00-48, p one of + - R; relative MM 00-12 (the table
/// says 01-12, everybody writes 00), DD 00-31, t and nn 0. Years 38-99 are 19xx, 00-37 are 20xx.
///
/// Decided 2026-11-20: years and months of a relative time are calendar ones, counted in UTC from
/// `now`, and a day that the month lacks becomes its last (31 January + 1 month = 28 or 29
/// February). v5.0's example says "2 years, 6 months ... from the current time", and 30 or 365 days
/// would be another length than the client's own calendar shows.
///
/// returns  nothing when it is malformed: ESME_RINVSCHED or ESME_RINVEXPIRY, the caller knows
///          which field it was. A moment that is past is the caller's to judge as well.
/// cost     no allocation
std::optional<Moment> ParseTime(std::string_view text, Moment now);

/// The absolute form in UTC, tenths cut: "261120150930500+". What a hub sends on instead of a
/// relative validity_period when it held the message for a while, lest it live longer than the
/// client wanted. Only moments from 1938 to 2037 can be written; others become the nearest of them.
std::array<char, kTimeChars> WriteTime(Moment moment);

/// The relative form of a time in days, hours, minutes and seconds: "000003140000000R". Months are no number of days, so
/// that what is longer than 31 days 23:59:59 becomes that: nothing lives longer than its sender wanted.
std::array<char, kTimeChars> WriteRelativeTime(std::chrono::seconds later);

}  // namespace smpp
