// The whole relay of one loop in one process: fake clock and network, scripted customers and suppliers, a catalog of
// two suppliers and two customers, journal and PostgreSQL replaced by objects whose disk the test holds in its hand.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/relay/relay.h"
#include "tests/support/fake_journal.h"
#include "tests/support/smpp_peer.h"

namespace hub::test {

/// Grants what is left of one account's money; silent on demand.
class FakeDesk final : public store::LeaseDesk {
 public:
  void Request(std::int64_t account_id, Nano want, Nano need,
               std::function<void(const store::Grant&)> done) override;
  Outcome<Done> CloseAll(std::int64_t) override { return Done{}; }
  /// Answers everything that waits (answer_now = false collects).
  void AnswerAll();
  /// The answers to what waits are lost.
  void DropAll() { waiting_.clear(); }

  Nano available{1'000'000'000'000};
  bool reachable = true, answer_now = true;

 private:
  struct Waiting {
    std::int64_t account_id;
    Nano want, need;
    std::function<void(const store::Grant&)> done;
  };
  std::vector<Waiting> waiting_;
};

/// "hash" is the password itself, judged at once.
class PlainPasswords final : public access::PasswordJudge {
 public:
  bool Judge(access::PasswordCase one) override {
    if (is_full) return false;
    ++judged;
    last = std::move(one);
    if (!judge_later) JudgeLast();
    return true;
  }
  void JudgeLast() {
    std::string right;
    for (const access::PasswordHash& hash : last.hashes) {
      if (hash.text == last.password) right = hash.text;
    }
    last.done(right);
  }
  void Forget(std::int64_t client_id) override { forgotten.push_back(client_id); }

  int judged = 0;
  bool judge_later = false;  // by JudgeLast
  bool is_full = false;      // too many wait: none is taken
  access::PasswordCase last;
  std::vector<std::int64_t> forgotten;
};

/// Two suppliers: alpha costs 0.020, beta 0.030 a segment; customer acme pays 0.050, its currency EUR; 4915 is network 262-01.
store::Catalog TwoSuppliers();

/// What the tests send most: "hello" from ACME.
Octets Submit(std::uint32_t sequence_number, std::uint8_t registered_delivery = 1,
              std::string_view to = "4915112345678");

/// No limit per address: the tests' customers all come from one.
access::GuardLimits NoGuard();

/// TwoSuppliers, but beta is switched off.
store::Catalog UpstreamAlphaAlone();
/// The statuses of all answers that came.
std::vector<smpp::Status> AnswersTo(SmppPeer& customer);

struct RelayRig {
  explicit RelayRig(store::Catalog catalog = TwoSuppliers(), relay::Limits with = {},
                    access::GuardLimits guarded = NoGuard(), bool keeps_records = true);
  /// Whatever the test was about: no client has more unanswered than there are messages.
  ~RelayRig();

  /// Takes another catalog in force, as a reload does.
  void Use(store::Catalog catalog);
  /// Binds a customer.
  SmppPeer Customer(std::string_view system_id = "acme",
                    smpp::CommandId mode = smpp::CommandId::bind_transceiver,
                    std::uint8_t version = 0x34);
  /// The supplier's end: accepts connection and bind on first use.
  SmppPeer& Supplier(std::uint16_t port);
  SmppPeer& alpha() { return Supplier(1001); }
  SmppPeer& beta() { return Supplier(1002); }
  /// The disk has everything, and what waited for it has gone on.
  void SyncDisk() {
    journal.Sync();
    network.RunUntilQuiet();
  }
  /// What was written into the journal.
  template <class R>
  std::vector<R> All() const {
    return journal.All<R>(KindOf<R>());
  }
  std::uint64_t Count(Metric metric) const { return metrics.Get(metric); }
  /// Everything reserved was charged or released: what the lease lacks is the sum of the charges.
  void ExpectMoneyBalances() const;

  FakeNetwork network;
  FakeDesk desk;
  FakeJournal journal;
  FakeSettler settler{journal};
  FakeArchive archive;
  PlainPasswords passwords;
  access::ProcessKey key;
  access::Guard guard;
  relay::Dedupe dedupe{1'000};
  std::unique_ptr<relay::PartPins> parts = std::make_unique<relay::PartPins>();
  std::unique_ptr<relay::OpenMultis> multis = std::make_unique<relay::OpenMultis>();
  Metrics metrics;
  relay::Limits limits;
  std::uint64_t resident_octets = 0;  // as the relay reads it
  relay::PostOffice post{1};
  billing::CreditBook credit;
  relay::SnapshotBuilder builder;
  std::unique_ptr<relay::Relay> relay;
  std::vector<std::pair<std::uint16_t, std::unique_ptr<SmppPeer>>> suppliers;
};

}  // namespace hub::test
