#include "server/base/slab.h"

#include <cstring>
#include <new>
#include <vector>

#include "server/base/pooled.h"

namespace hub {
namespace {

std::atomic<std::uint64_t> octets_alive_{0};

// Read and copy buffers that this thread freed: a new one every few hundred messages costs the allocator its lock, and the kernel
// fresh pages. All of one size, for a loop's are.
class SpareSlabs {
 public:
  ~SpareSlabs() {
    for (void* each : memory_) ::operator delete(each);
  }
  void* Take(std::uint32_t octets) {
    if (octets != octets_ || memory_.empty()) return nullptr;
    void* last = memory_.back();
    memory_.pop_back();
    return last;
  }
  bool Put(void* memory, std::uint32_t octets) {
    if (!kPools || octets < kSpareSlabOctetsMin || memory_.size() == kSpareSlabsMax) return false;
    if (memory_.empty()) octets_ = octets;
    if (octets != octets_) return false;
    memory_.reserve(kSpareSlabsMax);
    memory_.push_back(memory);
    return true;
  }

 private:
  std::uint32_t octets_ = 0;
  std::vector<void*> memory_;
};

thread_local SpareSlabs spares;

}  // namespace

Slab* Slab::Create(std::uint32_t octets) {
  void* memory = spares.Take(octets);
  if (memory == nullptr) memory = ::operator new(sizeof(Slab) + octets);
  octets_alive_.fetch_add(octets, std::memory_order_relaxed);
  return new (memory) Slab(octets);
}

void Slab::Unref() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const std::uint32_t octets = size_;
  octets_alive_.fetch_sub(octets, std::memory_order_relaxed);
  this->~Slab();
  if (!spares.Put(this, octets)) ::operator delete(this);
}

std::uint64_t Slab::octets_alive() { return octets_alive_.load(std::memory_order_relaxed); }

Slice Slice::New(std::uint32_t length) {
  Slab* slab = Slab::Create(length);
  Slice slice(slab, 0, length);
  slab->Unref();
  return slice;
}

Slice Slice::CopyOf(Bytes bytes) {
  Slice slice = New(static_cast<std::uint32_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(slice.data(), bytes.data(), bytes.size());
  return slice;
}

}  // namespace hub
