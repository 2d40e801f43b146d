// Binds at suppliers that come and go with the configuration, while messages are under way on them.
#include <gtest/gtest.h>

#include <functional>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

enum class What { kBind, kSupplier };
enum class Answered { kBefore, kBehind, kNever };
struct OffAndOnCase {
  const char* name;
  What what;
  Answered answered;  // what was outstanding: seen from the moment it is on again
};

store::Catalog OneAtATime(bool enabled, What what) {
  store::Catalog catalog = AlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 1;
  (what == What::kBind ? catalog.supplier_binds[0].enabled : catalog.suppliers[0].enabled) =
      enabled;
  return catalog;
}

// The newest connection to alpha, bound.
SmppPeer Renewed(RelayRig& rig) {
  ScriptedPeer& connection = *rig.network.peers().back();
  EXPECT_EQ(connection.address().port, 1001);
  connection.Accept();
  SmppPeer peer(connection);
  peer.Answer(*peer.Next(), ESME_ROK, "smsc");
  return peer;
}

class OffAndOn : public testing::TestWithParam<OffAndOnCase> {};

TEST_P(OffAndOn, WhileItsWindowIsFullTakesMessagesAgain) {
  const OffAndOnCase& c = GetParam();
  KeptRig rig(OneAtATime(true, c.what));
  SmppPeer before = rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 3; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  const Pdu outstanding = *before.Next();
  rig.Use(OneAtATime(false, c.what));
  if (c.answered == Answered::kBefore) before.Answer(outstanding, ESME_ROK, "1");
  rig.Use(OneAtATime(true, c.what));
  SmppPeer after = Renewed(rig);
  if (c.answered == Answered::kBehind) before.Answer(outstanding, ESME_ROK, "1");
  EXPECT_EQ(rig.TakeAll(after, 1min), (std::vector{To(1), To(2)}));
  const relay::LinkState& link = *rig.relay->front().snapshot()->suppliers[0].links[0];
  EXPECT_EQ(link.load, 0);
  EXPECT_EQ(link.queued, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Links, OffAndOn,
    testing::Values(OffAndOnCase{"ABindAnsweredBefore", What::kBind, Answered::kBefore},
                    OffAndOnCase{"ABindAnsweredBehind", What::kBind, Answered::kBehind},
                    OffAndOnCase{"ABindNeverAnswered", What::kBind, Answered::kNever},
                    OffAndOnCase{"ASupplierAnsweredBefore", What::kSupplier, Answered::kBefore},
                    OffAndOnCase{"ASupplierAnsweredBehind", What::kSupplier, Answered::kBehind}),
    [](const auto& each) { return std::string(each.param.name); });

// --- a drain is no end of a route ---------------------------------------------------------------------------------

store::Catalog OnlyAlpha(store::AnswerMode answer, bool enabled, What what) {
  store::Catalog catalog = OneAtATime(enabled, what);
  catalog.clients[0].answer = answer;
  return catalog;
}

TEST(Links, WhileTheOnlySupplierIsDrainedClientsAreToldToComeAgain) {
  for (const What what : {What::kBind, What::kSupplier}) {
    KeptRig rig(OnlyAlpha(store::AnswerMode::kUpstream, true, what));
    rig.alpha();
    SmppPeer acme = rig.Customer();
    rig.Use(OnlyAlpha(store::AnswerMode::kUpstream, false, what));
    acme.Send(Submit(2));
    EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RSYSERR});
    const auto rejects = rig.All<store::RejectRecord>();
    ASSERT_EQ(rejects.size(), 1u);
    EXPECT_EQ(rejects[0].reason, "suppliers_down");
    EXPECT_EQ(rig.relay->front().snapshot()->suppliers[0].WhyDown(), routing::Drop::kdraining);
    rig.ExpectMoneyBalances();
  }
}

TEST(Links, WhatIsOursWaitsForTheOnlySupplierUntilItIsResumed) {
  for (const What what : {What::kBind, What::kSupplier}) {
    KeptRig rig(OnlyAlpha(store::AnswerMode::kAccepted, true, what));
    SmppPeer before = rig.alpha();
    SmppPeer acme = rig.Customer();
    rig.Use(OnlyAlpha(store::AnswerMode::kAccepted, false, what));
    rig.Accepted(acme, Submit(2, 0, To(1)));
    rig.network.Advance(10min);
    EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
    rig.Use(OnlyAlpha(store::AnswerMode::kAccepted, true, what));
    SmppPeer after = Renewed(rig);
    EXPECT_EQ(rig.TakeAll(after, 70min), std::vector{To(1)});
  }
}

