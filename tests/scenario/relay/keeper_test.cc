// Store and forward (answer = accepted): answered when it is on disk, then delivered, put off or given up, and told.
#include <gtest/gtest.h>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

constexpr std::int64_t kHeld = INT64_MAX;

// --- accepted --------------------------------------------------------------------------------------------------

TEST(Keeper, OkLeavesWhenTheMessageIsDurableAndNoSupplierSeesItBefore) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.journal.slow = true;
  const Octets sent = Submit(2);
  acme.Send(sent);
  const auto messages = rig.All<store::MessageRecord>();
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(Octets(messages[0].pdu.begin(), messages[0].pdu.end()), sent);
  EXPECT_EQ(messages[0].expires_at_us, rig.micros_from_now(48h)) << "message_ttl_s";
  EXPECT_EQ(messages[0].supplier_id, 0) << "nobody took it yet";
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(1s);
  EXPECT_FALSE(acme.Next()) << "time alone makes nothing durable";
  EXPECT_TRUE(rig.All<store::HandedRecord>().empty()) << "nobody sees what may yet be lost";

  rig.SyncDisk();
  const Pdu answer = *acme.Next();
  EXPECT_EQ(answer.status(), ESME_ROK);
  EXPECT_EQ(answer.message_id(), std::to_string(messages[0].message_id));
  ASSERT_EQ(rig.All<store::HandedRecord>().size(), 1u);
  EXPECT_TRUE(rig.All<store::HandedRecord>()[0].answered);
  EXPECT_FALSE(rig.alpha().Next()) << "handed is not durable yet";
  rig.SyncDisk();
  Pdu got = *rig.alpha().Next();
  smpp::PatchSequenceNumber(got.octets.data(), 2);
  EXPECT_EQ(got.octets, sent);
}

TEST(Keeper, WhatASupplierTookLeavesTheQueueAndItsReceiptFindsIt) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Submit(2));
  rig.Answers(rig.alpha(), ESME_ROK, "1A2B");
  EXPECT_TRUE(rig.Queue().empty());
  ASSERT_EQ(rig.All<store::QueueEndRecord>().size(), 1u);
  const auto attempts = rig.All<store::AttemptRecord>();
  ASSERT_EQ(attempts.size(), 1u);
  EXPECT_EQ(attempts[0].result, store::AttemptResult::kAccepted);
  EXPECT_FALSE(attempts[0].possible_duplicate);
  EXPECT_FALSE(acme.Next()) << "it has its answer";

  rig.alpha().Send(Receipt(900, "6699", "4915112345678", "ACME"));
  const Pdu receipt = *acme.Next();
  EXPECT_EQ(receipt.receipt_id(), id);
  EXPECT_EQ(StatIn(receipt), "DELIVRD");
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 1u) << "charged once";
  rig.ExpectMoneyBalances();
}

TEST(Keeper, AClientThatHungUpMeanwhileHasItsMessageDelivered) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.journal.slow = true;
  acme.Send(Submit(2));
  acme.raw().Break();
  rig.SyncDisk();
  rig.SyncDisk();
  EXPECT_TRUE(rig.Answers(rig.alpha(), ESME_ROK));
  EXPECT_EQ(rig.Last<store::QueueEndRecord>().message_id,
            rig.Last<store::MessageRecord>().message_id);
}

TEST(Keeper, SuppliersThatAreAllDownMakeItWaitAndItGoesWhenOneComes) {
  KeptRig rig(Accepting());
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Submit(2));
  rig.network.Advance(1min);
  EXPECT_TRUE(rig.All<store::HandedRecord>().empty());
  EXPECT_EQ(rig.Queue().size(), 1u);
  rig.Returns(1002);
  rig.network.Advance(5s);
  ASSERT_TRUE(rig.Answers(rig.beta(), ESME_ROK, "1"));
  rig.beta().Send(Receipt(900, "1", "4915112345678", "ACME"));
  EXPECT_EQ(acme.Next()->receipt_id(), id);
}

