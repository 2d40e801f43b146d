// One thread sleeps until any other rings. A ring is never lost; several may become one.
#pragma once

#include <atomic>
#include <cstdint>

#include "server/base/clock.h"

namespace hub::journal {

/// Ring: any thread; no lock, and a system call only when somebody sleeps. Await: one thread.
class Bell {
 public:
  void Ring();
  /// Returns when somebody rang since the last Await returned, or after `timeout`. False: it was the timeout.
  bool Await(Duration timeout);

 private:
  static constexpr std::uint32_t kQuiet = 0, kRung = 1, kSleeping = 2;
  std::atomic<std::uint32_t> state_{kQuiet};
};

}  // namespace hub::journal
