#include "server/relay/overload.h"

#include <algorithm>
#include <utility>

#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(250);
// A loop lags when so many looks more are late than are not (under half of the limit), until none is: one turn may be long, and a
// machine may be busy for a moment.
constexpr int kLateLooks = 4;
// Not so soon behind a start, when all clients come at once and none of their addresses is known.
constexpr Duration kWatchesLagAfter = std::chrono::seconds(60);
// A level ends so far below where it begins: else it would come and go with each message.
constexpr std::uint64_t kBackPercent = 5;
// What the allocator keeps of a wave that is over counts as ours until it is given back to the system.
constexpr Duration kPurgeEvery = std::chrono::seconds(10);

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
  watches_lag_from_ = context_.now() + kWatchesLagAfter;
  timer_.Start(kLookEvery);
}

void Overload::Look() {
  const Duration lag = context_.now() - due_;
  const std::uint64_t resident =
      context_.limits.overload_octets_max == 0 ? 0 : context_.resident_octets();
  if (resident != 0) of_memory_ = OfMemory(resident);  // else it could not be read
  Purge();
  Enter(std::max(of_memory_, OfLag(lag)), resident, lag);
  due_ = context_.now() + kLookEvery;
  timer_.Start(kLookEvery);
}

OverloadLevel Overload::OfMemory(std::uint64_t resident) const {
  for (const auto& [level, percent] : kOfMemory) {
    const std::uint64_t from = of_memory_ >= level ? percent - kBackPercent : percent;
    if (resident * 100 >= context_.limits.overload_octets_max * from) return level;
  }
  return OverloadLevel::kNone;
}

OverloadLevel Overload::OfLag(Duration lag) {
  const Duration limit = context_.limits.overload_lag;
  if (limit == Duration{0} || context_.now() < watches_lag_from_) return OverloadLevel::kNone;
  const int step = lag >= limit ? 1 : lag < limit / 2 ? -1 : 0;
  late_looks_ = std::clamp(late_looks_ + step, 0, kLateLooks);
  if (late_looks_ == kLateLooks) lags_ = true;
  if (late_looks_ == 0) lags_ = false;
  return lags_ ? OverloadLevel::kNoStrangers : OverloadLevel::kNone;
}

// The heap is the process's: one loop sees to it.
void Overload::Purge() {
  if (of_memory_ == OverloadLevel::kNone || context_.loop != 0) return;
  if (context_.now() - purged_ < kPurgeEvery) return;
  purged_ = context_.now();
  GiveMemoryBack();
}

void Overload::Enter(OverloadLevel level, std::uint64_t resident, Duration lag) {
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