TEST(Keeper, AnOutageDoesNotUseUpTheSchedule) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2));
  rig.Answers(rig.alpha(), ESME_RSYSERR);
  EXPECT_EQ(rig.Last<store::QueuedRecord>().cycles, 1);
  rig.alpha().raw().Break();
  rig.network.Advance(1min);  // nobody is there to be tried
  EXPECT_EQ(rig.All<store::QueuedRecord>().size(), 1u);
  rig.Returns(1001);
  rig.network.Advance(5s);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
  EXPECT_EQ(rig.Last<store::QueuedRecord>().cycles, 2);
  EXPECT_EQ(rig.Last<store::QueuedRecord>().next_at_us, rig.micros_from_now(15s));
}

// --- refused for now -------------------------------------------------------------------------------------------

TEST(Keeper, TemporaryErrorsTryTheNextRouteThenWaitAndTryAllAgain) {
  KeptRig rig(Accepting());
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2));
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
  EXPECT_TRUE(rig.All<store::QueuedRecord>().empty());
  ASSERT_TRUE(rig.Answers(rig.beta(), ESME_RSUBMITFAIL)) << "at once";
  const auto queued = rig.All<store::QueuedRecord>();
  ASSERT_EQ(queued.size(), 1u);
  EXPECT_EQ(queued[0].next_at_us, rig.micros_from_now(5s));
  EXPECT_EQ(queued[0].attempts, 2);
  EXPECT_FALSE(queued[0].possible_duplicate);
  rig.network.Advance(4999ms);
  EXPECT_FALSE(rig.alpha().Next());
  rig.network.Advance(1ms);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK));
  EXPECT_EQ(rig.Last<store::AttemptRecord>().attempt_no, 3);
  EXPECT_TRUE(rig.Queue().empty());
  EXPECT_FALSE(acme.Next()) << "no word about what is not final";
  rig.ExpectMoneyBalances();
}

TEST(Keeper, WaitsByTheSuppliersScheduleAndThenByItsLastPauseAgainAndAgain) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].retry_after_s = {7, 20, 60};
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2));
  std::int32_t cycles = 0;
  for (const Duration pause : {7s, 20s, 60s, 60s, 60s}) {
    ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR)) << cycles;
    EXPECT_EQ(rig.Last<store::QueuedRecord>().cycles, ++cycles);
    EXPECT_EQ(rig.Last<store::QueuedRecord>().next_at_us, rig.micros_from_now(pause));
    rig.network.Advance(pause - 1ms);
    EXPECT_FALSE(rig.alpha().Next()) << cycles;
    rig.network.Advance(1ms);
  }
  EXPECT_TRUE(rig.Answers(rig.alpha(), ESME_ROK));
}

TEST(Keeper, EachTryIsPlannedAnewAndTheClientsPriceStays) {
  KeptRig rig(Accepting());
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2));
  rig.Answers(rig.alpha(), ESME_RSYSERR);
  rig.Answers(rig.beta(), ESME_RSYSERR);
  store::Catalog catalog = Accepting();
  catalog.version = 2;
  catalog.rates[0].price = Nano{60'000'000};  // acme pays more from now on
  catalog.rates[1].price = Nano{45'000'000};  // and alpha is the dearer one
  rig.Use(catalog);
  rig.network.Advance(5s);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_TRUE(rig.Answers(rig.beta(), ESME_ROK));
  EXPECT_EQ(rig.Last<store::AttemptRecord>().cost, Nano{30'000'000});
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  rig.ExpectMoneyBalances();
}

struct StatusCase {
  const char* name;
  std::uint32_t status;
  store::StatusClass of_supplier;
  bool comes_again;
};
class SuppliersOwnStatus : public testing::TestWithParam<StatusCase> {};

TEST_P(SuppliersOwnStatus, GoesBeforeTheDefaultTable) {
  const StatusCase& c = GetParam();
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].statuses = {{c.status, c.of_supplier}};
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2));
  rig.Answers(rig.alpha(), static_cast<smpp::Status>(c.status));
  EXPECT_EQ(rig.Queue().size(), c.comes_again ? 1u : 0u);
  rig.network.Advance(5s);
  EXPECT_EQ(rig.alpha().Next().has_value(), c.comes_again);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SuppliersOwnStatus,
    testing::Values(
        StatusCase{"PermanentMadeTransient", 0x0B, store::StatusClass::kTransient, true},
        StatusCase{"PermanentMadeThrottle", 0x66, store::StatusClass::kThrottle, true},
        StatusCase{"TransientMadePermanent", 0x08, store::StatusClass::kPermanent, false},
        StatusCase{"VendorsMadePermanent", 0x401, store::StatusClass::kPermanent, false}),
    [](const auto& c) { return std::string(c.param.name); });

