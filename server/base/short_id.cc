#include "server/base/short_id.h"

#include <algorithm>

#include "server/base/check.h"

namespace hub {
namespace {

using short_id::kMillisPerSecond;
using short_id::kPlaces;

constexpr std::uint64_t kHalvesPerSecond = 2 * kMillisPerSecond;

}  // namespace

ShortIdSource::ShortIdSource(unsigned node, unsigned loop, MessageId after)
    : owner_(std::uint64_t{node} * kLoopsMax + loop),
      first_(after == 0 ? 0 : (after >> id_layout::kMillisShift) / kMillisPerSecond + 1),
      half_millis_(2 * (after >> id_layout::kMillisShift)) {
  HUB_CHECK(node < kNodesMax && loop < kLoopsMax);
}

std::optional<MessageId> ShortIdSource::NextBlock(WallTime now, std::size_t messages) {
  HUB_CHECK(messages >= 1 && messages <= MessageIdSource::kBlockMax);
  const bool is_small = messages < id_layout::kSmallBlock;
  return Take(is_small ? short_id::Kind::kSmallBlock : short_id::Kind::kLargeBlock, now);
}

// Our time is the clock's; after a clock that went back it goes on at half its pace until the clock has caught up, so that there
// are places all the while.
void ShortIdSource::Advance(WallTime now) {
  const std::uint64_t clock = id_layout::MillisOf(now);
  if (clock > clock_) half_millis_ += clock - clock_;
  clock_ = clock;
  half_millis_ = std::max(half_millis_, 2 * clock);
  const std::uint64_t newest = half_millis_ / kHalvesPerSecond + kAheadSeconds;
  if (newest - newest_ >= kSeconds) {
    used_ = {};
    newest_ = newest;
  }
  while (newest_ < newest) used_[++newest_ % kSeconds] = {};
}

std::optional<MessageId> ShortIdSource::TakeOf(std::uint64_t second, std::size_t kind) {
  std::uint8_t& used = used_[second % kSeconds][kind];
  if (second < first_ || used == kPlaces[kind].per_second) return {};
  return short_id::IdAt(second, owner_, kPlaces[kind], used++);
}

// This second first, then those before it from the last one on: an id tells its time as well as it can.
std::optional<MessageId> ShortIdSource::Take(short_id::Kind kind, WallTime now) {
  Advance(now);
  const auto k = static_cast<std::size_t>(kind);
  const std::uint64_t second = newest_ - kAheadSeconds;
  for (std::uint64_t back = 0; back <= std::min(kBackSeconds, second); ++back) {
    if (const auto id = TakeOf(second - back, k)) return id;
  }
  for (std::uint64_t next = second + 1; next <= newest_; ++next) {
    if (const auto id = TakeOf(next, k)) return id;
  }
  return {};
}

}  // namespace hub
