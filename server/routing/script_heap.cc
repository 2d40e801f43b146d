#include "server/routing/script_heap.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <lua.hpp>
#include <new>
#include <utility>

namespace hub::routing {
namespace {

constexpr std::size_t kStringHeader = 64;  // more than Lua puts before the octets of a string

// Whether the call may have `new_size` octets in place of `old_size`.
bool MayGrow(ScriptHeap* heap, bool is_string, std::size_t old_size, std::size_t new_size) {
  const bool too_long = is_string && new_size > kStringOctetsMax + kStringHeader;
  if ((too_long && !heap->unbounded) || !heap->Admits(old_size, new_size)) {
    heap->refused = true;
    return false;
  }
  heap->allocated += new_size;
  return true;
}

}  // namespace

SpareBlocks::~SpareBlocks() {
  for (Spare* spare : first_) {
    while (spare != nullptr) std::free(std::exchange(spare, spare->next));
  }
}

void* SpareBlocks::Ask(std::size_t octets) {
  ++asked_;
  return std::malloc(octets);
}

void* SpareBlocks::Take(std::size_t octets) {
  if (octets > kBlockOctetsMax) return Ask(octets);
  const std::size_t kind = ClassOf(octets);
  Spare* const spare = first_[kind];
  if (spare == nullptr) return Ask(kind * kStep);
  first_[kind] = spare->next;
  octets_ -= kind * kStep;
  return spare;
}

void SpareBlocks::Give(void* block, std::size_t octets) {
  const std::size_t kind = ClassOf(octets);
  if (octets > kBlockOctetsMax || octets_ + kind * kStep > kSpareOctetsMax) return std::free(block);
  first_[kind] = new (block) Spare{first_[kind]};
  octets_ += kind * kStep;
}

void* SpareBlocks::Resize(void* block, std::size_t old_octets, std::size_t octets) {
  if (std::min(old_octets, octets) > kBlockOctetsMax) {
    ++asked_;
    return std::realloc(block, octets);
  }
  if (std::max(old_octets, octets) <= kBlockOctetsMax && ClassOf(old_octets) == ClassOf(octets))
    return block;
  void* const moved = Take(octets);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(old_octets, octets));
  Give(block, old_octets);
  return moved;
}

void* ScriptAllocate(void* heap_pointer, void* block, std::size_t old_size,
                     std::size_t new_size) noexcept {
  auto& heap = *static_cast<ScriptHeap*>(heap_pointer);
  // For a new block Lua tells its type instead of an old size.
  const bool is_string = block == nullptr && old_size == LUA_TSTRING;
  if (block == nullptr) old_size = 0;
  if (new_size == 0) {
    if (block != nullptr) heap.spare.Give(block, old_size);
    heap.used -= old_size;
    return nullptr;
  }
  if (new_size > old_size && !MayGrow(&heap, is_string, old_size, new_size)) return nullptr;
  void* const moved =
      block == nullptr ? heap.spare.Take(new_size) : heap.spare.Resize(block, old_size, new_size);
  if (moved == nullptr) {
    if (new_size <= old_size) return block;  // Lua takes for granted that shrinking works
    heap.refused = true;
    return nullptr;
  }
  heap.used = heap.used - old_size + new_size;
  return moved;
}

}  // namespace hub::routing