// --- given up --------------------------------------------------------------------------------------------------

TEST(Keeper, ARefusalForGoodIsToldByAReceiptOfTheHubOnce) {
  KeptRig rig(Accepting());
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer(), other = rig.Customer("other");
  const std::string id = rig.Accepted(acme, Submit(2));
  rig.Answers(rig.alpha(), ESME_RINVDSTADR);
  const Pdu receipt = *acme.Next();
  EXPECT_EQ(receipt.receipt_id(), id);
  EXPECT_EQ(StatIn(receipt), "REJECTD");
  EXPECT_EQ(receipt.view().source_addr, "4915112345678") << "the other way round";
  EXPECT_EQ(receipt.view().destination_addr, "ACME");
  acme.Answer(receipt, ESME_ROK, "");
  const auto outcomes = rig.All<store::OutcomeRecord>();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(std::to_string(outcomes[0].message_id), id);
  EXPECT_EQ(outcomes[0].cause, store::OutcomeCause::kUpstreamReject);
  EXPECT_EQ(outcomes[0].message_state, 8);
  EXPECT_TRUE(outcomes[0].moves_money);
  EXPECT_TRUE(rig.Queue().empty());
  rig.network.Advance(1h);
  EXPECT_FALSE(rig.beta().Next()) << "nobody else is asked";
  EXPECT_FALSE(acme.Next() || other.Next());
  ASSERT_EQ(rig.All<store::ReceiptRecord>().size(), 1u);
  EXPECT_EQ(rig.Last<store::ReceiptEndRecord>().end, store::ReceiptEnd::kDelivered);
}

struct WantedCase {
  std::uint8_t registered_delivery;
  bool wanted;
};
class OwnReceipt : public testing::TestWithParam<WantedCase> {};

TEST_P(OwnReceipt, ReachesWhoAskedForFailures) {  // SMPP v3.4 §5.2.17
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2, GetParam().registered_delivery));
  rig.Answers(rig.alpha(), ESME_RINVDSTADR);
  EXPECT_EQ(acme.Next().has_value(), GetParam().wanted);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u) << "whoever asked";
}

INSTANTIATE_TEST_SUITE_P(RegisteredDelivery, OwnReceipt,
                         testing::Values(WantedCase{0, false}, WantedCase{1, true},
                                         WantedCase{2, true}, WantedCase{3, false},
                                         WantedCase{0x10, false}, WantedCase{0x11, true},
                                         WantedCase{0x12, true}),
                         [](const auto& c) {
                           return "Flags" + std::to_string(int{c.param.registered_delivery});
                         });

TEST(Keeper, AReceiptOfTheHubWaitsForAClientThatIsAway) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2));
  acme.raw().Break();
  rig.Answers(rig.alpha(), ESME_RINVDSTADR);
  const auto receipts = rig.All<store::ReceiptRecord>();
  ASSERT_EQ(receipts.size(), 1u);
  EXPECT_TRUE(receipts[0].is_final);
  EXPECT_EQ(receipts[0].expires_at_us, rig.micros_from_now(72h)) << "receipt_ttl_s";
  EXPECT_EQ(rig.Count(Metric::receipts_stored), 1u);
}

// --- nobody knows ----------------------------------------------------------------------------------------------

struct UnknownCase {
  const char* name;
  bool link_lost;
  store::OnUnknown on_unknown;
};
class Unknown : public testing::TestWithParam<UnknownCase> {
 protected:
  // Alpha has it and nobody will ever hear of it; then beta is there.
  Unknown() {
    store::Catalog catalog = Accepting();
    catalog.suppliers[0].on_unknown = GetParam().on_unknown;
    rig.emplace(catalog);
    rig->alpha();
    rig->beta();
    acme.emplace(rig->Customer());
    id = rig->Accepted(*acme, Submit(2));
    EXPECT_TRUE(rig->alpha().Next());
    if (GetParam().link_lost) rig->alpha().raw().Break();
    rig->network.Advance(GetParam().link_lost ? 0s : 10s);
  }

  std::optional<KeptRig> rig;
  std::optional<SmppPeer> acme;
  std::string id;
};

