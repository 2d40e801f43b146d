// Messages whose final receipt does not come: their client is told a final state by its policy, once.
#include <gtest/gtest.h>

#include <limits>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

constexpr std::int32_t kDlrTimeout = 3'600;

// acme's messages wait an hour for their receipt. What the test puts into `late` PostgreSQL names once it is overdue.
struct OverdueRig : KeptRig {
  explicit OverdueRig(std::uint8_t no_receipt_state = 7, store::AnswerMode answer = {},
                      relay::Limits with = Patient())
      : KeptRig(Catalog(no_receipt_state, answer), std::move(with)) {
    relay->LookForOverdue();
    alpha();
  }
  static store::Catalog Catalog(std::uint8_t no_receipt_state, store::AnswerMode answer,
                                std::int32_t dlr_timeout_s = kDlrTimeout) {
    store::Catalog catalog = TwoSuppliers();
    catalog.suppliers[1].enabled = false;
    catalog.clients[0].answer = answer;
    catalog.clients[0].dlr_timeout_s = dlr_timeout_s;
    catalog.clients[0].no_receipt_state = no_receipt_state;
    return catalog;
  }
  // acme's message that alpha took as `upstream_id`; returns its id.
  std::string Taken(SmppPeer& acme, std::string_view upstream_id,
                    std::uint8_t registered_delivery = 1) {
    acme.Send(Submit(++sequence_number, registered_delivery));
    Answers(alpha(), ESME_ROK, upstream_id);
    return acme.Next()->message_id();
  }
  // PostgreSQL names all messages without an outcome that it knows to be late.
  void Name() {
    archive.overdue.clear();
    for (const store::MessageRecord& each : All<store::MessageRecord>()) {
      store::OverdueMessage late;
      late.message_id = each.message_id;
      late.client_id = each.client_id;
      late.registered_delivery = each.registered_delivery;
      late.source_addr = each.source_addr;
      late.source_addr_ton = each.source_addr_ton;
      late.destination_addr = each.destination_addr;
      late.dest_addr_ton = each.dest_addr_ton;
      late.accepted_at_us = late.waits_since_us = each.accepted_at_us;
      late.moves_money = true;
      archive.overdue.push_back(late);
    }
  }
  // Till the next page of overdue messages: 5 s after a look, of which there is one in 10 s.
  void UntilAsked() {
    const int pages = archive.overdue_pages;
    for (int i = 0; i < 200 && archive.overdue_pages == pages; ++i) network.Advance(100ms);
    EXPECT_GT(archive.overdue_pages, pages);
  }
  // PostgreSQL has it under alpha's id "5".
  void Knows(const std::string& id, bool outcome_known) {
    store::FoundMessage known;
    known.asked = {101, "5"};
    known.message_id = std::stoull(id);
    known.client_id = 1;
    known.registered_delivery = 1;
    known.destination_addr = "4915112345678";
    known.outcome_known = outcome_known;
    archive.known = {known};
  }
  std::uint32_t sequence_number = 1;
};

constexpr Duration kWhile = 30s;  // in which the hub looks for the overdue more than once

struct StateCase {
  std::uint8_t state;
  const char* stat;
};
class NoReceipt : public testing::TestWithParam<StateCase> {};

TEST_P(NoReceipt, TellsTheStateOfTheClientsPolicyOnce) {
  OverdueRig rig(GetParam().state);
  SmppPeer acme = rig.Customer(), other = rig.Customer("other");
  const std::string id = rig.Taken(acme, "1");
  rig.network.Advance(1h + 1s);
  rig.settler.stays_at =
      rig.settler.settled();  // its end is not settled: PostgreSQL names it again and again
  rig.Name();
  rig.network.Advance(kWhile);
  const std::optional<Pdu> receipt = acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->receipt_id(), id);
  EXPECT_EQ(StatIn(*receipt), GetParam().stat);
  EXPECT_EQ(receipt->view().source_addr, "4915112345678");
  EXPECT_EQ(receipt->view().destination_addr, "ACME");
  acme.Answer(*receipt, ESME_ROK, "");
  rig.network.Advance(1min);
  EXPECT_FALSE(acme.Next() || other.Next());
  const auto outcomes = rig.All<store::OutcomeRecord>();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].cause, store::OutcomeCause::kNoReceipt);
  EXPECT_EQ(outcomes[0].message_state, GetParam().state);
  EXPECT_TRUE(outcomes[0].moves_money);
  EXPECT_EQ(rig.Count(Metric::receipts_overdue), 1u);
}

INSTANTIATE_TEST_SUITE_P(States, NoReceipt,
                         testing::Values(StateCase{7, "UNKNOWN"}, StateCase{3, "EXPIRED"},
                                         StateCase{5, "UNDELIV"}),
                         [](const auto& c) { return std::string(c.param.stat); });

struct WantedCase {
  std::uint8_t registered_delivery;
  bool wanted;
};
class NoReceiptWanted : public testing::TestWithParam<WantedCase> {};

