// How much memory this process has, and may have.
#pragma once

#include <cstdint>

namespace hub {

/// Octets of this process in memory (resident set), from /proc/self/statm: three system calls. 0: it cannot be read, for want of
/// a descriptor.
std::uint64_t ResidentOctets();

/// What the allocator keeps and nobody uses goes back to the system: jemalloc where the program has it, else that of glibc. Takes
/// milliseconds for a large heap.
void GiveMemoryBack();

/// Octets that it may have: the least of the machine's memory and the limits of its control group and those above (cgroup v2,
/// memory.max). Reads files: for the start.
std::uint64_t MemoryOctetsMax();

}  // namespace hub
