#include "server/base/crash_point.h"

#include <charconv>
#include <csignal>

#include "server/base/check.h"

namespace hub {
namespace {

struct Row {
  CrashPoint point;
  std::string_view name;
};

constexpr Row kRows[] = {
#define CRASH_POINT(name, where) {CrashPoint::name, #name},
#include "server/base/crash_point.def"
#undef CRASH_POINT
};

std::atomic<std::int64_t> passes_left{0};

}  // namespace

namespace internal {

std::atomic<CrashPoint> armed_crash_point{CrashPoint::none};

void PassArmedCrashPoint() {
  if (passes_left.fetch_sub(1) == 1) raise(SIGKILL);
}

}  // namespace internal

bool ArmCrashPoint(std::string_view name_and_count) {
  std::int64_t count = 1;
  const std::size_t colon = name_and_count.find(':');
  const std::string_view name = name_and_count.substr(0, colon);
  if (colon != std::string_view::npos) {
    const std::string_view digits = name_and_count.substr(colon + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (error != std::errc{} || end != digits.data() + digits.size() || count < 1) return false;
  }
  for (const Row& row : kRows) {
    if (row.name != name) continue;
    passes_left.store(count);
    internal::armed_crash_point.store(row.point);
    return true;
  }
  return false;
}

}  // namespace hub
