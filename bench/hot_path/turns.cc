#include "bench/hot_path/turns.h"

#include <dlfcn.h>
#include <unistd.h>

#include "bench/hot_path/counters.h"

namespace hub::bench {
namespace {

decltype(&hot_path_count) tell_preloaded = nullptr;
bool tell_system_calls = false;

void HubRuns(bool yes) {
  if (tell_system_calls) (void)!getpgid(yes ? kMarkHub : kMarkPeers);
  if (tell_preloaded != nullptr) tell_preloaded(yes);
}

}  // namespace

void TellCounters(bool preloaded, bool system_calls) {
  tell_preloaded = nullptr;
  if (preloaded)
    tell_preloaded =
        reinterpret_cast<decltype(&hot_path_count)>(dlsym(RTLD_DEFAULT, "hot_path_count"));
  tell_system_calls = system_calls;
}

}  // namespace hub::bench

extern "C" void hot_path_hub_runs(void (*what)(void*), void* argument) {
  hub::bench::HubRuns(true);
  what(argument);
  hub::bench::HubRuns(false);
}

extern "C" void hot_path_peers_run(void (*what)(void*), void* argument) {
  hub::bench::HubRuns(false);
  what(argument);
  hub::bench::HubRuns(true);
}
