// One event loop, one thread: libevent tells what is ready, we read and write ourselves.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "server/net/loop_counters.h"
#include "server/net/network.h"

namespace hub::net {

class Deal;
class LoopCore;

/// What a listener does before its acceptor is asked, and what its streams speak.
struct ListenOptions {
  TlsContextPtr tls{};                               // null: plain
  bool proxy_v2 = false;                             // a PROXY header, version 2, comes first
  Duration proxy_timeout = std::chrono::seconds(5);  // for it
  std::size_t proxy_waiting_max = 1'024;  // connections that have not sent it yet; above: closed
  std::shared_ptr<Deal> deal{};  // with the listeners of other loops; null: who accepts serves
};

/// Construct anywhere, Run on its own thread; everything else on that thread, but for Post, Wake and Stop.
///
///   turn:  wait -> timers -> ready streams (read) -> posts -> EachTurn polls -> flush dirty streams (one writev each)
///          -> OnClosed of the dead -> deferred work -> flush what that wrote -> free the dead
class Loop final : public Network {
 public:
  struct Options {
    std::uint32_t slab_octets = 64 * 1024;  // one read buffer
    std::uint64_t slab_octets_max =
        1ull << 30;                  // of the process; above, frames are not pinned but copied
    std::size_t posts_max = 65'536;  // waiting calls; above, Post refuses
    bool precise_timers = false;     // to microseconds, not milliseconds; a system call a turn
  };
  Loop(const Clock& clock, Options options);
  ~Loop() override;

  const Clock& clock() const override;
  Timers& timers() override;
  Stream* Connect(const Address& address, StreamEvents& events,
                  const StreamLimits& limits) override;
  Stream* ConnectTls(const Address& address, const TlsTarget& tls, StreamEvents& events,
                     const StreamLimits& limits) override;
  void Defer(std::function<void()> work) override;

  /// Listens with SO_REUSEPORT, so that each loop can have its own listener on one port. Port 0: the system chooses;
  /// host "": every address of the machine. Returns the port. Any thread before Run, then the loop's thread.
  Outcome<std::uint16_t> Listen(const Address& address, Acceptor acceptor,
                                const StreamLimits& limits, ListenOptions options = {});
  /// New connections of the listeners that speak TLS begin with this; the open ones keep theirs. As Listen.
  void UseTls(const TlsContextPtr& tls);
  /// No new connections from now on; the open ones stay. Before Run, or on the loop's thread.
  void StopListening();

  /// Called once a turn, before streams are flushed: drain a mailbox here. Before Run, or on the loop's thread.
  void EachTurn(std::function<void()> poll);

  /// Runs `work` on the loop's thread. Any thread; false when posts_max wait already. For control, not for messages.
  bool Post(std::function<void()> work);
  /// The same, and never refused: for what somebody waits for and nobody would send again, the answer of a thread of ours
  /// or a step of the drain. How many wait is bounded by the limit that admitted the question.
  void PostAlways(std::function<void()> work);
  /// Makes the loop take a turn soon: after pushing to one of its mailboxes. Any thread, cheap, never blocks.
  void Wake();

  /// Turns until Stop. Streams still open then get no OnClosed: they die with the loop, or go on with the next Run.
  void Run();
  void Stop();  // any thread: Run returns after the turn, the next Run at once if none is under way

  /// Written by the loop, read by any thread.
  const LoopCounters& counters() const;

 private:
  std::unique_ptr<LoopCore> core_;
};

}  // namespace hub::net
