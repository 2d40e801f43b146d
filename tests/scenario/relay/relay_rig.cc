#include "tests/scenario/relay/relay_rig.h"

#include <gtest/gtest.h>

namespace hub::test {

using enum smpp::CommandId;
using enum smpp::Status;

void FakeDesk::Request(std::int64_t account_id, Nano want, Nano need,
                       std::function<void(const store::Grant&)> done) {
  waiting_.push_back({account_id, want, need, std::move(done)});
  if (answer_now) AnswerAll();
}

void FakeDesk::AnswerAll() {
  std::vector<Waiting> now;
  now.swap(waiting_);
  for (Waiting& each : now) {
    store::Grant grant{each.account_id, store::GrantState::kUnreachable, {}};
    if (reachable) {
      const Nano give = std::min(each.want, available);
      const bool enough = give.units > 0 && give >= each.need;
      grant.state = enough ? store::GrantState::kGranted : store::GrantState::kNoCredit;
      if (enough) {
        grant.granted = give;
        available.units -= give.units;
      }
    }
    each.done(grant);
  }
}

Octets Submit(std::uint32_t sequence_number, std::uint8_t registered_delivery,
              std::string_view to) {
  return Message(submit_sm, sequence_number, "ACME", to, "hello", registered_delivery);
}

store::Catalog TwoSuppliers() {
  store::Catalog c;
  c.version = 1;
  store::ClientRow acme;
  acme.client_id = 1;
  acme.system_id = "acme";
  acme.password_hash = "secret";
  acme.account_id = 11;
  acme.currency = "EUR";
  acme.deck_id = 1;
  store::ClientRow other = acme;
  other.client_id = 2;
  other.system_id = "other";
  other.account_id = 12;
  c.clients = {acme, other};
  for (int i = 0; i < 2; ++i) {
    store::SupplierRow supplier;
    supplier.supplier_id = 101 + i;
    supplier.name = i == 0 ? "alpha" : "beta";
    supplier.type = "direct";
    supplier.currency = "EUR";
    supplier.deck_id = 2 + i;
    supplier.response_timeout_ms = 10'000;
    c.suppliers.push_back(supplier);
    store::SupplierBindRow bind;
    bind.bind_id = 201 + i;
    bind.supplier_id = supplier.supplier_id;
    bind.host = "192.0.2.9";
    bind.port = static_cast<std::uint16_t>(1001 + i);
    bind.system_id = "hub";
    bind.password = "pw";
    c.supplier_binds.push_back(bind);
  }
  c.networks = {{.network_id = 7, .mcc = "262", .mnc = "01", .country = "DE", .name = "Telekom"}};
  c.prefixes = {{"4915", 7}};
  c.decks = {{1, "sell", "EUR", store::DeckUnit::kSegment, store::ChargeBasis::kSubmit},
             {2, "alpha", "EUR", store::DeckUnit::kSegment, store::ChargeBasis::kSubmit},
             {3, "beta", "EUR", store::DeckUnit::kSegment, store::ChargeBasis::kSubmit}};
  const std::int64_t prices[] = {50'000'000, 20'000'000, 30'000'000};
  for (int i = 0; i < 3; ++i) {
    store::RateRow rate;
    rate.rate_id = 301 + i;
    rate.deck_id = 1 + i;
    rate.mcc = "262";
    rate.price = Nano{prices[i]};
    c.rates.push_back(rate);
  }
  c.mo_routes.emplace_back().prefix = "1000";
  c.mo_routes.back().client_id = 1;
  return c;
}

store::Catalog UpstreamAlphaAlone() {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[1].enabled = false;
  return catalog;
}

std::vector<smpp::Status> AnswersTo(SmppPeer& customer) {
  std::vector<smpp::Status> statuses;
  while (const std::optional<Pdu> answer = customer.Next()) statuses.push_back(answer->status());
  return statuses;
}

access::GuardLimits NoGuard() {
  access::GuardLimits limits;
  limits.unlimited_from = access::AddressList(std::vector<std::string>{"0.0.0.0/0"});
  return limits;
}

RelayRig::RelayRig(store::Catalog catalog, relay::Limits with, access::GuardLimits guarded,
                   bool keeps_records)
    : guard(key, guarded),
      limits(std::move(with)),
      credit(desk, network.clock()),
      builder(credit, 1) {
  post.SetWaker(0, [] {});
  journal.keeps_records = keeps_records;
  const relay::Context context{network,
                               metrics,
                               limits,
                               journal,
                               settler,
                               archive,
                               passwords,
                               guard,
                               dedupe,
                               *parts,
                               *multis,
                               post,
                               1,
                               0,
                               [this](std::function<void()> work) {
                                 network.Defer(std::move(work));
                                 return true;
                               },
                               [this] { return resident_octets; }};
  // Deferred work runs in the turn that asked for it: twice is the next turn.
  journal.wake = [this] { network.Defer([this] { network.Defer([] {}); }); };
  archive.settled = [this] { return settler.settled(); };
  relay = std::make_unique<relay::Relay>(context, 0);
  network.EachTurn([this] { relay->EachTurn(); });
  Use(std::move(catalog));
}

// An answer that is counted twice would be a share that is full for ever.
RelayRig::~RelayRig() {
  const relay::SnapshotPtr snapshot = relay == nullptr ? nullptr : relay->front().snapshot();
  if (snapshot == nullptr) return;
  std::uint64_t unanswered = 0;
  for (const auto& client : snapshot->clients) unanswered += client->of_loop[0].unanswered.value();
  EXPECT_LE(unanswered, Count(Metric::messages_in_flight));
}

void RelayRig::Use(store::Catalog catalog) {
  auto snapshot =
      builder.Build(std::make_shared<const store::Catalog>(std::move(catalog)), nullptr);
  ASSERT_TRUE(snapshot.ok()) << snapshot.error().Text();
  ASSERT_TRUE(relay->Use(*snapshot).ok());
  network.RunUntilQuiet();
}

SmppPeer RelayRig::Customer(std::string_view system_id, smpp::CommandId mode,
                            std::uint8_t version) {
  SmppPeer peer(network.PeerConnects([this](net::Stream& stream) { return relay->Accept(stream); },
                                     limits.esme.stream));
  peer.Send(Bind(mode, 1, system_id, "secret", version));
  const std::optional<Pdu> answer = peer.Next();
  EXPECT_TRUE(answer && answer->status() == ESME_ROK);
  return peer;
}

SmppPeer& RelayRig::Supplier(std::uint16_t port) {
  for (auto& [known, peer] : suppliers) {
    if (known == port && peer->connected()) return *peer;
  }
  ScriptedPeer* newest = nullptr;
  for (ScriptedPeer* each : network.peers()) {
    if (each->address().port == port && !each->connected() && !each->close_cause()) newest = each;
  }
  if (newest == nullptr) throw std::logic_error("nobody connects to this supplier");
  newest->Accept();
  auto peer = std::make_unique<SmppPeer>(*newest);
  const Pdu bind = *peer->Next();
  peer->Send(IdAnswer(smpp::ResponseOf(bind.id()), ESME_ROK, bind.sequence_number(), "smsc"));
  suppliers.emplace_back(port, std::move(peer));
  return *suppliers.back().second;
}

void RelayRig::ExpectMoneyBalances() const {
  std::int64_t charged = 0;
  for (const auto& row : All<store::MessageRecord>()) charged += row.amount.units;
  std::int64_t left = desk.available.units;
  for (std::int64_t account : {11, 12})
    left += const_cast<billing::CreditBook&>(credit).Of(account)->remaining().units;
  EXPECT_EQ(left + charged, FakeDesk().available.units);
}

}  // namespace hub::test