TEST_P(NoReceiptWanted, ReachesWhoAskedForFailures) {
  OverdueRig rig;
  SmppPeer acme = rig.Customer();
  rig.Taken(acme, "1", GetParam().registered_delivery);
  rig.network.Advance(1h + 1s);
  rig.Name();
  rig.network.Advance(kWhile);
  EXPECT_EQ(acme.Next().has_value(), GetParam().wanted);
  EXPECT_FALSE(rig.All<store::OutcomeRecord>().empty()) << "whoever asked: money is held";
}

INSTANTIATE_TEST_SUITE_P(RegisteredDelivery, NoReceiptWanted,
                         testing::Values(WantedCase{0, false}, WantedCase{1, true},
                                         WantedCase{2, true}, WantedCase{3, false}),
                         [](const auto& c) {
                           return "Flags" + std::to_string(int{c.param.registered_delivery});
                         });

TEST(Overdue, WhatIsHeldLeavesTheQueueAndEndsAsUnknown) {
  OverdueRig rig(7, store::AnswerMode::kAccepted);
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Submit(2));
  ASSERT_TRUE(rig.alpha().Next());
  rig.network.Advance(10s);  // no answer: held
  ASSERT_EQ(rig.Queue().size(), 1u);
  rig.network.Advance(1h);
  rig.Name();
  rig.archive.overdue[0].held = true;
  rig.network.Advance(kWhile);
  EXPECT_EQ(acme.Next()->receipt_id(), id);
  EXPECT_TRUE(rig.Queue().empty());
  // Its client's ack_unknown decides about money, as where on_unknown = fail ends it at once.
  EXPECT_EQ(rig.All<store::OutcomeRecord>()[0].cause, store::OutcomeCause::kUnknown);
}

TEST(Overdue, NothingIsEndedBeforeItsTime) {
  OverdueRig rig;
  SmppPeer acme = rig.Customer();
  rig.Taken(acme, "1");
  rig.Name();  // PostgreSQL's clock is ahead
  rig.network.Advance(1h);
  EXPECT_GT(rig.archive.overdue_pages, 10);
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(kWhile);
  EXPECT_TRUE(acme.Next());
}

TEST(Overdue, AnOutcomeThatIsNotSettledYetCountsThoughPostgreSqlWasAwayForHours) {
  OverdueRig rig;
  SmppPeer acme = rig.Customer();
  rig.Taken(acme, "1");
  rig.settler.stays_at = rig.settler.settled();
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  acme.Answer(*acme.Next(), ESME_ROK, "");
  rig.network.Advance(3h);
  rig.Name();  // it is back, and has not got so far
  rig.network.Advance(1min);
  EXPECT_FALSE(acme.Next()) << "it has its final state";
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
}

TEST(Overdue, APageThatComesBehindTheSettlementOfItsEndsEndsNothingTwice) {
  OverdueRig rig;
  SmppPeer acme = rig.Customer();
  rig.Taken(acme, "1");
  rig.network.Advance(1h + 1s);
  rig.settler.stays_at = rig.settler.settled();
  rig.Name();
  rig.archive.overdue_more = true;
  std::optional<Pdu> receipt;
  while (!receipt) {
    rig.network.Advance(100ms);
    receipt = acme.Next();
  }
  acme.Answer(*receipt, ESME_ROK, "");
  const int pages = rig.archive.overdue_pages;
  rig.archive.hold = true;
  rig.network.Advance(500ms);
  ASSERT_EQ(rig.archive.overdue_pages, pages + 1) << "the next page is made, and still shows it";
  rig.settler.stays_at.reset();
  rig.network.Advance(1s);  // now its end is settled,
  rig.archive.hold = false;
  rig.archive.AnswerHeld();  // and now the page comes
  rig.network.Advance(1s);
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
}

// 20,000 messages that have their receipts are a page with nobody on it.
TEST(Overdue, ALookThatWasCutGoesOnAtOnceThoughItFoundNothing) {
  OverdueRig rig;
  rig.archive.overdue_scan_cut = true;
  rig.UntilAsked();
  const int pages = rig.archive.overdue_pages;
  rig.network.Advance(5s);
  EXPECT_GE(rig.archive.overdue_pages, pages + 9);
  rig.archive.overdue_scan_cut = false;
  rig.network.Advance(1s);
  const int last = rig.archive.overdue_pages;
  rig.network.Advance(4s);
  EXPECT_EQ(rig.archive.overdue_pages, last);
}

TEST(Overdue, WhoseTimeIsOverWhileCutLooksFollowEachOtherEndsToo) {
  OverdueRig rig;
  rig.archive.overdue_scan_cut = true;
  rig.UntilAsked();
  SmppPeer acme = rig.Customer();
  rig.Taken(acme, "1");
  rig.network.Advance(1h + 20s);
  rig.Name();
  rig.network.Advance(1s);
  EXPECT_FALSE(rig.All<store::OutcomeRecord>().empty());
}

