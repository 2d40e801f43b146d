// What the preloaded library (counters.cc) counts, and its functions: a program asks dlsym for them, and runs without them as well.
#pragma once

#include <cstddef>
#include <cstdint>

/// The texts of messages and receipts under way consist of it, and nothing else has it.
inline constexpr char kHotPathMark = 'Q';

struct HotPathCounts {
  std::uint64_t allocations;           // new, malloc, calloc, realloc
  std::uint64_t allocated_octets;      // asked for by them
  std::uint64_t marked_octets_copied;  // by memcpy and memmove: each marked octet, each time
};

extern "C" {
/// The calling thread counts from now on, or no longer.
void hot_path_count(bool on);
/// Starts at zero. with_sites: call stacks of allocations are kept, too.
void hot_path_reset(bool with_sites);
HotPathCounts hot_path_counts();
/// On stdout, a line each: "site TIMES OCTETS MODULE+OFFSET MODULE+OFFSET ...", innermost first.
void hot_path_print_sites();
}
