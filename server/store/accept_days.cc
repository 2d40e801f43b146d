#include "server/store/accept_days.h"

#include <algorithm>
#include <string>

#include "server/base/clock.h"
#include "server/base/message_id.h"

namespace hub::store {
namespace {

constexpr std::int64_t kJulianDayOf1970 = 2'440'588;  // "J2440588" is a date for PostgreSQL

}  // namespace

Param AcceptDays(const std::vector<std::int64_t>& message_ids) {
  std::vector<std::int32_t> days;
  days.reserve(message_ids.size());
  for (const std::int64_t id : message_ids)
    days.push_back(DayOf(TimeOf(static_cast<MessageId>(id))));
  std::sort(days.begin(), days.end());
  days.erase(std::unique(days.begin(), days.end()), days.end());
  std::vector<std::string> dates;
  for (const std::int32_t day : days) dates.push_back("J" + std::to_string(kJulianDayOf1970 + day));
  return ToArray(dates);
}

}  // namespace hub::store
