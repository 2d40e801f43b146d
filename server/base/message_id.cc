#include "server/base/message_id.h"

#include "server/base/check.h"

namespace hub {
namespace {

constexpr unsigned kCounterBits = 10;
constexpr unsigned kLoopBits = 6;
constexpr unsigned kNodeBits = 6;
constexpr unsigned kMillisShift = kCounterBits + kLoopBits + kNodeBits;
// The counters of a millisecond: single messages, small blocks, large blocks.
constexpr std::uint64_t kCounters = 1u << kCounterBits;
constexpr std::uint64_t kSingles = 512, kSmallBlock = 16, kSmallBlocks = 16, kLargeBlock = 256;
constexpr std::uint64_t kLargeFrom = kSingles + kSmallBlocks * kSmallBlock;
constexpr std::uint64_t kLargeBlocks = (kCounters - kLargeFrom) / kLargeBlock;
static_assert(kLargeFrom + kLargeBlocks * kLargeBlock == kCounters);
static_assert(MessageIdSource::kBlockMax == kLargeBlock - 1);

std::uint64_t BlockSizeOf(MessageId id) {
  const std::uint64_t counter = id % kCounters;
  if (counter < kSingles) return 1;
  return counter < kLargeFrom ? kSmallBlock : kLargeBlock;
}
constexpr WallTime kEpoch = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1};

std::uint64_t MillisOf(WallTime t) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(t - kEpoch).count();
  return since < 0 ? 0 : static_cast<std::uint64_t>(since);
}

}  // namespace

WallTime TimeOf(MessageId id) {
  return kEpoch + std::chrono::milliseconds(static_cast<std::int64_t>(id >> kMillisShift));
}

MessageId ClientIdOf(MessageId id) { return id - id % BlockSizeOf(id); }

std::size_t BlockOf(MessageId client_id) {
  const std::uint64_t size = BlockSizeOf(client_id);
  return client_id % size == 0 ? size : 1;
}

MessageIdSource::MessageIdSource(unsigned node, unsigned loop, MessageId after)
    : place_(static_cast<std::uint64_t>(node) << (kCounterBits + kLoopBits) |
             static_cast<std::uint64_t>(loop) << kCounterBits),
      millis_((after >> kMillisShift) + (after == 0 ? 0 : 1)) {
  HUB_CHECK(node < kNodesMax && loop < kLoopsMax);
}

MessageId MessageIdSource::At(std::uint64_t counter) const {
  return millis_ << kMillisShift | place_ | counter;
}

void MessageIdSource::Begin(std::uint64_t millis) {
  millis_ = millis;
  singles_ = small_ = large_ = 0;
}

MessageId MessageIdSource::Next(WallTime now) {
  if (MillisOf(now) > millis_) Begin(MillisOf(now));
  // More than a millisecond has: borrow the next.
  if (singles_ == kSingles) Begin(millis_ + 1);
  return At(singles_++);
}

MessageId MessageIdSource::NextBlock(WallTime now, std::size_t messages) {
  HUB_CHECK(messages >= 1 && messages <= kBlockMax);
  const bool is_small = messages < kSmallBlock;
  if (MillisOf(now) > millis_) Begin(MillisOf(now));
  if (is_small ? small_ == kSmallBlocks : large_ == kLargeBlocks) Begin(millis_ + 1);
  return is_small ? At(kSingles + kSmallBlock * small_++) : At(kLargeFrom + kLargeBlock * large_++);
}

std::chrono::milliseconds MessageIdSource::Ahead(WallTime now) const {
  const std::uint64_t clock = MillisOf(now);
  return std::chrono::milliseconds(millis_ <= clock ? 0
                                                    : static_cast<std::int64_t>(millis_ - clock));
}

}  // namespace hub
