#include "bench/load/lib/sim_counters.h"

#include <fmt/format.h>

namespace hub::load {

std::string SimCounters::Json() const {
  std::string json;
#define COUNT(name) json += fmt::format("\"{}\":{},", #name, name);
#include "bench/load/lib/sim_counters.def"
#undef COUNT
  return json + "\"statuses\":" + statuses.Json();
}

}  // namespace hub::load
