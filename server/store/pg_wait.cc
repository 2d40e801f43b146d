#include "server/store/pg_wait.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <limits>

#include "server/base/check.h"

namespace hub::store {
namespace {

int MillisUntil(TimePoint until) {
  if (until == TimePoint::max()) return -1;
  const auto rest =
      std::chrono::ceil<std::chrono::milliseconds>(until - SystemClock().Now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(rest, 0, std::numeric_limits<int>::max()));
}

}  // namespace

PgInterrupt::PgInterrupt() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  HUB_CHECK(descriptor_ >= 0);
}

PgInterrupt::~PgInterrupt() { close(descriptor_); }

void PgInterrupt::Raise() {
  if (raised_.exchange(true)) return;
  const std::uint64_t one = 1;
  HUB_CHECK(write(descriptor_, &one, sizeof one) == sizeof one);
}

PgWait WaitForSocket(int socket, short events, TimePoint until, const PgInterrupt* interrupt) {
  std::array<pollfd, 2> sources{
      pollfd{socket, events, 0},
      pollfd{interrupt == nullptr ? -1 : interrupt->descriptor(), POLLIN, 0}};
  while (true) {
    const int ready = poll(sources.data(), sources.size(), MillisUntil(until));
    HUB_CHECK(ready >= 0 || errno == EINTR);
    if (ready < 0) continue;
    if (sources[1].revents != 0) return PgWait::kInterrupted;
    return ready == 0 ? PgWait::kLate : PgWait::kReady;
  }
}

}  // namespace hub::store
