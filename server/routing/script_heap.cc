#include "server/routing/script_heap.h"

#include <cstdlib>
#include <lua.hpp>

namespace hub::routing {
namespace {

constexpr std::size_t kStringHeader = 64;  // more than Lua puts before the octets of a string

}  // namespace

void* ScriptAllocate(void* heap_pointer, void* block, std::size_t old_size,
                     std::size_t new_size) noexcept {
  auto& heap = *static_cast<ScriptHeap*>(heap_pointer);
  // For a new block Lua tells its type instead of an old size.
  const bool is_string = block == nullptr && old_size == LUA_TSTRING;
  if (block == nullptr) old_size = 0;
  if (new_size == 0) {
    std::free(block);
    heap.used -= old_size;
    return nullptr;
  }
  if (new_size > old_size) {
    const bool too_long = is_string && new_size > kStringOctetsMax + kStringHeader;
    if ((too_long && !heap.unbounded) || !heap.Admits(old_size, new_size)) {
      heap.refused = true;
      return nullptr;
    }
    heap.allocated += new_size;
  }
  void* moved = std::realloc(block, new_size);
  if (moved == nullptr) {
    if (new_size <= old_size) return block;  // Lua takes for granted that shrinking works
    heap.refused = true;
    return nullptr;
  }
  heap.used = heap.used - old_size + new_size;
  return moved;
}

}  // namespace hub::routing
