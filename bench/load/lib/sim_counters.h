// Numbers of one simulated SMSC. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "bench/load/lib/status_counts.h"

namespace hub::load {

struct SimCounters {
#define COUNT(name) std::uint64_t name = 0;
#include "bench/load/lib/sim_counters.def"
#undef COUNT
  StatusCounts statuses;  // of the answers to messages

  /// Members of a JSON object, without the braces: "\"binds\":1,...,\"statuses\":{\"ESME_ROK\":3}".
  std::string Json() const;
};

}  // namespace hub::load
