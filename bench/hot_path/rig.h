// A relay as the daemon has it, on a real loop and loopback, in one thread with its peers; clock, journal and PostgreSQL are ours.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "bench/hot_path/peers.h"
#include "server/config/settings.h"
#include "server/net/loop.h"
#include "server/relay/relay.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_journal.h"

namespace hub::bench {

/// Grants what is asked for.
class OpenHandedDesk final : public store::LeaseDesk {
 public:
  void Request(std::int64_t account_id, Nano want, Nano,
               std::function<void(const store::Grant&)> done) override {
    done({account_id, store::GrantState::kGranted, want});
  }
  Outcome<Done> CloseAll(std::int64_t) override { return Done{}; }
};

/// Takes a turn's frames as the daemon's does, by swapping buffers; its disk is done when Sync says so.
class SwappingJournal final : public journal::Journal {
 public:
  journal::Ticket Append(unsigned, journal::FrameBuffer* frames) override {
    end_ += frames->octets().size();
    frames->Swap(waiting_);
    frames->Clear();
    return ++appended_;
  }
  journal::Ticket durable(unsigned) const override { return durable_; }
  journal::Position durable_end() const override { return durable_end_; }
  bool has_room() const override { return true; }
  bool AwaitBeyond(journal::Position, Duration) override { return false; }
  void Release(journal::Position) override {}
  journal::Stats stats() const override { return {}; }

  void Sync() {
    durable_ = appended_;
    durable_end_ = end_;
  }

 private:
  journal::FrameBuffer waiting_;
  journal::Ticket appended_ = 0, durable_ = 0;
  journal::Position end_ = 0, durable_end_ = 0;
};

/// PostgreSQL has all that is durable.
class PromptSettler final : public store::Settler {
 public:
  explicit PromptSettler(const journal::Journal& journal) : journal_(journal) {}
  bool has_room() const override { return true; }
  journal::Position settled() const override { return journal_.durable_end(); }
  store::SettleStats stats() const override { return {}; }
  bool Drain(std::int64_t) override { return true; }

 private:
  const journal::Journal& journal_;
};

/// The hash is the password.
class PlainPasswords final : public access::PasswordJudge {
 public:
  bool Judge(access::PasswordCase one) override {
    one.done(one.hashes.empty() ? "" : one.hashes.front().text);
    return true;
  }
  void Forget(std::int64_t) override {}
};

struct Form {
  bool journal = false;
  bool receipts = false;
};

class Rig {
 public:
  /// Both ends are bound when it is made.  rule: the file of the routing rule
  Rig(const Form& form, const std::string& rule);

  /// So often each client fills its window and all of it comes to its end.
  void Run(unsigned rounds);
  /// The same, counted: see turns.h.
  void RunCounted(unsigned rounds);
  std::uint64_t messages() const { return peers_.submitted(); }

 private:
  void TakeCatalog();
  void Begin(unsigned rounds, bool counted);
  void EndTurn();
  void ServePeers();

  const Form form_;
  const Settings settings_;
  test::FakeClock clock_;
  net::Loop loop_{clock_, {}};
  SwappingJournal kept_;
  std::unique_ptr<journal::Journal> none_;
  journal::Journal& journal_;
  PromptSettler settler_{journal_};
  OpenHandedDesk desk_;
  test::FakeArchive archive_;
  PlainPasswords passwords_;
  access::ProcessKey key_;
  access::Guard guard_;
  relay::Limits limits_;
  relay::Dedupe dedupe_;
  std::unique_ptr<relay::PartPins> parts_ = std::make_unique<relay::PartPins>();
  std::unique_ptr<relay::OpenMultis> multis_ = std::make_unique<relay::OpenMultis>();
  Metrics metrics_;
  relay::PostOffice post_{1};
  billing::CreditBook credit_;
  relay::SnapshotBuilder builder_;
  Peers peers_;
  relay::Relay relay_;
  unsigned rounds_left_ = 0;
  unsigned turns_without_end_ = 0;
  bool counted_ = false;
};

}  // namespace hub::bench
