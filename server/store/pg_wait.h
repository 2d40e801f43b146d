// Waiting for PostgreSQL with an end: a deadline of ours, or another thread's word.
#pragma once

#include <atomic>

#include "server/base/clock.h"

namespace hub::store {

/// Ends every wait of the connections that know it, now and later. Raised once, by any thread, for good: it is level
/// triggered and never read, so it does not matter which socket a thread waits for at that moment, or opens next.
class PgInterrupt {
 public:
  PgInterrupt();
  ~PgInterrupt();
  PgInterrupt(const PgInterrupt&) = delete;
  PgInterrupt& operator=(const PgInterrupt&) = delete;

  void Raise();
  bool raised() const { return raised_.load(std::memory_order_acquire); }
  int descriptor() const { return descriptor_; }  // readable once raised

 private:
  std::atomic<bool> raised_{false};
  const int descriptor_;  // an eventfd
};

enum class PgWait { kReady, kLate, kInterrupted };

/// Waits until the socket has one of `events` (POLLIN, POLLOUT) or an error. One poll() when nothing disturbs it.
/// until      TimePoint::max(): for ever
/// interrupt  may be null
PgWait WaitForSocket(int socket, short events, TimePoint until, const PgInterrupt* interrupt);

}  // namespace hub::store