TEST(Overdue, NobodyIsAskedWhileTheJournalHasNoRoomAndAgainLater) {
  OverdueRig rig;
  SmppPeer acme = rig.Customer();
  rig.Taken(acme, "1");
  rig.network.Advance(1h + 1s);
  rig.Name();
  rig.journal.room = false;
  rig.network.Advance(kWhile);
  EXPECT_FALSE(acme.Next());
  rig.journal.room = true;
  rig.archive.reachable = false;
  rig.network.Advance(kWhile);
  EXPECT_FALSE(acme.Next());
  rig.archive.reachable = true;
  rig.network.Advance(kWhile);
  EXPECT_TRUE(acme.Next());
}

TEST(Overdue, AReceiptThatComesAfterAllIsRecordedAsLateAndReachesNobody) {
  OverdueRig rig;
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Taken(acme, "5");
  rig.network.Advance(1h + 1s);
  rig.Name();
  rig.network.Advance(kWhile);
  acme.Answer(*acme.Next(), ESME_ROK, "");
  rig.archive.overdue.clear();
  rig.Knows(id, true);  // it has settled the state that the client was told
  rig.alpha().Send(Receipt(900, "5", "4915112345678", "ACME"));
  rig.network.Advance(10s);
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.Count(Metric::receipts_late), 1u);
}

// One author of the final state: until the time is over the desk, from then on the hub's clock.
TEST(Overdue, AReceiptThatComesWhenTheTimeIsOverStaysWithTheSupplierUntilPostgreSqlShowsTheEnd) {
  for (const bool in_memory : {true, false}) {
    relay::Limits limits = Patient();
    if (!in_memory) limits.receipts_correlated_max = 1;
    OverdueRig rig(7, {}, limits);
    SmppPeer acme = rig.Customer();
    const std::string id = rig.Taken(acme, "5");
    if (!in_memory) rig.Taken(acme, "another", 0);
    rig.network.Advance(1h + 1s);
    rig.Knows(id, false);
    // As if dlr_timeout_s were three days.
    if (in_memory) rig.archive.recent_from = std::numeric_limits<MessageId>::max();
    rig.alpha().Send(Receipt(900, "5", "4915112345678", "ACME"));
    rig.network.Advance(1s);  // the hub has not looked yet
    EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_T_APPN) << in_memory;
    EXPECT_FALSE(acme.Next());
    EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
    rig.Name();
    rig.archive.overdue.resize(1);
    rig.network.Advance(kWhile);
    const std::optional<Pdu> receipt = acme.Next();
    ASSERT_TRUE(receipt);
    EXPECT_EQ(StatIn(*receipt), "UNKNOWN");
    acme.Answer(*receipt, ESME_ROK, "");
    rig.archive.overdue.clear();
    rig.Knows(id, true);
    rig.alpha().Send(Receipt(901, "5", "4915112345678", "ACME"));
    rig.network.Advance(1s);
    EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
    EXPECT_FALSE(acme.Next());
    EXPECT_EQ(rig.Count(Metric::receipts_late), 1u);
  }
}

TEST(Overdue, AMessageWhoseClientAskedForNoFinalReceiptIsNotWaitedFor) {
  OverdueRig rig;
  SmppPeer acme = rig.Customer();
  rig.Taken(acme, "5", 0x10);    // intermediate ones alone
  rig.network.Advance(1h + 1s);  // PostgreSQL never names it as overdue
  rig.alpha().Send(Receipt(900, "5", "4915112345678", "ACME"));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
}

TEST(Overdue, AReceiptThatCameInTimeCountsThoughTheDiskIsSlowerThanTheHubsClock) {
  OverdueRig rig;
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Taken(acme, "5");
  rig.network.Advance(1h - 1s);
  rig.journal.slow = true;
  rig.alpha().Send(Receipt(900, "5", "4915112345678", "ACME"));
  rig.Name();
  rig.network.Advance(kWhile);
  EXPECT_FALSE(acme.Next());
  rig.archive.overdue.clear();  // once it is on disk and settled
  rig.journal.slow = false;
  rig.SyncDisk();
  EXPECT_EQ(StatIn(*acme.Next()), "DELIVRD");
  rig.network.Advance(kWhile);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
}

TEST(Overdue, AReceiptThatCameInTimeCountsThoughTheTimeWasMadeShorterMeanwhile) {
  constexpr std::int32_t kLong = 2 * kDlrTimeout;
  OverdueRig rig;
  rig.Use(OverdueRig::Catalog(7, {}, kLong));
  SmppPeer acme = rig.Customer();
  rig.Taken(acme, "5");
  rig.network.Advance(1h + 30min);
  rig.UntilAsked();
  rig.network.Advance(6s);  // the hub has just looked
  rig.settler.stays_at = rig.settler.settled();
  rig.alpha().Send(Receipt(900, "5", "4915112345678", "ACME"));
  acme.Answer(*acme.Next(), ESME_ROK, "");
  rig.Use(OverdueRig::Catalog(7, {}));
  rig.Name();
  rig.UntilAsked();
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
}

}  // namespace
}  // namespace hub::test
