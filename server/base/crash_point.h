// Named places where tests/fault kills the process. In the shipped binary on purpose: what is tested is what runs. Costs a
// load and a branch that is never taken; does nothing unless HUB_CRASH_AT is in the environment at the start.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace hub {

enum class CrashPoint : std::uint8_t {
  none,
#define CRASH_POINT(name, where) name,
#include "server/base/crash_point.def"
#undef CRASH_POINT
};

/// Arms the point that HUB_CRASH_AT names ("relay_before_response:17"). Once, before any thread. False: no such name.
bool ArmCrashPoint(std::string_view name_and_count);

namespace internal {
extern std::atomic<CrashPoint> armed_crash_point;
void PassArmedCrashPoint();  // counts; ends the process with SIGKILL when it is its turn
}  // namespace internal

/// Any thread.
inline void Pass(CrashPoint point) {
  if (internal::armed_crash_point.load(std::memory_order_relaxed) == point) [[unlikely]]
    internal::PassArmedCrashPoint();
}

}  // namespace hub
