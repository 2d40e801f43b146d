#include "server/base/memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>

// jemalloc's, in programs that are linked with it.
extern "C" int mallctl(const char* name, void* old, std::size_t* old_octets, void* next,
                       std::size_t next_octets) __attribute__((weak));

namespace hub {
namespace {

constexpr const char* kPurgeAllArenas = "arena.4096.purge";  // MALLCTL_ARENAS_ALL

constexpr const char* kGroups = "/sys/fs/cgroup";

std::uint64_t MachineOctets() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

// The path of our group below kGroups; "" without cgroup v2.
std::string OwnGroup() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("0::")) return line.substr(3);
  }
  return "";
}

}  // namespace

std::uint64_t ResidentOctets() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long size = 0, resident = 0;
  const bool read = std::fscanf(file, "%lu %lu", &size, &resident) == 2;
  std::fclose(file);
  return read ? resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

void GiveMemoryBack() {
  if (mallctl != nullptr) {
    mallctl(kPurgeAllArenas, nullptr, nullptr, nullptr, 0);
  } else {
    malloc_trim(0);
  }
}

std::uint64_t MemoryOctetsMax() {
  std::uint64_t least = MachineOctets();
  for (std::string group = OwnGroup(); !group.empty(); group.resize(group.rfind('/'))) {
    std::uint64_t limit = 0;  // "max" is not read: no limit
    if (std::ifstream file(kGroups + group + "/memory.max"); file >> limit)
      least = std::min(least, limit);
    if (group.find('/') == std::string::npos) break;
  }
  return least;
}

}  // namespace hub
