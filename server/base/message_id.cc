#include "server/base/message_id.h"

#include "server/base/check.h"
#include "server/base/short_id.h"

namespace hub {
namespace {

using id_layout::kCounterBits;
using id_layout::kMillisShift;
using id_layout::MillisOf;

}  // namespace

WallTime TimeOf(MessageId id) {
  return id_layout::kEpoch +
         std::chrono::milliseconds(static_cast<std::int64_t>(id >> kMillisShift));
}

MessageIdSource::MessageIdSource(unsigned node, unsigned loop, MessageId after)
    : place_(static_cast<std::uint64_t>(node) << (kCounterBits + id_layout::kLoopBits) |
             static_cast<std::uint64_t>(loop) << kCounterBits),
      millis_((after >> kMillisShift) + (after == 0 ? 0 : 1)) {
  HUB_CHECK(node < kNodesMax && loop < kLoopsMax);
}

MessageId MessageIdSource::At(std::uint64_t counter) const {
  return millis_ << kMillisShift | place_ | counter;
}

void MessageIdSource::Begin(std::uint64_t millis) {
  millis_ = millis;
  singles_ = small_ = 0;
  large_ = false;
}

MessageId MessageIdSource::Next(WallTime now) {
  if (MillisOf(now) > millis_) Begin(MillisOf(now));
  // More than a millisecond has: borrow the next.
  if (singles_ == id_layout::kSingles) Begin(millis_ + 1);
  return At(singles_++);
}

bool MessageIdSource::HasBlock(bool small) const {
  return small ? small_ < id_layout::kSmallBlocks : !large_ && !short_id::TakesLargeBlock(millis_);
}

MessageId MessageIdSource::NextBlock(WallTime now, std::size_t messages) {
  HUB_CHECK(messages >= 1 && messages <= kBlockMax);
  const bool is_small = messages < id_layout::kSmallBlock;
  if (MillisOf(now) > millis_) Begin(MillisOf(now));
  while (!HasBlock(is_small)) Begin(millis_ + 1);
  if (is_small) return At(id_layout::kBlocksFrom + id_layout::kSmallBlock * small_++);
  large_ = true;
  return At(id_layout::kLargeFrom);
}

std::chrono::milliseconds MessageIdSource::Ahead(WallTime now) const {
  const std::uint64_t clock = MillisOf(now);
  return std::chrono::milliseconds(millis_ <= clock ? 0
                                                    : static_cast<std::int64_t>(millis_ - clock));
}

}  // namespace hub
