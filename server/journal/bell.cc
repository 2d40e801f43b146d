#include "server/journal/bell.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace hub::journal {
namespace {

// std::atomic::wait has no timeout in C++20.
void Futex(std::atomic<std::uint32_t>* word, int operation, std::uint32_t value,
           const timespec* timeout) {
  static_assert(sizeof *word == sizeof(std::uint32_t));
  syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(word), operation, value, timeout, nullptr, 0);
}

}  // namespace

void Bell::Ring() {
  // Sequentially consistent, as the exchange in Await: who finds it rung knows that the sleeper looks again afterwards.
  if (state_.load() == kRung) return;
  if (state_.exchange(kRung) == kSleeping) Futex(&state_, FUTEX_WAKE_PRIVATE, 1, nullptr);
}

bool Bell::Await(Duration timeout) {
  std::uint32_t quiet = kQuiet;
  if (timeout > Duration::zero() && state_.compare_exchange_strong(quiet, kSleeping)) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(timeout);
    const timespec wait{seconds.count(), (timeout - seconds).count()};
    Futex(&state_, FUTEX_WAIT_PRIVATE, kSleeping, &wait);
  }
  return state_.exchange(kQuiet) == kRung;
}

}  // namespace hub::journal
