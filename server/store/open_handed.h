// Submits that were handed to a supplier and whose end the settler has not read yet: their segments must stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "server/base/message_id.h"
#include "server/journal/journal.h"

namespace hub::store {

/// Keyed by message and attempt. One thread's. Holds what is under way: windows bound it. Open addressing without a gap, so
/// that a message costs no allocation.
class OpenHanded {
 public:
  /// Again with another position: the later one counts.
  void Add(MessageId message_id, std::int16_t attempt_no, journal::Position at) {
    if ((size_ + 1) * 2 > slots_.size()) Grow();
    Put({message_id, at, attempt_no});
  }

  /// It may be unknown: its begin lies in a segment that is gone.
  void End(MessageId message_id, std::int16_t attempt_no) {
    if (size_ == 0) return;
    for (std::size_t i = Home(message_id); slots_[i].at != kFree; i = Next(i)) {
      if (slots_[i].message_id != message_id || slots_[i].attempt_no != attempt_no) continue;
      Remove(i);
      return;
    }
  }

  /// Looks at all of them: a few times a second.
  std::optional<journal::Position> Oldest() const {
    journal::Position oldest = kFree;
    for (const Slot& slot : slots_) oldest = slot.at < oldest ? slot.at : oldest;
    if (oldest == kFree) return std::nullopt;
    return oldest;
  }

  std::size_t size() const { return size_; }

 private:
  static constexpr journal::Position kFree = UINT64_MAX;
  struct Slot {
    MessageId message_id = 0;
    journal::Position at = kFree;
    std::int16_t attempt_no = 0;
  };

  std::size_t Home(MessageId id) const {
    return (id * 0x9e37'79b9'7f4a'7c15u >> 32) & (slots_.size() - 1);
  }
  std::size_t Next(std::size_t i) const { return (i + 1) & (slots_.size() - 1); }

  void Put(const Slot& slot) {
    std::size_t i = Home(slot.message_id);
    for (; slots_[i].at != kFree; i = Next(i)) {
      if (slots_[i].message_id == slot.message_id && slots_[i].attempt_no == slot.attempt_no) {
        slots_[i] = slot;
        return;
      }
    }
    slots_[i] = slot;
    ++size_;
  }

  // What stands behind the gap moves into it, unless it would then stand before its home.
  void Remove(std::size_t gap) {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = Next(gap); slots_[i].at != kFree; i = Next(i)) {
      const std::size_t from_home = (i - Home(slots_[i].message_id)) & mask;
      if (from_home < ((i - gap) & mask)) continue;
      slots_[gap] = slots_[i];
      gap = i;
    }
    slots_[gap] = {};
    --size_;
  }

  void Grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : slots_.size() * 2);
    old.swap(slots_);
    size_ = 0;
    for (const Slot& slot : old) {
      if (slot.at != kFree) Put(slot);
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace hub::store
