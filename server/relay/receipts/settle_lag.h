// How far settlement is behind the disk, in time.
#pragma once

#include <cstddef>
#include <deque>

#include "server/base/clock.h"
#include "server/journal/journal.h"

namespace hub::relay {

/// One thread. Bounded: the older a sample, the fewer there are of its age; those of the last seconds are all kept, and so is
/// the oldest that is not settled.
class SettleLag {
 public:
  static constexpr std::size_t kSamplesMax = 1'024;

  /// How long ago the disk had something already that is not settled now; 0 when everything is. It knows what it was shown.
  Duration Look(TimePoint now, journal::Position durable_end, journal::Position settled);
  std::size_t samples() const { return samples_.size(); }

 private:
  struct Sample {
    TimePoint at;
    journal::Position end;  // of what was durable then
  };
  void Thin();

  std::deque<Sample> samples_;  // not settled yet; oldest first, ends ascend
};

}  // namespace hub::relay
