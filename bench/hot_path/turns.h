// Where the hub runs and where its peers do: who counts looks at these.
#pragma once

/// Calls `what(argument)`. A counter of instructions turns itself on and off when it sees either of the two entered or left, by
/// their names; the counters of the preloaded library, and who reads system calls, are told by them.
extern "C" void hot_path_hub_runs(void (*what)(void*), void* argument);
/// Within the former: until it returns, it is not the hub that runs.
extern "C" void hot_path_peers_run(void (*what)(void*), void* argument);

namespace hub::bench {

/// Names of the two for who reads system calls: getpgid() of such a process, which there is none of.
inline constexpr int kMarkHub = 0x7fff0001, kMarkPeers = 0x7fff0002;

/// Which counters are told.
void TellCounters(bool preloaded, bool system_calls);

}  // namespace hub::bench
