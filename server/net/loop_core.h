// The inside of a Loop: what its streams and listeners share. Only for server/net.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "server/base/timers.h"
#include "server/net/event.h"
#include "server/net/input_buffer.h"
#include "server/net/loop.h"
#include "server/net/output_queue.h"
#include "server/net/resolver.h"
#include "server/net/turn_clock.h"

namespace hub::net {

class Listener;
class TcpStream;

struct EventBaseFree {
  void operator()(event_base* base) const { event_base_free(base); }
};

/// One thread, but for what is marked.
class LoopCore {
 public:
  LoopCore(const Clock& clock, const Loop::Options& options);
  ~LoopCore();

  void Turn();
  /// The first callback of a turn reads the clock and fires the timers, so that they come before any octets; unless we are late
  /// ourselves: then all that lies here already is read before them.
  void EnterTurn();

  TcpStream& NewStream(const StreamLimits& limits);
  void DropUnused(TcpStream& stream);  // refused by its acceptor: no OnClosed
  void Dirty(TcpStream& stream) { dirty_.push_back(&stream); }
  void ReadAgain(TcpStream& stream) { again_.push_back(&stream); }
  void Doomed(TcpStream& stream) { doomed_.push_back(&stream); }

  void AddListener(std::unique_ptr<Listener> listener);
  void UseTls(const TlsContextPtr& tls);
  void StopListening();
  void Defer(std::function<void()> work) { deferred_.push_back(std::move(work)); }
  void EachTurn(std::function<void()> poll) { polls_.push_back(std::move(poll)); }

  bool Post(std::function<void()> work);        // any thread
  void PostAlways(std::function<void()> work);  // any thread
  void Wake();                                  // any thread
  void Stop();                                  // any thread
  bool stopped() const { return stop_.load(std::memory_order_acquire); }
  void ClearStop() { stop_.store(false, std::memory_order_relaxed); }

  event_base* base() { return base_.get(); }
  const Clock& clock() const { return clock_; }
  Timers& timers() { return timers_; }
  ReadSlab& read_slab() { return read_slab_; }
  CopySlab& copy_slab() { return copy_slab_; }
  /// Where ciphertext is read to, of whichever stream reads now.
  MutableBytes cipher_room();
  Resolver& resolver() { return resolver_; }
  LoopCounters& counters() { return counters_; }

 private:
  static void OnWake(int fd, short what, void* self) noexcept;
  static void OnTimer(int fd, short what, void* self) noexcept;

  void Wait();
  void RunPosts();
  void ReadLeftOvers();
  void FireLateTimers();
  void Flush();
  void Bury();
  void RunDeferred();
  void FreeDead();
  bool Busy() const;

  TurnClock clock_;
  const Loop::Options options_;
  std::unique_ptr<event_base, EventBaseFree> base_;
  Timers timers_;
  ReadSlab read_slab_;
  CopySlab copy_slab_;
  std::vector<std::uint8_t> cipher_room_;  // made for the first TLS stream
  LoopCounters counters_;

  Event timer_;
  std::optional<TimePoint> timer_due_;  // what timer_ is set to
  bool in_turn_ = false;
  std::optional<TimePoint> late_since_;  // timers wait for reads
  std::uint64_t octets_before_ = 0;      // octets_in when this turn began, if they do

  std::vector<std::unique_ptr<TcpStream>> streams_;
  /// Those in `list` until now; they may enter it again while they are served.
  template <class Serve>
  void ServeAll(std::vector<TcpStream*>& list, Serve&& serve);

  std::vector<TcpStream*> served_;  // memory for that; empty but within it
  std::vector<TcpStream*> again_;   // to be given their left-over
  std::vector<TcpStream*> dirty_;   // to be flushed
  std::vector<TcpStream*> doomed_;  // to be told OnClosed
  std::vector<TcpStream*> dead_;    // told; to be freed
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Listener>> stopped_listeners_;  // freed at the end of the turn
  std::vector<std::function<void()>> deferred_;
  std::vector<std::function<void()>> polls_;

  Socket wake_;  // an eventfd, of which only the writes count
  Event wake_event_;
  std::atomic<bool> wake_pending_{false};
  std::atomic<bool> stop_{false};

  // LOCK: posts are for control (reload, drain, a new listener), new connections that another loop accepted, and answers about
  // pages and binds, a few times a second;
  // messages travel by SpscRing.
  std::mutex posts_mutex_;
  std::vector<std::function<void()>> posts_;
  std::atomic<bool> posted_{false};

  Resolver resolver_;  // last: its thread calls Wake
};

}  // namespace hub::net
