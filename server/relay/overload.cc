#include "server/relay/overload.h"

#include <malloc.h>

#include <algorithm>
#include <utility>

#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(250);
// A loop lags when so many looks in a row are late: one turn may be long, and a machine may be busy for a moment.
constexpr int kLateLooks = 4;
// A level ends so far below where it begins, and lag at half of its limit: else it would come and go with each message.
constexpr std::uint64_t kBackPercent = 5;
// What the allocator keeps of a wave that is over counts as ours until it is given back to the system.
constexpr Duration kTrimEvery = std::chrono::seconds(10);

constexpr struct {
  OverloadLevel level;
  std::uint64_t percent;
} kOfMemory[] = {{OverloadLevel::kNoMessages, 95},
                 {OverloadLevel::kNoBursts, 90},
                 {OverloadLevel::kNoStrangers, 80}};

}  // namespace

Overload::Overload(Context& context, std::function<void()> changed)
    : context_(context),
      changed_(std::move(changed)),
      timer_(context.network.timers(), [this] { Look(); }) {
  const Limits& limits = context_.limits;
  if (limits.overload_octets_max == 0 && limits.overload_lag == Duration{0}) return;
  due_ = context_.now() + kLookEvery;
  timer_.Start(kLookEvery);
}

void Overload::Look() {
  const Duration lag = context_.now() - due_;
  const std::uint64_t resident =
      context_.limits.overload_octets_max == 0 ? 0 : context_.resident_octets();
  Enter(std::max(OfMemory(resident), OfLag(lag)), resident, lag);
  due_ = context_.now() + kLookEvery;
  timer_.Start(kLookEvery);
}

OverloadLevel Overload::OfMemory(std::uint64_t resident) const {
  for (const auto& [level, percent] : kOfMemory) {
    const std::uint64_t from = level_ >= level ? percent - kBackPercent : percent;
    if (resident != 0 && resident * 100 >= context_.limits.overload_octets_max * from) return level;
  }
  return OverloadLevel::kNone;
}

OverloadLevel Overload::OfLag(Duration lag) {
  const Duration limit = context_.limits.overload_lag;
  if (limit == Duration{0}) return OverloadLevel::kNone;
  late_in_row_ = lag >= limit ? late_in_row_ + 1 : 0;
  if (late_in_row_ >= kLateLooks) lags_ = true;
  if (lag < limit / 2) lags_ = false;
  return lags_ ? OverloadLevel::kNoStrangers : OverloadLevel::kNone;
}

void Overload::Enter(OverloadLevel level, std::uint64_t resident, Duration lag) {
  // The heap is the process's: one loop sees to it.
  if (level != OverloadLevel::kNone && context_.loop == 0 && resident != 0 &&
      context_.now() - trimmed_ >= kTrimEvery) {
    trimmed_ = context_.now();
    malloc_trim(0);
  }
  if (level == level_) return;
  Log(Event::overload_level,
      {{"loop", context_.loop},
       {"level", static_cast<int>(level)},
       {"was", static_cast<int>(level_)},
       {"resident_octets", resident},
       {"lag_ms", std::chrono::duration_cast<std::chrono::milliseconds>(lag).count()}});
  level_ = level;
  context_.metrics.Set(Metric::loops_overloaded, level == OverloadLevel::kNone ? 0 : 1);
  changed_();
}

}  // namespace hub::relay