// What an operator is told to do with a supplier that does not come back.
TEST(Links, ADrainedSupplierWithoutPricesIsAwayForGood) {
  for (const store::AnswerMode answer :
       {store::AnswerMode::kUpstream, store::AnswerMode::kAccepted}) {
    store::Catalog catalog = OnlyAlpha(answer, false, What::kSupplier);
    catalog.clients[0].message_ttl_s = 3'600;
    KeptRig rig(catalog);
    SmppPeer acme = rig.Customer();
    const bool is_ours = answer == store::AnswerMode::kAccepted;
    if (is_ours) rig.Accepted(acme, Submit(2, 0, To(1)));
    std::erase_if(catalog.rates, [&](const store::RateRow& rate) {
      return rate.deck_id != catalog.clients[0].deck_id;  // beta is drained too
    });
    rig.Use(catalog);
    acme.Send(Submit(3));
    EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RINVDSTADR});
    if (!is_ours) continue;
    rig.network.Advance(1h);
    const auto ends = rig.All<store::OutcomeRecord>();
    ASSERT_EQ(ends.size(), 1u);
    EXPECT_EQ(ends[0].message_state, static_cast<std::uint8_t>(smpp::MessageState::EXPIRED));
  }
}

// A bind of two that is drained leaves the other one, and that one may be down.
TEST(Links, OneDrainedBindOfTwoIsNoDrainedSupplier) {
  store::Catalog catalog = AlphaAlone();
  catalog.supplier_binds.push_back(catalog.supplier_binds[0]);
  catalog.supplier_binds.back().bind_id = 99;
  catalog.supplier_binds[0].enabled = false;
  KeptRig rig(catalog);
  EXPECT_EQ(rig.relay->front().snapshot()->suppliers[0].WhyDown(), routing::Drop::klink_down);
}

// The timer of the old queue runs on; what it counts is not its successor's.
TEST(Links, APredecessorCountsNothingForItsSuccessor) {
  store::Catalog catalog = TwoSuppliers();  // the client waits for its answer: links queue
  catalog.suppliers[1].enabled = false;
  catalog.supplier_binds[0].window_requests_max = 2;
  KeptRig rig(catalog);
  SmppPeer before = rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 3; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  ASSERT_TRUE(before.Next() && before.Next());
  rig.network.Advance(5s);
  const relay::LinkState& link = *rig.relay->front().snapshot()->suppliers[0].links[0];
  EXPECT_EQ(link.load, 3);
  EXPECT_EQ(link.queued, 1);
  store::Catalog off = catalog;
  off.supplier_binds[0].enabled = false;
  rig.Use(off);
  rig.Use(catalog);
  SmppPeer after = Renewed(rig);
  EXPECT_EQ(link.load, 0);
  EXPECT_EQ(link.queued, 0);
  acme.Send(Submit(5, 0, To(5)));
  ASSERT_TRUE(after.Next());
  rig.network.Advance(5s);  // the two of the old link time out, and the one that it never sent
  EXPECT_EQ(link.load, 2);  // has found the new one
}

// Whoever wrote the row: it costs its own bind, and everything else goes on.
TEST(Links, ABindThatCannotBeSaidCostsNobodyElseAnything) {
  store::Catalog catalog = TwoSuppliers();
  catalog.supplier_binds[0].password = std::string(65, 'p');
  RelayRig rig(catalog);
  SmppPeer acme = rig.Customer();
  rig.beta();
  acme.Send(Submit(2));
  rig.beta().Answer(*rig.beta().Next(), ESME_ROK, "1");
  rig.SyncDisk();
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_ROK});
  const relay::LinkState& link = *rig.relay->front().snapshot()->suppliers[0].links[0];
  EXPECT_EQ(link.failures, 1u);
  EXPECT_EQ(link.last_reason, CloseReason::bind_unwritable);

  catalog.supplier_binds[0].password = std::string(64, 'p');
  rig.Use(catalog);
  acme.Send(Submit(3));
  EXPECT_TRUE(rig.alpha().connected()) << "a row that was mended is tried at once";
}

// --- what a bind that leaves still owes ---------------------------------------------------------------------------

store::Catalog StoringMo(bool alpha_is_on) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].mo_offline = store::MoOffline::kStore;
  catalog.supplier_binds[0].enabled = alpha_is_on;
  return catalog;
}

Octets Mo(std::uint32_t sequence_number) {
  return Message(smpp::CommandId::deliver_sm, sequence_number, "4915112345678", "1000", "hello");
}

// With an MO of alpha on its way to disk when alpha's bind is told to go.
struct OwingRig : KeptRig {
  explicit OwingRig(const std::function<void(OwingRig&)>& stop) : KeptRig(StoringMo(true)) {
    alpha();
    journal.slow = true;
    alpha().Send(Mo(7));
    stop(*this);
  }
  // The command_ids that alpha gets, each with its sequence_number when it is an answer.
  std::vector<std::pair<smpp::CommandId, std::uint32_t>> Told() {
    std::vector<std::pair<smpp::CommandId, std::uint32_t>> told;
    while (const auto pdu = alpha().Next()) {
      const bool answer = smpp::IsResponse(pdu->id());
      told.emplace_back(pdu->id(), answer ? pdu->sequence_number() : 0);
      if (answer) {
        EXPECT_EQ(pdu->status(), ESME_ROK);
      }
    }
    return told;
  }
};

