// How fast one bind at a supplier may send: its own rate, and what the supplier's throttling leaves of it.
//
//            throttled: half of the rate                    pause over
//   kFree ───────────────────────────────────► kPaused ──────────────────► kProbe ── one submit ──► kAsked
//     ▲  a good answer: + a step each second       ▲                                                  │
//     │                                            └── throttled: half again; or no answer ───────────┤
//     └──────────────────────────────── a good answer: on with the halved rate ───────────────────────┘
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "server/relay/supplier/submit_pacer.h"

namespace hub::relay {

/// What the supplier's throttling means for those who look for a link.
enum class Throttle : std::uint8_t {
  kNone,
  kPaused,  // nothing goes now; it is worth waiting
  kProbe,   // one may go, and asks whether others may
  kChoked,  // as kPaused, and it was so for longer than a message has patience: take another route
  kChokedProbe,  // as kProbe, but only that one may come
};

struct BindPaceLimits {
  std::int64_t rate_per_second = 0;  // 0: no limit
  Duration margin = std::chrono::milliseconds(25);
  Duration pause = std::chrono::seconds(1);  // after a throttle; at most one submit goes in it
  Duration patience =
      std::chrono::seconds(10);  // throttled for so long without a good answer: choked
};

/// Additive increase, multiplicative decrease, never below one a second. A pause takes all throttles that what was sent before
/// it brings back for one; behind it exactly one submit goes until its answer is there, so a supplier that answers nothing
/// but ESME_RTHROTTLED sees one submit a pause. One loop; times are handed in.
class BindPace {
 public:
  explicit BindPace(const BindPaceLimits& limits) : limits_(limits) { SetPacer(); }

  /// When the next submit may go: at once when that is not later than now; TimePoint::max(): when an answer has come.
  TimePoint Next(TimePoint now);
  /// One went. Only when Next(now) <= now.
  void OnSent(TimePoint now);

  /// As OnSent, but its answer says nothing about rates, and asks for none: a cancel_sm, replace_sm or query_sm.
  void OnOtherSent(TimePoint now) { pacer_.TryTake(now); }

  // A submit that went at `sent_at` came to its end.
  void OnGood(TimePoint sent_at, TimePoint now);  // any answer but a throttle
  void OnThrottled(TimePoint sent_at, TimePoint now);
  void OnNoAnswer(TimePoint sent_at, TimePoint now);  // a timeout
  /// The link died: who was asked will not answer.
  void OnLost();

  /// Nothing that the supplier said counts any more: what is published of it need not be said again.
  bool is_free() const { return phase_ == Phase::kFree && cut_rate_ == 0; }
  Throttle state(TimePoint now) const;
  /// Submits a second; 0: no limit.
  std::int64_t rate() const;
  std::uint64_t pauses() const { return pauses_; }

 private:
  enum class Phase : std::uint8_t { kFree, kPaused, kProbe, kAsked };

  /// It says something about the time since the last cut.
  bool Counts(TimePoint sent_at) const { return sent_at > cut_at_; }
  void Cut(TimePoint now);
  void Grow(TimePoint now);
  void SetPacer() { pacer_.Set(rate(), limits_.margin); }
  void Measure(TimePoint now);

  const BindPaceLimits limits_;
  SubmitPacer pacer_;
  Phase phase_ = Phase::kFree;
  std::int64_t cut_rate_ = 0;  // what throttling leaves; 0: all
  std::int64_t ceiling_ = 0;   // the rate at the last cut that no probe brought
  TimePoint cut_at_ = TimePoint::min();
  TimePoint paused_until_{}, grown_at_{};
  std::optional<TimePoint> throttled_since_;  // without a good answer
  std::uint64_t pauses_ = 0;
  TimePoint second_{};  // the second that is measured
  std::int64_t sent_ = 0, sent_before_ = 0;
};

}  // namespace hub::relay
