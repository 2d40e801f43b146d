// The memory of one Lua VM: every octet is counted, and too many is a clean script error.
#pragma once

#include <array>
#include <cstddef>

namespace hub::routing {

/// A single string of a script. Copying and comparing strings is work that the instruction count does not see,
/// so strings stay small; what a function of the hub looks at is charged besides (Charge).
inline constexpr std::size_t kStringOctetsMax = 4096;

/// Small blocks that Lua gave back are kept for its next call, which makes the same ones again: tables, strings, closures.
class SpareBlocks {
 public:
  SpareBlocks() = default;
  ~SpareBlocks();
  SpareBlocks(const SpareBlocks&) = delete;
  SpareBlocks& operator=(const SpareBlocks&) = delete;

  /// A block of at least so many octets; nullptr: the system has none. To be given back, with its size.
  void* Take(std::size_t octets);
  void Give(void* block, std::size_t octets);
  /// The block with another size; nullptr: the system has none, and the block is as it was.
  void* Resize(void* block, std::size_t old_octets, std::size_t octets);

  /// How often the system was asked for a block, so far.
  std::size_t asked() const { return asked_; }

 private:
  static constexpr std::size_t kStep = 16, kBlockOctetsMax = 512;
  static constexpr std::size_t kSpareOctetsMax = 256u << 10;  // beyond, they go back to the system
  struct Spare {
    Spare* next;
  };

  void* Ask(std::size_t octets);
  static std::size_t ClassOf(std::size_t octets) { return (octets + kStep - 1) / kStep; }

  std::array<Spare*, kBlockOctetsMax / kStep + 1> first_{};
  std::size_t octets_ = 0, asked_ = 0;
};

/// Used by one VM, one thread. Outlives it.
struct ScriptHeap {
  std::size_t used = 0, octets_max = 0;
  std::size_t allocated =
      0;  // by this call, freed or not: garbage costs time, and it has the same limit
  bool refused = false;    // since StartCall
  bool unbounded = false;  // a short text of the hub's own is made outside of a call
  SpareBlocks spare{};

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
