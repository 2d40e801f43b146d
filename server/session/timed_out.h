// Requests that were given up unanswered, and whose answer may still come. One session owns it: its numbers mean nothing to
// another.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>

#include "server/session/window.h"

namespace hub {

/// In the order of their sequence_numbers, from the one sent first on, across 0x7FFFFFFF too: that is how a session's response
/// timer gives them up. Takes memory for those that it holds alone. Finding one is O(log n).
class TimedOut {
 public:
  /// Numbers come again after 0x7FFFFFFF requests, weeks of the fastest bind; what is older than this is forgotten.
  static constexpr Duration kKept = std::chrono::hours(1);

  explicit TimedOut(std::size_t requests_max) : requests_max_(requests_max) {}

  /// One that was sent behind all that are here. It may be one too many: ask Forget.
  void Put(const Outstanding& request) { requests_.push_back(request); }
  /// The oldest, when it is one too many, or was sent longer than kKept ago; call until nothing comes.
  std::optional<Outstanding> Forget(TimePoint now);
  /// The oldest, whatever its age.
  std::optional<Outstanding> ForgetAny();

  /// Null when it is not here. Good until the next call.
  const Outstanding* Find(std::uint32_t sequence_number) const;
  /// Takes it out; nothing when it is not here.
  std::optional<Outstanding> Take(std::uint32_t sequence_number);

  std::size_t size() const { return requests_.size(); }

 private:
  std::deque<Outstanding>::const_iterator Place(std::uint32_t sequence_number) const;

  const std::size_t requests_max_;
  std::deque<Outstanding> requests_;
};

}  // namespace hub
