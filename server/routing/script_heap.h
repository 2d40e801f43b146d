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
  bool refused = false;    // since StartCall
  bool unbounded = false;  // a short text of the hub's own is made outside of a call

  /// Whether a block may become new_size octets.
  bool Admits(std::size_t old_size, std::size_t new_size) const {
    return unbounded ||
           (used + (new_size - old_size) <= octets_max && allocated + new_size <= octets_max);
  }

  void StartCall() {
    allocated = 0;
    refused = false;
  }
};

/// lua_Alloc over a ScriptHeap.
void* ScriptAllocate(void* heap, void* block, std::size_t old_size, std::size_t new_size) noexcept;

}  // namespace hub::routing