void Reloads(OwingRig& rig) { rig.Use(StoringMo(false)); }
void Drains(OwingRig& rig) {
  rig.relay->DrainSuppliers();
  rig.network.RunUntilQuiet();
}

using Told = std::vector<std::pair<smpp::CommandId, std::uint32_t>>;

TEST(Links, ABindThatLeavesAnswersWhatItOwesBeforeItsUnbind) {
  for (void (*stop)(OwingRig&) : {Reloads, Drains}) {
    OwingRig rig(stop);
    EXPECT_EQ(rig.Told(), Told()) << "the unbind overtook the answer";
    rig.SyncDisk();
    EXPECT_EQ(rig.Told(),
              (Told{{smpp::CommandId::deliver_sm_resp, 7}, {smpp::CommandId::unbind, 0}}));
    EXPECT_EQ(rig.Count(Metric::deliveries_left), 0u);
  }
}

TEST(Links, ABindThatLeavesWaitsForItsAnswersNoLongerThanItsSupplierDoes) {
  OwingRig rig(Reloads);
  rig.network.Advance(9'999ms);
  EXPECT_EQ(rig.Told(), Told());
  rig.network.Advance(1ms);
  EXPECT_EQ(rig.Told(), (Told{{smpp::CommandId::unbind, 0}}));
  EXPECT_EQ(rig.Count(Metric::deliveries_left), 1u);
  rig.SyncDisk();
  EXPECT_EQ(rig.Told(), (Told{{smpp::CommandId::deliver_sm_resp, 7}})) << "it may come late";
}

// A customer that does not go, and does not answer either, must not cost the supplier its unbind: the hub waits a second for that.
TEST(Links, WhenTheHubEndsItsAnswersAreNotWaitedForAsLong) {
  OwingRig rig(Drains);
  rig.network.Advance(499ms);
  EXPECT_EQ(rig.Told(), Told());
  rig.network.Advance(1ms);
  EXPECT_EQ(rig.Told(), (Told{{smpp::CommandId::unbind, 0}}));
}

// It left by a reload when the process began to end.
TEST(Links, TheEndOfTheHubShortensWhatABindThatLeavesWaits) {
  struct {
    Duration left_for, waits;
  } const cases[] = {{1s, 500ms}, {9'900ms, 100ms}};
  for (const auto& c : cases) {
    OwingRig rig(Reloads);
    rig.network.Advance(c.left_for);
    Drains(rig);
    rig.network.Advance(c.waits - 1ms);
    EXPECT_EQ(rig.Told(), Told());
    rig.network.Advance(1ms);
    EXPECT_EQ(rig.Told(), (Told{{smpp::CommandId::unbind, 0}}));
    EXPECT_EQ(rig.Count(Metric::deliveries_left), 1u);
  }
}

// The unbind follows the last answer to a submit by then, whatever it owes: what was taken would come again, and be told twice.
TEST(Links, WhenTheHubEndsNothingIsTakenWhoseAnswerIsNotWaitedFor) {
  KeptRig rig(StoringMo(true));
  rig.alpha();
  SmppPeer acme = rig.Customer("other");
  acme.Send(Submit(2));
  const Pdu submit = *rig.alpha().Next();
  rig.journal.slow = true;
  rig.relay->DrainSuppliers();
  rig.network.Advance(500ms);
  rig.alpha().Send(Mo(7));
  const std::optional<Pdu> refused = rig.alpha().Next();
  ASSERT_TRUE(refused) << "taken, and not waited for";
  EXPECT_EQ(refused->status(), ESME_RX_T_APPN);
  EXPECT_TRUE(rig.All<store::ReceiptRecord>().empty());
  rig.alpha().Answer(submit, ESME_ROK, "1");
  EXPECT_EQ(rig.alpha().Next()->id(), smpp::CommandId::unbind);
}

TEST(Links, ABindThatOnlyOwesAnswersTakesNoMoreDeliveries) {
  OwingRig rig(Reloads);
  rig.alpha().Send(Mo(8));
  const std::optional<Pdu> refused = rig.alpha().Next();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status(), ESME_RX_T_APPN);
  EXPECT_EQ(refused->sequence_number(), 8u);
  rig.SyncDisk();
  EXPECT_EQ(rig.Told(),
            (Told{{smpp::CommandId::deliver_sm_resp, 7}, {smpp::CommandId::unbind, 0}}));
  EXPECT_EQ(rig.All<store::ReceiptRecord>().size(), 1u) << "the second one is its supplier's still";
}

TEST(Links, WhileSubmitsAreOutstandingDeliveriesAreTakenYet) {
  KeptRig rig(StoringMo(true));
  rig.alpha();
  SmppPeer acme = rig.Customer("other");
  acme.Send(Submit(2));
  const Pdu submit = *rig.alpha().Next();
  rig.Use(StoringMo(false));
  rig.alpha().Send(Mo(7));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_FALSE(rig.alpha().Next());
  rig.alpha().Answer(submit, ESME_ROK, "1");
  EXPECT_EQ(rig.alpha().Next()->id(), smpp::CommandId::unbind);
}

}  // namespace
}  // namespace hub::test
