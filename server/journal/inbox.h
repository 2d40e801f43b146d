// What loops hand to the writer thread: a list without locks, in the order in which it was handed over.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/base/spsc_ring.h"
#include "server/journal/frame_buffer.h"
#include "server/journal/journal.h"

namespace hub::journal {

/// One Append.
struct Bunch {
  FrameBuffer frames;
  unsigned writer = 0;
  Ticket ticket = 0;
  Bunch* next = nullptr;  // in the list: the one handed over before
};

/// Push: any writer's thread. TakeAll and GiveBack: the journal's writer thread. A list and not a ring a writer: Append may
/// not fail, and what one loop pushes after it heard of another loop's push lies behind it, so every prefix of the journal
/// is a state that was.
class Inbox {
 public:
  static constexpr std::size_t kBunchesKeptMax = 64;  // empty ones a writer, for its next Appends

  explicit Inbox(unsigned writers);
  ~Inbox();

  /// Takes the frames, leaves an empty buffer.
  void Push(unsigned writer, Ticket ticket, FrameBuffer* frames);
  /// Appends everything that was pushed, oldest first. False: nothing was.
  bool TakeAll(std::vector<std::unique_ptr<Bunch>>* to);
  void GiveBack(std::unique_ptr<Bunch> bunch);

 private:
  using Kept = SpscRing<std::unique_ptr<Bunch>>;

  std::atomic<Bunch*> newest_{nullptr};
  std::vector<std::unique_ptr<Kept>> kept_;  // one a writer
};

}  // namespace hub::journal