TEST_P(Unknown, GoesByTheSuppliersSetting) {
  const auto first = rig->All<store::AttemptRecord>();
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0].result, GetParam().link_lost ? store::AttemptResult::kLinkLost
                                                  : store::AttemptResult::kTimeout);
  const std::optional<Pdu> again = rig->beta().Next();
  const std::optional<Pdu> told = acme->Next();
  EXPECT_EQ(again.has_value(), GetParam().on_unknown == store::OnUnknown::kResend);
  EXPECT_EQ(told.has_value(), GetParam().on_unknown == store::OnUnknown::kFail);
  switch (GetParam().on_unknown) {
    case store::OnUnknown::kHold: {
      const store::QueuedRecord held = rig->Last<store::QueuedRecord>();
      EXPECT_EQ(std::to_string(held.message_id), id);
      EXPECT_EQ(held.next_at_us, kHeld);
      EXPECT_TRUE(held.possible_duplicate);
      EXPECT_EQ(rig->Count(Metric::kept_held), 1u);
      break;
    }
    case store::OnUnknown::kResend:
      EXPECT_TRUE(rig->Last<store::HandedRecord>().possible_duplicate);
      rig->beta().Answer(*again, ESME_ROK, "1");
      EXPECT_TRUE(rig->Last<store::AttemptRecord>().possible_duplicate);
      EXPECT_TRUE(rig->Queue().empty());
      break;
    case store::OnUnknown::kFail:
      EXPECT_EQ(StatIn(*told), "UNKNOWN");
      EXPECT_EQ(told->receipt_id(), id);
      acme->Answer(*told, ESME_ROK, "");
      EXPECT_EQ(rig->Last<store::OutcomeRecord>().cause, store::OutcomeCause::kUnknown);
      EXPECT_TRUE(rig->Queue().empty());
      break;
  }
  if (GetParam().link_lost) rig->Returns(1001);
  rig->network.Advance(49h);  // its time to live is over, too
  EXPECT_FALSE(rig->alpha().Next() || rig->beta().Next()) << "nobody sees it again";
  EXPECT_FALSE(acme->Next());
}

INSTANTIATE_TEST_SUITE_P(
    OnUnknown, Unknown,
    testing::Values(UnknownCase{"TimeoutHold", false, store::OnUnknown::kHold},
                    UnknownCase{"TimeoutResend", false, store::OnUnknown::kResend},
                    UnknownCase{"TimeoutFail", false, store::OnUnknown::kFail},
                    UnknownCase{"LinkLostHold", true, store::OnUnknown::kHold},
                    UnknownCase{"LinkLostResend", true, store::OnUnknown::kResend},
                    UnknownCase{"LinkLostFail", true, store::OnUnknown::kFail}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(Keeper, AMarkOfAPossibleDuplicateOutlivesTheWait) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].on_unknown = store::OnUnknown::kResend;
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2));
  ASSERT_TRUE(rig.alpha().Next());
  rig.network.Advance(10s);  // no answer, and no other route
  EXPECT_TRUE(rig.Last<store::QueuedRecord>().possible_duplicate);
  rig.network.Advance(5s);
  EXPECT_TRUE(rig.alpha().Next());
  EXPECT_TRUE(rig.Last<store::HandedRecord>().possible_duplicate);
}

// --- changes meanwhile -----------------------------------------------------------------------------------------

TEST(Keeper, AClientThatIsRemovedLeavesItsMessagesToTheirTime) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer(), other = rig.Customer("other");
  for (std::uint32_t n = 2; n < 5; ++n) rig.Accepted(acme, Submit(n));
  for (std::uint32_t n = 2; n < 5; ++n) ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
  rig.Accepted(acme, Submit(5));
  store::Catalog catalog = AlphaAlone();
  catalog.clients.erase(catalog.clients.begin());
  catalog.mo_routes.clear();
  rig.Use(catalog);
  rig.Answers(rig.alpha(), ESME_ROK, "5");  // what was under way ends
  rig.network.Advance(1min);
  EXPECT_FALSE(rig.alpha().Next()) << "nobody pays for it any more";
  rig.network.Advance(49h);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 3u) << "expired";
  rig.Accepted(other, Submit(2));
  EXPECT_TRUE(rig.Answers(rig.alpha(), ESME_ROK)) << "its neighbour goes on";
}

}  // namespace
}  // namespace hub::test
