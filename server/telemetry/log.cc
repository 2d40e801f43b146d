// Who writes the lines: producers fill cells of a ring, one thread empties it onto a descriptor.
#include "server/telemetry/log.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <thread>

#include "server/base/check.h"
#include "server/base/thread_name.h"
#include "server/telemetry/log_limit.h"
#include "server/telemetry/log_ring.h"

namespace hub {
namespace {

constexpr EventInfo kEvents[] = {
#define EVENT(name, text, level, advice) {text, LogLevel::level, advice},
#include "server/telemetry/events.def"
#undef EVENT
};
constexpr std::size_t kEventCount = std::size(kEvents);
constexpr std::size_t kWriteOctets = 64 * 1024;  // lines are joined up to this much a write
constexpr int kTickMs = 1'000;  // after a line: look for suppressed ones this much later

std::atomic<LogLevel> level{LogLevel::kInfo};
std::atomic<std::uint64_t> lines_per_second_max{kLogLinesPerSecondDefault};
std::atomic<std::uint64_t> lines_dropped{0};
LogLimit limits[kEventCount];

/// Writes all of it, or gives up: a log that cannot be written is no reason to stop.
void WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd wait{.fd = descriptor, .events = POLLOUT, .revents = 0};
      poll(&wait, 1, kTickMs);
    } else if (errno != EINTR) {
      return;
    }
  }
}

class Writer {
 public:
  explicit Writer(const LogOptions& options)
      : ring_(options.ring_lines_max),
        descriptor_(options.descriptor),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    HUB_CHECK(wake_ >= 0);
    thread_ = std::thread([this] { Run(); });
  }
  ~Writer() {
    stopping_.store(true);
    Wake();
    thread_.join();
    close(wake_);
  }

  void Push(Event event, std::span<const Field> fields, std::uint64_t suppressed) {
    const bool pushed = ring_.TryPush([&](std::span<char> out) {
      return FormatLogLine(out, SystemClock().WallNow(), event, fields, suppressed);
    });
    if (!pushed) {
      lines_dropped.fetch_add(1, std::memory_order_relaxed);
    } else if (sleeping_.exchange(
                   false)) {  // one system call for a burst, none while the writer is busy
      Wake();
    }
  }

 private:
  void Wake() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
  }

  void Run() {
    NameThread("log");
    while (true) {
      const bool stopping = stopping_.load();
      const bool wrote = Drain();
      TellLosses(stopping);
      if (stopping) return;
      ticking_ = ticking_ || wrote;
      if (!wrote) Sleep();
    }
  }

  // Sleeps until somebody pushes. After a line at most a tick, for lines of that second may have been suppressed and
  // no next line may come to tell it.
  void Sleep() {
    sleeping_.store(true);
    if (ring_.Front().data() == nullptr && !stopping_.load()) {  // else: pushed before we said so
      pollfd wait{.fd = wake_, .events = POLLIN, .revents = 0};
      if (poll(&wait, 1, ticking_ ? kTickMs : -1) == 0) ticking_ = false;
      std::uint64_t count;
      [[maybe_unused]] const ssize_t got = read(wake_, &count, sizeof count);
    }
    sleeping_.store(false);
  }

  bool Drain() {
    bool wrote = false;
    for (std::string_view line = ring_.Front(); line.data() != nullptr; line = ring_.Front()) {
      buffer_.append(line).push_back('\n');
      ring_.Pop();
      if (buffer_.size() >= kWriteOctets) Flush();
      wrote = true;
    }
    Flush();
    return wrote;
  }

  void TellLosses(bool at_end) {
    const TimePoint now = SystemClock().Now();
    for (std::size_t i = 0; i < kEventCount; ++i) {
      const std::uint64_t left = at_end ? limits[i].LeftoverAtEnd() : limits[i].Leftover(now);
      if (left > 0) Append(static_cast<Event>(i), {}, left);
    }
    const std::uint64_t dropped = lines_dropped.load(std::memory_order_relaxed);
    if (dropped != dropped_told_) {
      const Field lines("lines", dropped - dropped_told_);
      Append(Event::log_dropped, {&lines, 1}, 0);
      dropped_told_ = dropped;
    }
    Flush();
  }

  void Append(Event event, std::span<const Field> fields, std::uint64_t suppressed) {
    char line[kLogLineOctetsMax];
    const WallTime now = SystemClock().WallNow();
    buffer_.append(line, FormatLogLine(line, now, event, fields, suppressed)).push_back('\n');
  }

  void Flush() {
    WriteAll(descriptor_, buffer_);
    buffer_.clear();
  }

  LogRing ring_;
  const int descriptor_;
  const int wake_;
  std::atomic<bool> sleeping_{false};
  std::atomic<bool> stopping_{false};
  std::string buffer_;
  std::uint64_t dropped_told_ = lines_dropped.load();
  bool ticking_ = false;
  std::thread thread_;
};

std::atomic<Writer*> writer{nullptr};

}  // namespace

std::span<const EventInfo> AllEvents() { return kEvents; }

void LogStart(const LogOptions& options) {
  HUB_CHECK(writer.load() == nullptr);
  level = options.level;
  lines_per_second_max = options.lines_per_second_max;
  writer = new Writer(options);  // owned here; LogStop deletes it
}

void LogStop() { delete writer.exchange(nullptr); }

void LogSetLevel(LogLevel to) { level.store(to, std::memory_order_relaxed); }

bool LogEnabled(Event event) {
  return kEvents[static_cast<std::size_t>(event)].level >= level.load(std::memory_order_relaxed);
}

std::uint64_t LogLinesDropped() { return lines_dropped.load(std::memory_order_relaxed); }

void Log(Event event, std::initializer_list<Field> fields) {
  if (!LogEnabled(event)) return;
  std::uint64_t suppressed = 0;
  const auto per_second_max = lines_per_second_max.load(std::memory_order_relaxed);
  LogLimit& limit = limits[static_cast<std::size_t>(event)];
  if (!limit.Take(SystemClock().Now(), per_second_max, &suppressed)) return;
  if (Writer* running = writer.load(std::memory_order_acquire)) {
    return running->Push(event, {fields.begin(), fields.size()}, suppressed);
  }
  char line[kLogLineOctetsMax + 1];
  const std::size_t length = FormatLogLine({line, kLogLineOctetsMax}, SystemClock().WallNow(),
                                           event, {fields.begin(), fields.size()}, suppressed);
  line[length] = '\n';
  WriteAll(STDERR_FILENO, {line, length + 1});
}

}  // namespace hub
