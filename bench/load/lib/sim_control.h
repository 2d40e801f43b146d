// What may be told to a running simulator, one line a command.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/lib/sim_listener.h"

namespace hub::load {

using SimListeners = std::vector<std::unique_ptr<SimListener>>;

/// Counters of all listeners: {"alpha":{...},"beta":{...}}, one line.
std::string StatsJson(const SimListeners& listeners);

/// Runs one command and returns the one-line answer: "ok", JSON, or "error: ...". LISTENER may be "all". On the loop's
/// thread.
///   stats | help | set LISTENER OPTION=VALUE | refuse-binds LISTENER on|off | disconnect LISTENER |
///   mo LISTENER FROM TO TEXT...
std::string RunCommand(SimListeners& listeners, std::string_view line);

}  // namespace hub::load
