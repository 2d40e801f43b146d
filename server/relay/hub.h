// The whole daemon but for its outside: loops with their relays, PostgreSQL, the configuration in force.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/access/guard.h"
#include "server/access/password_pool.h"
#include "server/config/settings.h"
#include "server/net/loop.h"
#include "server/relay/relay.h"

namespace hub::relay {

/// Start, Run and Drain from the main thread; Reload and the questions from any thread but a loop's.
class Hub {
 public:
  /// Everything that can fail: PostgreSQL, journal, catalog, script, port. No loop turns yet: nobody is let in, no bind is sent.
  /// on_fenced: called once, any thread, when another process started as this node: this one must end.
  static Outcome<std::unique_ptr<Hub>> Start(const Settings& settings,
                                             std::function<void()> on_fenced);
  /// The loops begin to turn. Once.
  void Run();
  ~Hub();  // stops what Drain did not

  /// Reads catalog, script and TLS files anew and has every loop take them; on an error everything stays as it was.
  Outcome<Done> Reload();

  /// No new connections, customers unbound, answers awaited, suppliers unbound, everything settled, leases returned.
  /// Takes at most node.drain_ms (plus PostgreSQL's own time limits); false when something had to be left.
  bool Drain();

  const Settings& settings() const { return settings_; }
  const std::string& listening() const {
    return listening_;
  }  // "127.0.0.1:2775", the port really in use
  const std::string& listening_tls() const { return listening_tls_; }  // "": none
  store::Store& store() { return *store_; }
  SnapshotPtr snapshot() const;
  std::vector<const Metrics*> metrics() const;
  /// A metric of the whole process, which is in no loop's cell; nullopt: it is in theirs.
  std::optional<std::int64_t> Measure(Metric metric) const;
  unsigned loops() const { return static_cast<unsigned>(loops_.size()); }
  TimePoint started() const { return started_; }
  bool draining() const { return draining_.load(); }

  /// Runs `ask` on the loop's thread and waits for it. For questions about sessions. False when the loop did not come to
  /// it within kAskTimeout.
  bool Ask(unsigned loop, const std::function<void(Relay&)>& ask);
  static constexpr Duration kAskTimeout = std::chrono::seconds(2);

 private:
  struct LoopThread {
    Metrics metrics;
    std::unique_ptr<net::Loop> loop;
    std::unique_ptr<Relay> relay;
    std::thread thread;
  };

  Hub(const Settings& settings, std::function<void()> on_fenced);
  Outcome<Done> Begin();
  Outcome<SnapshotPtr> ReadSnapshot();
  void MakeLoops();
  Outcome<Done> LoadWaiting();
  Outcome<Done> Listen();
  Outcome<std::string> ListenOn(const std::string& address, net::ListenOptions options);
  Outcome<net::TlsContextPtr> ReadTls();
  void UseTls(net::TlsContextPtr tls);
  Err<Error> ReloadFailed(const Error& error);
  std::int64_t SumOf(net::Counter net::LoopCounters::*counter) const;
  bool AwaitAll(TimePoint until, const std::function<bool(Relay&)>& done);
  void StopLoops();

  const Settings settings_;
  const std::function<void()> on_fenced_;
  SystemClock clock_;
  Limits limits_;
  Dedupe dedupe_;
  const std::unique_ptr<PartPins> parts_ = std::make_unique<PartPins>();
  const std::unique_ptr<OpenMultis> multis_ = std::make_unique<OpenMultis>();
  std::unique_ptr<billing::CreditBook> credit_;  // outlives the store, whose desk answers into it
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<SnapshotBuilder> builder_;
  std::unique_ptr<PostOffice> post_;
  const access::ProcessKey key_;
  access::Guard guard_;
  Metrics control_metrics_;          // written under reload_mutex_
  std::int64_t scripts_loaded_ = 0;  // version of the newest script
  std::vector<std::unique_ptr<LoopThread>> loops_;
  std::mutex reload_mutex_;  // LOCK: one reload at a time; control only
  mutable std::mutex
      snapshot_mutex_;  // LOCK: the pointer below; control only, loops have their own copy
  SnapshotPtr snapshot_;
  access::PasswordPool passwords_;  // dies before the loops it answers to
  std::string listening_, listening_tls_;
  net::TlsContextPtr
      tls_;  // of new connections to smpp.tls_listen; null: none. Of the start, then under reload_mutex_
  std::atomic<std::int64_t> certificate_ends_{0};  // seconds since 1970; 0: no TLS
  TimePoint started_;
  std::atomic<bool> draining_{false};
  bool running_ = false;
};

}  // namespace hub::relay
