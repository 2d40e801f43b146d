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

/// When the id was made; its accept day follows, so any later row of the message finds its partition.
WallTime TimeOf(MessageId id);

/// For tables whose places are the low bits of a hash: ids of one millisecond, node and loop differ in their counter alone, and
/// those of one counter not at all in their lowest 22 bits.
struct IdHash {
  std::size_t operator()(std::uint64_t id) const { return (id * 0x9E3779B97F4A7C15) >> 32; }
};

/// Owned by one loop. Never repeats and never goes back, whatever the clock does while we run.
class MessageIdSource {
 public:
  /// `after` is an id that an earlier run may have used (0: none): all new ids are larger.
  MessageIdSource(unsigned node, unsigned loop, MessageId after);
  MessageId Next(WallTime now);

 private:
  const std::uint64_t place_;  // node and loop, in their bits
  std::uint64_t millis_ = 0;
  std::uint64_t counter_ = 0;
};

}  // namespace hub
