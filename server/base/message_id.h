// Ids of accepted messages: 63 bits in decimal digits, unique over nodes, loops and restarts, sortable by time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "server/base/clock.h"

namespace hub {

/// 41 bits of milliseconds since 2025-01-01 UTC, 6 bits node, 6 bits loop, 10 bits counter: at most 19 digits.
/// A client sees the digits; ownership is checked on every use all the same.
using MessageId = std::uint64_t;

inline constexpr unsigned kNodesMax = 64;
inline constexpr unsigned kLoopsMax = 64;

/// The counters of a millisecond: single messages, small blocks, one large block. Those behind the last single, the last small
/// block and, in some milliseconds, the large block are of short ids: short_id.h.
namespace id_layout {

inline constexpr unsigned kCounterBits = 10;
inline constexpr unsigned kLoopBits = 6, kNodeBits = 6;
inline constexpr unsigned kMillisShift = kCounterBits + kLoopBits + kNodeBits;
inline constexpr std::uint64_t kCounters = 1u << kCounterBits;
inline constexpr std::uint64_t kSingles = 511, kBlocksFrom = 512;
inline constexpr std::uint64_t kSmallBlock = 16, kSmallBlocks = 15, kLargeBlock = 256;
inline constexpr std::uint64_t kShortSmallBlock = kBlocksFrom + kSmallBlocks * kSmallBlock;
inline constexpr std::uint64_t kLargeFrom = kShortSmallBlock + kSmallBlock;
static_assert(kLargeFrom + kLargeBlock == kCounters);

inline constexpr WallTime kEpoch = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1};

constexpr std::uint64_t MillisOf(WallTime t) {
  const auto since = std::chrono::floor<std::chrono::milliseconds>(t - kEpoch).count();
  return since < 0 ? 0 : static_cast<std::uint64_t>(since);
}

/// Of the block that the id lies in; 1: it is a single message's.
constexpr std::uint64_t BlockSizeOf(MessageId id) {
  const std::uint64_t counter = id % kCounters;
  if (counter < kBlocksFrom) return 1;
  return counter < kLargeFrom ? kSmallBlock : kLargeBlock;
}

}  // namespace id_layout

/// What a client calls a message: its own id, or that of the submit_multi it came with. A submit_multi takes a block of ids: its
/// own, which is no message, and behind it one for each destination. So the id of any of them tells the client's, for ever and
/// without a table. Of the 1,024 counters of a millisecond, 511 are single messages, 15 are blocks of 16, one is of 256; the others are of short ids.
/// How a client writes it: ClientText, in short_id.h.
constexpr MessageId ClientIdOf(MessageId id) { return id - id % id_layout::BlockSizeOf(id); }

/// How many ids a block has from `client_id` on, its own included; 1: it names a single message, or lies inside a block.
constexpr std::size_t BlockOf(MessageId client_id) {
  const std::uint64_t size = id_layout::BlockSizeOf(client_id);
  return client_id % size == 0 ? size : 1;
}

/// When the id was made; its accept day follows, so any later row of the message finds its partition.
WallTime TimeOf(MessageId id);

/// For tables whose places are the low bits of a hash: ids of one millisecond, node and loop differ in their counter alone, and
/// those of one counter not at all in their lowest 22 bits.
struct IdHash {
  std::size_t operator()(std::uint64_t id) const { return (id * 0x9E3779B97F4A7C15) >> 32; }
};

/// Owned by one loop. Never repeats, and neither Next nor NextBlock ever goes back, whatever the clock does while we run.
/// Gives no short id.
class MessageIdSource {
 public:
  static constexpr std::size_t kBlockMax = id_layout::kLargeBlock - 1;  // messages of one block

  /// `after` is an id that an earlier run may have used (0: none): all new ids are larger.
  MessageIdSource(unsigned node, unsigned loop, MessageId after);
  MessageId Next(WallTime now);
  /// A block for so many messages, 1 to kBlockMax: its id; they are the next ones behind it.
  MessageId NextBlock(WallTime now, std::size_t messages);
  /// How far the ids are ahead of the clock, because more were taken in a millisecond than it has.
  std::chrono::milliseconds Ahead(WallTime now) const;

 private:
  MessageId At(std::uint64_t counter) const;
  bool HasBlock(bool small) const;
  void Begin(std::uint64_t millis);

  const std::uint64_t place_;  // node and loop, in their bits
  std::uint64_t millis_ = 0;
  std::uint64_t singles_ = 0, small_ = 0;  // of this millisecond
  bool large_ = false;
};

}  // namespace hub
