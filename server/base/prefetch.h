// Memory that is needed soon is asked for now: what was put aside thousands of messages ago is in no cache.
#pragma once

#include <cstddef>

namespace hub {

inline constexpr std::size_t kCacheLineOctets = 64;

/// All lines of the object (and one more, if it need not begin with one), to be written. Costs an instruction a line, and nothing when they are there.
template <class T>
void PrefetchWhole(const T* object) {
  constexpr std::size_t kBegun = alignof(T) < kCacheLineOctets ? kCacheLineOctets - 1 : 0;
  const auto* const first = reinterpret_cast<const char*>(object);
  for (std::size_t at = 0; at < sizeof(T) + kBegun; at += kCacheLineOctets)
    __builtin_prefetch(first + at, 1);
}

}  // namespace hub
