#include "server/base/slab.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <new>
#include <vector>

#include "server/base/pooled.h"

namespace hub {
namespace {

std::atomic<std::int64_t> octets_alive_{0};

// What a thread made and freed, told to the others when it is a read buffer's worth: a locked instruction for each small slab
// waits for all that was written before it. So others see the sum late, by less than that a thread.
class OctetsHere {
 public:
  ~OctetsHere() { Tell(); }
  void Add(std::int64_t octets) {
    octets_ += octets;
    if (octets_ >= kToldOctets || octets_ <= -kToldOctets) Tell();
  }
  std::int64_t not_told() const { return octets_; }

 private:
  static constexpr std::int64_t kToldOctets = 64 * 1024;

  void Tell() { octets_alive_.fetch_add(std::exchange(octets_, 0), std::memory_order_relaxed); }

  std::int64_t octets_ = 0;
};

thread_local OctetsHere octets_here;

// Small slabs, a PDU each, have the room of their class: a power of two.
constexpr std::uint32_t kClassOctetsMin = 128, kClassOctetsMax = 1'024;
constexpr bool IsSmall(std::uint32_t octets) { return octets <= kClassOctetsMax; }
constexpr std::uint32_t RoomOf(std::uint32_t octets) {
  return IsSmall(octets) ? std::bit_ceil(std::max(octets, kClassOctetsMin)) : octets;
}
constexpr std::size_t ClassOf(std::uint32_t octets) {
  return static_cast<std::size_t>(std::countr_zero(RoomOf(octets) / kClassOctetsMin));
}
constexpr std::size_t kClasses = ClassOf(kClassOctetsMax) + 1;

// Of large ones those of two sizes are kept, a loop's read and copy buffers: odd ones that pass by must not take their place.
std::atomic<std::uint32_t> read_buffer_octets_{kLargeSlabOctets};

// What this thread freed. A new read buffer every few hundred messages costs the allocator its lock and the kernel fresh pages, and a receipt is a
// slab of its own.
class SpareSlabs {
 public:
  ~SpareSlabs() {
    for (std::vector<void*>& list : small_) Free(&list);
    Free(&large_);
    Free(&read_buffers_);
  }
  void* Take(std::uint32_t octets) {
    std::vector<void*>* list = ListOf(octets);
    if (list == nullptr || list->empty()) return nullptr;
    void* last = list->back();
    list->pop_back();
    return last;
  }
  bool Put(void* memory, std::uint32_t octets) {
    if (!kPools) return false;
    std::vector<void*>* list = ListOf(octets);
    const std::size_t most = IsSmall(octets) ? kSpareSmallSlabsMax : kSpareLargeOctetsMax / octets;
    if (list == nullptr || list->size() == most) return false;
    list->push_back(memory);
    return true;
  }

 private:
  static void Free(std::vector<void*>* list) {
    for (void* each : *list) ::operator delete(each);
    list->clear();
  }
  std::vector<void*>* ListOf(std::uint32_t octets) {
    if (IsSmall(octets)) return &small_[ClassOf(octets)];
    if (octets == kLargeSlabOctets) return &large_;
    if (octets != read_buffer_octets_.load(std::memory_order_relaxed)) return nullptr;
    if (octets != of_octets_) {
      Free(&read_buffers_);
      of_octets_ = octets;
    }
    return &read_buffers_;
  }

  std::array<std::vector<void*>, kClasses> small_;
  std::vector<void*> large_;
  std::vector<void*> read_buffers_;  // of_octets_ each
  std::uint32_t of_octets_ = 0;
};

thread_local SpareSlabs spares;

}  // namespace

Slab* Slab::Create(std::uint32_t octets) {
  void* memory = spares.Take(octets);
  if (memory == nullptr) memory = ::operator new(sizeof(Slab) + RoomOf(octets));
  octets_here.Add(octets);
  return new (memory) Slab(octets);
}

void Slab::Unref() {
  // Who has the only reference need not count it down: nobody else can add one.
  if (!unique() && references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::uint32_t octets = size_;
  octets_here.Add(-std::int64_t{octets});
  this->~Slab();
  if (!spares.Put(this, octets)) ::operator delete(this);
}

void Slab::KeepSparesOf(std::uint32_t octets) {
  read_buffer_octets_.store(octets, std::memory_order_relaxed);
}

std::uint64_t Slab::octets_alive() {
  const std::int64_t told = octets_alive_.load(std::memory_order_relaxed);
  return static_cast<std::uint64_t>(std::max<std::int64_t>(told + octets_here.not_told(), 0));
}

Slice Slice::New(std::uint32_t length) {
  Slice slice;
  slice.slab_ = Slab::Create(length);  // whose one reference it takes over
  slice.length_ = length;
  return slice;
}

Slice Slice::CopyOf(Bytes bytes) {
  Slice slice = New(static_cast<std::uint32_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(slice.data(), bytes.data(), bytes.size());
  return slice;
}

}  // namespace hub
