// A real Loop on the test's own thread, and the pieces tests put on it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/net/loop.h"

namespace hub::net {

using namespace std::chrono_literals;

/// Records what a stream tells. `take` says how much OnOctets takes; all of it by default.
class Recorder : public StreamEvents {
 public:
  void OnConnected() override { connected = true; }
  std::size_t OnOctets(const Slice& octets) override {
    const std::size_t taken = take ? take(octets) : octets.size();
    received.append(smpp::AsText(octets.bytes().first(taken)));
    ++calls;
    return taken;
  }
  void OnDrained() override { ++drained; }
  void OnClosed(CloseCause why, int system_errno) override {
    ++closed_calls;
    cause = why;
    error = system_errno;
    stream = nullptr;
    if (on_closed) on_closed();
  }

  std::function<std::size_t(const Slice&)> take;
  std::function<void()> on_closed;
  Stream* stream = nullptr;
  std::string received;
  bool connected = false;
  int calls = 0;
  int drained = 0;
  int closed_calls = 0;
  std::optional<CloseCause> cause;
  int error = 0;
};

class LoopRig {
 public:
  explicit LoopRig(Loop::Options options = {}) : loop(clock_, options) {
    loop.EachTurn([this] {
      if (until_ && until_()) loop.Stop();
    });
  }

  /// Turns until `done` holds; false after a minute, which only a test that fails waits for.
  bool RunUntil(std::function<bool()> done) {
    until_ = std::move(done);
    bool timed_out = false;
    Timer limit(loop.timers(), [&] {
      timed_out = true;
      loop.Stop();
    });
    Timer tick(loop.timers(), [&] { tick.Start(1ms); });  // looks again although no socket is ready
    // The rig may have idled between two runs: time goes on before any deadline is set.
    loop.timers().set_now(clock_.Now());
    limit.Start(60s);
    tick.Start(1ms);
    loop.Run();
    until_ = nullptr;
    return !timed_out;
  }
  void RunFor(Duration duration) {
    const TimePoint end = clock_.Now() + duration;
    RunUntil([&] { return clock_.Now() >= end; });
  }

  std::uint16_t Listen(Recorder& recorder, StreamLimits limits = {}) {
    auto port = loop.Listen(
        {"127.0.0.1", 0},
        [&recorder](Stream& stream) {
          recorder.stream = &stream;
          return &recorder;
        },
        limits);
    EXPECT_TRUE(port.ok()) << port.error().Text();
    return port.ok() ? *port : std::uint16_t{0};
  }

 private:
  SystemClock clock_;
  std::function<bool()> until_;

 public:
  Loop loop;
};

}  // namespace hub::net
