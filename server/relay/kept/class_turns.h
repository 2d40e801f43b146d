// Whose turn it is among the classes that wait: the most urgent, yet none waits for ever.
#pragma once

#include <array>
#include <bit>

#include "server/relay/message_class.h"

namespace hub::relay {

/// Every 16th turn is not strict: what is less urgent or has waited longer gets it.
inline constexpr unsigned kShareEvery = 16;

/// Strict order, but for each kShareEvery-th pick among several classes: that one goes to a class below the most urgent,
/// by smooth weighted round robin. So a class of weight w has at least w in 16 x 15 picks whatever is above it, and
/// otp at least 15 in 16. One a queue; deterministic; 24 octets.
class ClassTurns {
 public:
  /// waiting  bit i: class i waits; not 0
  MessageClass Pick(unsigned waiting) {
    const auto first = static_cast<unsigned>(std::countr_zero(waiting));
    const unsigned lower = waiting & (waiting - 1);
    strict_ = lower == 0 ? 0 : strict_ + 1;
    if (strict_ < kShareEvery) return static_cast<MessageClass>(first);
    strict_ = 0;
    return PickByWeight(lower);
  }

 private:
  MessageClass PickByWeight(unsigned waiting) {
    std::size_t best = kMessageClasses;
    int total = 0;
    for (std::size_t i = 0; i < kMessageClasses; ++i) {
      if ((waiting >> i & 1) == 0) continue;
      total += kClassWeights[i];
      credit_[i] += kClassWeights[i];
      if (best == kMessageClasses || credit_[i] > credit_[best]) best = i;
    }
    credit_[best] -= total;
    return static_cast<MessageClass>(best);
  }

  // Picks in a row that a lower class had to watch. A pick that nobody below watches ends the row: an OTP that comes
  // upon a backlog of lower classes is always the next.
  unsigned strict_ = 0;
  std::array<int, kMessageClasses> credit_{};
};

}  // namespace hub::relay
