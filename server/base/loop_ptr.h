// A reference that is counted by one thread alone. What all loops share has one count, and a message that takes it and gives it
// back writes twice where all others do: that is what many loops would wait for.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

namespace hub {

/// Of one loop: copies are made and destroyed there, and cost what a plain counter costs. Holds one reference of the shared count
/// as long as one of them lives. Made from a shared_ptr it allocates; copied it does not.
template <class T>
class LoopPtr {
 public:
  LoopPtr() = default;
  LoopPtr(std::nullptr_t) {}
  LoopPtr(std::shared_ptr<T> shared)
      : held_(shared == nullptr ? nullptr : new Held{std::move(shared), 1}) {}
  LoopPtr(const LoopPtr& other) : held_(other.held_) {
    if (held_ != nullptr) ++held_->copies;
  }
  LoopPtr(LoopPtr&& other) noexcept : held_(std::exchange(other.held_, nullptr)) {}
  LoopPtr& operator=(LoopPtr other) noexcept {
    std::swap(held_, other.held_);
    return *this;
  }
  ~LoopPtr() {
    if (held_ != nullptr && --held_->copies == 0) delete held_;
  }

  T* get() const { return held_ == nullptr ? nullptr : held_->shared.get(); }
  T& operator*() const { return *held_->shared; }
  T* operator->() const { return held_->shared.get(); }
  explicit operator bool() const { return held_ != nullptr; }
  bool operator==(const LoopPtr& other) const { return get() == other.get(); }
  bool operator==(const std::shared_ptr<T>& other) const { return get() == other.get(); }
  bool operator==(std::nullptr_t) const { return held_ == nullptr; }

  /// As all loops count it: whoever copies that may take it to another one.
  operator const std::shared_ptr<T>&() const {
    static const std::shared_ptr<T> kNone;
    return held_ == nullptr ? kNone : held_->shared;
  }

 private:
  struct Held {
    std::shared_ptr<T> shared;
    std::size_t copies;
  };
  Held* held_ = nullptr;
};

}  // namespace hub
