// Memory of what comes and goes with every message: each thread keeps what was freed there, and gives it to the next one.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

namespace hub {

// gcc defines a macro, clang has a feature.
#if defined(__SANITIZE_ADDRESS__)
#define HUB_HAS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#define HUB_HAS_ADDRESS_SANITIZER __has_feature(address_sanitizer)
#else
#define HUB_HAS_ADDRESS_SANITIZER 0
#endif

/// A sanitizer sees who uses what was freed only if it is.
inline constexpr bool kPools = HUB_HAS_ADDRESS_SANITIZER == 0;

/// `class T : public Pooled<T, 1'000>`: new and delete of T take from and give to a list of this thread, which keeps sparesMax of
/// them at most, the last freed first: that one is in the cache. An object may be freed on another thread; its memory stays there.
/// T is final.
template <class T, std::size_t sparesMax>
class Pooled {
 public:
  static void* operator new(std::size_t octets) {
    Spares& spares = Here();
    Spare* first = spares.first;
    if (first == nullptr) return ::operator new(octets);
    spares.first = first->next;
    --spares.count;
    return first;
  }
  static void operator delete(void* memory) {
    Spares& spares = Here();
    if (!kPools || spares.count >= sparesMax) return ::operator delete(memory);
    spares.first = new (memory) Spare{spares.first};
    ++spares.count;
  }
  static std::size_t spare_count() { return Here().count; }

 private:
  struct Spare {
    Spare* next;
  };
  struct Spares {
    ~Spares() {
      for (Spare* each = first; each != nullptr;)
        ::operator delete(std::exchange(each, each->next));
    }
    Spare* first = nullptr;
    std::size_t count = 0;
  };
  static Spares& Here() {
    thread_local Spares spares;
    return spares;
  }
};

}  // namespace hub
