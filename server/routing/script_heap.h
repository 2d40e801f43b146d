// The memory of one Lua VM: every octet is counted, and too many is a clean script error.
#pragma once

#include <cstddef>

namespace hub::routing {

/// A single string of a script. Copying and comparing strings is work that the instruction count does not see,
/// so strings stay small; what a function of the hub looks at is charged besides (Charge).
inline constexpr std::size_t kStringOctetsMax = 4096;

/// Used by one VM, one thread.
struct ScriptHeap {
  std::size_t used = 0, octets_max = 0;
  std::size_t allocated =
      0;  // by this call, freed or not: garbage costs time, and it has the same limit
  bool refused = false;  // since StartCall

  void StartCall() {
    allocated = 0;
    refused = false;
  }
};

/// lua_Alloc over a ScriptHeap.
void* ScriptAllocate(void* heap, void* block, std::size_t old_size, std::size_t new_size) noexcept;

}  // namespace hub::routing
