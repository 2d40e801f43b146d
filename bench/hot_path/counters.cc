// A library to preload: counts what a thread takes from the heap, and marked octets that it copies, while it is told to.
//
// Stands outside of the program that it counts for, so that nothing of this is in what instructions are counted of.
#include "bench/hot_path/counters.h"

#include <dlfcn.h>
#include <execinfo.h>

#include <cstdio>
#include <cstring>
#include <new>

namespace {

// Asked of by ld.so and by libraries before ours is initialized: no constructors, and no thread-local that is made lazily.
constinit __attribute__((tls_model("initial-exec"))) thread_local bool counting = false;
constinit HotPathCounts counts{};
constinit bool sites_wanted = false;

// --- who took it: one row a call stack

constexpr int kFramesMax = 48, kOwnFrames = 2;
constexpr std::size_t kSitesMax = 4'096;

struct Site {
  int frames;
  void* stack[kFramesMax];
  std::uint64_t times, octets;
};
constinit Site sites[kSitesMax] = {};

std::uint64_t HashOf(void* const* stack, int frames) {
  std::uint64_t hash = 14'695'981'039'346'656'037u;
  for (int i = 0; i < frames; ++i)
    hash = (hash ^ reinterpret_cast<std::uintptr_t>(stack[i])) * 1'099'511'628'211u;
  return hash;
}

void NoteSite(std::size_t octets) {
  void* stack[kFramesMax];
  const int frames = backtrace(stack, kFramesMax);
  std::size_t at = HashOf(stack, frames) % kSitesMax;
  for (std::size_t tried = 0; tried < kSitesMax; ++tried, at = (at + 1) % kSitesMax) {
    Site& site = sites[at];
    const bool same = site.frames == frames &&
                      std::memcmp(site.stack, stack, sizeof(void*) * unsigned(frames)) == 0;
    if (site.frames != 0 && !same) continue;
    site.frames = frames;
    std::memcpy(site.stack, stack, sizeof(void*) * unsigned(frames));
    site.times += 1;
    site.octets += octets;
    return;
  }
}

void CountAllocation(std::size_t octets) {
  if (!counting) return;
  counting = false;  // what backtrace does is not the hub's
  counts.allocations += 1;
  counts.allocated_octets += octets;
  if (sites_wanted) NoteSite(octets);
  counting = true;
}

void CountCopy(const void* from, std::size_t octets) {
  if (!counting) return;
  const char* at = static_cast<const char*>(from);
  for (std::size_t i = 0; i < octets; ++i) counts.marked_octets_copied += at[i] == kHotPathMark;
}

// --- the functions behind ours

// dlsym may want memory itself; the loader's needs are small, and nothing of it is given back.
constexpr std::size_t kEarlyOctets = 1 << 16;
alignas(std::max_align_t) constinit char early[kEarlyOctets] = {};
constinit std::size_t early_used = 0;

void* Early(std::size_t octets) {
  const std::size_t at = early_used;
  early_used += (octets + 15) / 16 * 16;
  if (early_used > kEarlyOctets) __builtin_trap();
  return early + at;
}

bool IsEarly(const void* p) { return p >= early && p < early + kEarlyOctets; }

template <class F>
struct Next {
  F* Get(const char* name) {
    if (function != nullptr || looking) return function;
    looking = true;
    function = reinterpret_cast<F*>(dlsym(RTLD_NEXT, name));
    looking = false;
    return function;
  }
  F* function = nullptr;
  bool looking = false;
};

constinit Next<void*(std::size_t)> next_malloc;
constinit Next<void*(std::size_t, std::size_t)> next_calloc;
constinit Next<void*(void*, std::size_t)> next_realloc;
constinit Next<void*(std::size_t, std::size_t)> next_aligned_alloc;
constinit Next<void(void*)> next_free;
constinit Next<void*(void*, const void*, std::size_t)> next_memmove;

void* Move(void* to, const void* from, std::size_t octets) {
  CountCopy(from, octets);
  if (auto* move = next_memmove.Get("memmove")) return move(to, from, octets);
  for (std::size_t i = 0; i < octets;
       ++i)  // only the loader comes here, with parts that do not overlap
    static_cast<char*>(to)[i] = static_cast<const char*>(from)[i];
  return to;
}

void* Aligned(std::size_t alignment, std::size_t octets) {
  CountAllocation(octets);
  return next_aligned_alloc.Get("aligned_alloc")(alignment, octets);
}

}  // namespace

