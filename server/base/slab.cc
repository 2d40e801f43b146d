#include "server/base/slab.h"

#include <cstring>
#include <new>

namespace hub {
namespace {

std::atomic<std::uint64_t> octets_alive_{0};

}  // namespace

Slab* Slab::Create(std::uint32_t octets) {
  void* memory = ::operator new(sizeof(Slab) + octets);
  octets_alive_.fetch_add(octets, std::memory_order_relaxed);
  return new (memory) Slab(octets);
}

void Slab::Unref() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  octets_alive_.fetch_sub(size_, std::memory_order_relaxed);
  this->~Slab();
  ::operator delete(this);
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
