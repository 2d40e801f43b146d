// What came back in each interval of a run, a line of JSON an interval.
#pragma once

#include <string>

#include "bench/load/lib/histogram.h"

namespace hub::load {

/// One thread. Percentiles of one interval tell when a peer was slow and when it was so no more, which those of a run do not.
class Timeline {
 public:
  explicit Timeline(TimePoint began) : began_(began) {}

  void Answered(bool accepted, Duration latency) { (accepted ? accepted_ : refused_).Add(latency); }
  /// Of the interval that ends now, the next one begins: {"from_us":..,"to_us":..,"accepted":..,"refused":..,"p50_us":..,"p99_us":..,
  /// "max_us":..,"refused_p99_us":..}. Moments are the machine's steady clock (CLOCK_MONOTONIC), so that lines of several programs can be
  /// laid side by side.
  std::string Line(TimePoint now);

 private:
  TimePoint began_;
  Histogram accepted_;
  Histogram refused_;
};

}  // namespace hub::load
