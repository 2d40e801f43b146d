// What cancel_sm, replace_sm and query_sm may take of a link: messages are what links are for.
#pragma once

#include <algorithm>
#include <cstddef>

#include "server/base/clock.h"

namespace hub::relay {

/// Three bounds, so that they hold up no message however many of them wait:
///
///   places  one in kShare of the window, and one at least
///   turns   while messages wait for the window or a rate, too, one in kShare
///   time    in a window of one place, where the link cannot know who waits elsewhere for it: a change that held the place is followed
///           by as long a time without one
///
/// One loop; times are handed in.
class ChangeShare {
 public:
  static constexpr std::size_t kShare = 8;

  explicit ChangeShare(std::size_t window)
      : max_(Of(window)), takes_whole_window_(max_ >= window) {}

  /// Their share of `places`.
  static std::size_t Of(std::size_t places) { return std::max<std::size_t>(1, places / kShare); }

  std::size_t max() const { return max_; }
  bool HasPlace() const { return outstanding_ < max_; }
  /// No change goes before this.
  TimePoint next() const { return next_; }
  bool MayGo(TimePoint now) const { return HasPlace() && next_ <= now; }
  /// Of a change that may go while messages wait, or none does.
  bool IsItsTurn(bool messages_wait) const { return !messages_wait || since_ == kBetween; }

  void OnMessageSent() {
    if (since_ < kBetween) ++since_;
  }
  void OnSent(TimePoint now) {
    ++outstanding_;
    since_ = 0;
    sent_at_ = now;
  }
  void OnEnd(TimePoint now) {
    --outstanding_;
    if (takes_whole_window_) next_ = now + (now - sent_at_);
  }

 private:
  static constexpr std::size_t kBetween = kShare - 1;  // messages between two changes

  const std::size_t max_;
  const bool takes_whole_window_;
  std::size_t outstanding_ = 0;
  std::size_t since_ = kBetween;  // messages that went since the last change; counted so far
  TimePoint sent_at_{};           // the last one
  TimePoint next_ = TimePoint::min();
};

}  // namespace hub::relay