extern "C" {

void hot_path_count(bool on) { counting = on; }
void hot_path_reset(bool with_sites) {
  void* stack[1];
  backtrace(stack, 1);  // it loads a library at its first call
  std::memset(sites, 0, sizeof sites);
  counts = {};
  sites_wanted = with_sites;
}
HotPathCounts hot_path_counts() { return counts; }

void hot_path_print_sites() {
  for (const Site& site : sites) {
    if (site.frames == 0) continue;
    std::printf("site %lu %lu", site.times, site.octets);
    for (int i = kOwnFrames; i < site.frames; ++i) {
      Dl_info info{};
      if (dladdr(site.stack[i], &info) == 0 || info.dli_fname == nullptr) continue;
      const auto offset = static_cast<char*>(site.stack[i]) - static_cast<char*>(info.dli_fbase);
      std::printf(" %s+%lx", info.dli_fname, static_cast<unsigned long>(offset));
    }
    std::printf("\n");
  }
}

void* malloc(std::size_t octets) {
  CountAllocation(octets);
  auto* next = next_malloc.Get("malloc");
  return next != nullptr ? next(octets) : Early(octets);
}

void* calloc(std::size_t count, std::size_t octets) {
  CountAllocation(count * octets);
  auto* next = next_calloc.Get("calloc");
  return next != nullptr ? next(count, octets) : Early(count * octets);
}

void* realloc(void* old, std::size_t octets) {
  CountAllocation(octets);
  if (IsEarly(old)) return Move(next_malloc.Get("malloc")(octets), old, octets);
  return next_realloc.Get("realloc")(old, octets);
}

void free(void* p) {
  if (p != nullptr && !IsEarly(p)) next_free.Get("free")(p);
}

void* aligned_alloc(std::size_t alignment, std::size_t octets) {
  return Aligned(alignment, octets);
}

int posix_memalign(void** p, std::size_t alignment, std::size_t octets) {
  *p = Aligned(alignment, octets);
  return *p == nullptr ? 12 : 0;  // ENOMEM
}

void* memmove(void* to, const void* from, std::size_t octets) { return Move(to, from, octets); }
void* memcpy(void* to, const void* from, std::size_t octets) { return Move(to, from, octets); }

}  // extern "C"

// The allocator of the programs has its own of these, which would not pass by malloc.
void* operator new(std::size_t octets) { return malloc(octets); }
void* operator new[](std::size_t octets) { return malloc(octets); }
void* operator new(std::size_t octets, const std::nothrow_t&) noexcept { return malloc(octets); }
void* operator new[](std::size_t octets, const std::nothrow_t&) noexcept { return malloc(octets); }
void* operator new(std::size_t octets, std::align_val_t alignment) {
  return Aligned(static_cast<std::size_t>(alignment), octets);
}
void* operator new[](std::size_t octets, std::align_val_t alignment) {
  return Aligned(static_cast<std::size_t>(alignment), octets);
}
void operator delete(void* p) noexcept { free(p); }
void operator delete[](void* p) noexcept { free(p); }
void operator delete(void* p, std::size_t) noexcept { free(p); }
void operator delete[](void* p, std::size_t) noexcept { free(p); }
void operator delete(void* p, std::align_val_t) noexcept { free(p); }
void operator delete[](void* p, std::align_val_t) noexcept { free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { free(p); }
void operator delete[](void* p, std::size_t, std::align_val_t) noexcept { free(p); }
