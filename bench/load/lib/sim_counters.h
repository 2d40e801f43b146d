// Numbers of one simulated SMSC. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "protocol/wire/status.h"

namespace hub::load {

struct SimCounters {
#define COUNT(name) std::uint64_t name = 0;
#include "bench/load/lib/sim_counters.def"
#undef COUNT
  std::map<smpp::Status, std::uint64_t> statuses;  // of the answers to messages

  /// Members of a JSON object, without the braces: "\"binds\":1,...,\"statuses\":{\"ESME_ROK\":3}".
  std::string Json() const;
};

/// "ESME_RTHROTTLED", or "0x00000401" for a status without a name.
std::string StatusText(smpp::Status status);
/// {"ESME_ROK":3,...}
std::string StatusesJson(const std::map<smpp::Status, std::uint64_t>& statuses);

}  // namespace hub::load
