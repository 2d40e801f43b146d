#include "server/base/message_id.h"

#include "server/base/check.h"

namespace hub {
namespace {

constexpr unsigned kCounterBits = 10;
constexpr unsigned kLoopBits = 6;
constexpr unsigned kNodeBits = 6;
constexpr unsigned kMillisShift = kCounterBits + kLoopBits + kNodeBits;
constexpr std::uint64_t kCounters = 1u << kCounterBits;
constexpr WallTime kEpoch = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1};

std::uint64_t MillisOf(WallTime t) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(t - kEpoch).count();
  return since < 0 ? 0 : static_cast<std::uint64_t>(since);
}

}  // namespace

WallTime TimeOf(MessageId id) {
  return kEpoch + std::chrono::milliseconds(static_cast<std::int64_t>(id >> kMillisShift));
}

MessageIdSource::MessageIdSource(unsigned node, unsigned loop, MessageId after)
    : place_(static_cast<std::uint64_t>(node) << (kCounterBits + kLoopBits) |
             static_cast<std::uint64_t>(loop) << kCounterBits),
      millis_((after >> kMillisShift) + (after == 0 ? 0 : 1)) {
  HUB_CHECK(node < kNodesMax && loop < kLoopsMax);
}

MessageId MessageIdSource::Next(WallTime now) {
  const std::uint64_t millis = MillisOf(now);
  if (millis > millis_) {
    millis_ = millis;
    counter_ = 0;
  } else if (counter_ ==
             kCounters) {  // more than the counter holds in one millisecond: borrow the next
    ++millis_;
    counter_ = 0;
  }
  return millis_ << kMillisShift | place_ | counter_++;
}

}  // namespace hub
