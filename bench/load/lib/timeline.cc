#include "bench/load/lib/timeline.h"

#include <fmt/format.h>

#include <utility>

namespace hub::load {
namespace {

std::int64_t Micros(Duration d) {
  return std::chrono::duration_cast<std::chrono::microseconds>(d).count();
}

}  // namespace

std::string Timeline::Line(TimePoint now) {
  const TimePoint from = std::exchange(began_, now);
  std::string line = fmt::format(
      "{{\"from_us\":{},\"to_us\":{},\"accepted\":{},\"refused\":{},\"p50_us\":{},\"p99_us\":{},"
      "\"max_us\":{},\"refused_p99_us\":{}}}",
      Micros(from.time_since_epoch()), Micros(now.time_since_epoch()), accepted_.count(),
      refused_.count(), Micros(accepted_.Percentile(500)), Micros(accepted_.Percentile(990)),
      Micros(accepted_.max()), Micros(refused_.Percentile(990)));
  accepted_ = {};
  refused_ = {};
  return line;
}

}  // namespace hub::load
