// Times of messages that are ours: how long they live, when they begin, and what the supplier is told of both.
#include <gtest/gtest.h>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

constexpr char kTenSeconds[] = "000000000010000R";

// The clock of the rig stands at this moment when it is made.
WallTime Start() { return FakeClock().WallNow(); }

// --- the end ---------------------------------------------------------------------------------------------------

struct LifeCase {
  const char* name;
  std::int32_t message_ttl_s;
  std::string validity_period;
};
class TenSeconds : public testing::TestWithParam<LifeCase> {};

TEST_P(TenSeconds, AreAllThatItLives) {
  store::Catalog catalog = AlphaAlone();
  catalog.clients[0].message_ttl_s = GetParam().message_ttl_s;
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, "", GetParam().validity_period));
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
  rig.network.Advance(5s);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
  EXPECT_EQ(rig.Last<store::QueuedRecord>().next_at_us, rig.micros_from_now(5s)) << "not 15";
  rig.network.Advance(4999ms);
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(1ms);
  const Pdu receipt = *acme.Next();
  EXPECT_EQ(receipt.receipt_id(), id);
  EXPECT_EQ(StatIn(receipt), "EXPIRED");
  acme.Answer(receipt, ESME_ROK, "");
  const auto outcomes = rig.All<store::OutcomeRecord>();
  ASSERT_EQ(outcomes.size(), 1u);
  EXPECT_EQ(outcomes[0].cause, store::OutcomeCause::kHubFault);
  EXPECT_EQ(outcomes[0].message_state, 3);
  EXPECT_TRUE(rig.Queue().empty());
  rig.network.Advance(1h);
  EXPECT_FALSE(rig.alpha().Next() || acme.Next());
}

INSTANTIATE_TEST_SUITE_P(Lives, TenSeconds,
                         testing::Values(LifeCase{"ByTheClientsTtl", 10, ""},
                                         LifeCase{"ByARelativeValidity", 3'600, kTenSeconds},
                                         LifeCase{"ByAnAbsoluteValidity", 3'600, At(Start() + 10s)},
                                         LifeCase{"ByTheShorterOfBoth", 10, "000000010000000R"}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(KeeperTimes, WhatExpiredInItsLaneIsToldAndNotSent) {
  store::Catalog catalog = AlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 1;
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2));
  const std::string id = rig.Accepted(acme, Timed(3, "", "000000000005000R"));
  const Pdu first = *rig.alpha().Next();
  rig.network.Advance(6s);
  rig.alpha().Answer(first, ESME_ROK, "1");
  EXPECT_FALSE(rig.alpha().Next());
  const Pdu receipt = *acme.Next();
  EXPECT_EQ(receipt.receipt_id(), id);
  EXPECT_EQ(StatIn(receipt), "EXPIRED");
}

// --- the beginning ---------------------------------------------------------------------------------------------

struct ScheduleCase {
  const char* name;
  std::string schedule;
};
class Schedule : public testing::TestWithParam<ScheduleCase> {};

TEST_P(Schedule, IsTheHubsToKeepAndTheSupplierGetsTheRestUntouched) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string until = At(Start() + 1h);
  rig.Accepted(acme, Timed(2, GetParam().schedule, until));
  EXPECT_EQ(rig.Last<store::MessageRecord>().next_at_us, rig.micros_from_now(60s));
  rig.network.Advance(59'999ms);
  EXPECT_FALSE(rig.alpha().Next());
  rig.network.Advance(1ms);
  Pdu got = *rig.alpha().Next();
  smpp::PatchSequenceNumber(got.octets.data(), 2);
  EXPECT_EQ(got.octets, Timed(2, "", until));
}

INSTANTIATE_TEST_SUITE_P(Forms, Schedule,
                         testing::Values(ScheduleCase{"Relative", "000000000100000R"},
                                         ScheduleCase{"Absolute", At(Start() + 60s)}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(KeeperTimes,
     AScheduleThatIsOverMeansAtOnce) {  // a clock that is a little behind is no reason to refuse
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Timed(2, At(Start() - 1s), ""));
  EXPECT_TRUE(rig.alpha().Next()->view().schedule_delivery_time.empty());
}

TEST(KeeperTimes, AClientThatWaitsForTheSupplierLeavesTheTimesToIt) {
  KeptRig rig(TwoSuppliers());
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const Octets sent = Timed(2, "000000000100000R", kTenSeconds);
  acme.Send(sent);
  Pdu got = *rig.alpha().Next();
  smpp::PatchSequenceNumber(got.octets.data(), 2);
  EXPECT_EQ(got.octets, sent);
}

struct RefusedCase {
  const char* name;
  std::string schedule, validity;
  smpp::Status status;
};
class RefusedTimes : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedTimes, AreAnsweredAndCostNothing) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Timed(2, GetParam().schedule, GetParam().validity));
  EXPECT_EQ(acme.Next()->status(), GetParam().status);
  EXPECT_TRUE(rig.All<store::MessageRecord>().empty());
  ASSERT_EQ(rig.All<store::RejectRecord>().size(), 1u);
  EXPECT_EQ(rig.Last<store::RejectRecord>().reason, "times");
  rig.network.Advance(2min);
  EXPECT_FALSE(rig.alpha().Next());
  rig.ExpectMoneyBalances();
}

INSTANTIATE_TEST_SUITE_P(
    Times, RefusedTimes,
    testing::Values(RefusedCase{"ScheduleNoDate", "261341000000000+", "", ESME_RINVSCHED},
                    RefusedCase{"ScheduleNoDigits", "2611x0000000000+", "", ESME_RINVSCHED},
                    RefusedCase{"ScheduleNoSign", "2611210000000000", "", ESME_RINVSCHED},
                    RefusedCase{"ScheduleBehindTheValidity", "000000000100000R", kTenSeconds,
                                ESME_RINVSCHED},
                    RefusedCase{"ScheduleBehindTheTtl", At(Start() + 72h), "", ESME_RINVSCHED},
                    RefusedCase{"ValidityNoDate", "", "260231000000000+", ESME_RINVEXPIRY},
                    RefusedCase{"ValidityNoSign", "", "000000000010000X", ESME_RINVEXPIRY},
                    RefusedCase{"ValidityPast", "", At(Start() - 1s), ESME_RINVEXPIRY},
                    RefusedCase{"ValidityZero", "", "000000000000000R", ESME_RINVEXPIRY}),
    [](const auto& c) { return std::string(c.param.name); });

// --- what changes meanwhile ------------------------------------------------------------------------------------

// One is scheduled for in an hour, one that its supplier put off waits for a minute.
struct WaitingRig : KeptRig {
  WaitingRig() : KeptRig(Retrying()) {
    alpha();
    SmppPeer acme = Customer();
    Accepted(acme, Timed(2, "000000010000000R", ""));
    Accepted(acme, Submit(3));
    EXPECT_TRUE(Answers(alpha(), ESME_RSYSERR));
  }
  static store::Catalog Retrying() {
    store::Catalog catalog = AlphaAlone();
    catalog.suppliers[0].retry_after_s = {60};
    return catalog;
  }
  void RemoveTheClient() {
    store::Catalog catalog = Retrying();
    catalog.clients.erase(catalog.clients.begin());
    catalog.mo_routes.clear();
    Use(catalog);
  }
};

TEST(KeeperTimes, WhatWaitsForItsTimeKeepsNoCatalogInMemory) {
  WaitingRig rig;
  const std::weak_ptr<const relay::Snapshot> first = rig.relay->front().snapshot();
  rig.Use(WaitingRig::Retrying());
  EXPECT_TRUE(first.expired());
  rig.network.Advance(1min);
  EXPECT_TRUE(rig.Answers(rig.alpha(), ESME_ROK));
  rig.network.Advance(59min);
  EXPECT_TRUE(rig.Answers(rig.alpha(), ESME_ROK));
  EXPECT_EQ(rig.All<store::HandedRecord>().size(), 3u);
  EXPECT_TRUE(rig.Queue().empty());
  rig.ExpectMoneyBalances();
}

TEST(KeeperTimes, WhatWaitsForItsTimeGoesNowhereWhenItsClientIsRemovedAndExpires) {
  WaitingRig rig;
  rig.RemoveTheClient();
  rig.network.Advance(2h);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Queue().size(), 2u);
  rig.network.Advance(47h);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 2u);
  EXPECT_EQ(rig.All<store::ReceiptRecord>().size(), 2u);
  EXPECT_TRUE(rig.Queue().empty());
  EXPECT_EQ(rig.Count(Metric::kept_messages), 0u);
}

TEST(KeeperTimes, WhatWaitsForItsTimeIsSentWhenItsClientIsBackByThen) {
  WaitingRig rig;
  rig.RemoveTheClient();
  rig.network.Advance(30s);
  rig.Use(WaitingRig::Retrying());
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 31s).size(), 1u);
  rig.network.Advance(59min);
  EXPECT_TRUE(rig.Answers(rig.alpha(), ESME_ROK));
  EXPECT_TRUE(rig.Queue().empty());
}

TEST(KeeperTimes, WhatWaitsForItsTimeIsLeftToPostgreSqlAtTheEndOfARunItsClientGoneOrNot) {
  WaitingRig rig;
  rig.RemoveTheClient();
  rig.relay->DrainCustomers();
  rig.network.Advance(2h);
  EXPECT_TRUE(rig.relay->customers_gone());
  EXPECT_EQ(rig.Count(Metric::kept_messages), 0u);
  EXPECT_EQ(rig.Queue().size(), 2u);
}

// --- validity_period at the supplier ---------------------------------------------------------------------------

TEST(KeeperTimes, ARelativeValidityOfWhatGoesAtOnceStaysAsItIs) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Timed(2, "", "000000010000000R"));
  EXPECT_EQ(rig.alpha().Next()->view().validity_period, "000000010000000R");
}

TEST(KeeperTimes, ARelativeValidityOfWhatWasPutOffIsTheTimeThatTheClientMeant) {
  store::Catalog catalog = AlphaAlone();
  catalog.clients[0].message_ttl_s = 60;  // shorter: the hub's own patience
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const Octets sent = Timed(2, "", "000000010000000R");
  rig.Accepted(acme, sent);
  rig.Answers(rig.alpha(), ESME_RSYSERR);
  rig.network.Advance(5s);
  Pdu got = *rig.alpha().Next();
  EXPECT_EQ(got.view().validity_period, At(Start() + 1h));
  smpp::PatchSequenceNumber(got.octets.data(), 2);
  EXPECT_EQ(got.octets, Timed(2, "", At(Start() + 1h))) << "and nothing else";
}

TEST(KeeperTimes, AnAbsoluteValidityIsNeverTouched) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string until = "261120133000004-";  // an hour behind UTC
  rig.Accepted(acme, Timed(2, "", until));
  rig.Answers(rig.alpha(), ESME_RSYSERR);
  rig.network.Advance(5s);
  EXPECT_EQ(rig.alpha().Next()->view().validity_period, until);
}

struct LaneCase {
  const char* name;
  Duration waits;
  std::string validity;
};
class ValidityInALane : public testing::TestWithParam<LaneCase> {};

TEST_P(ValidityInALane, IsNotLengthenedByItsWait) {
  store::Catalog catalog = AlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 1;
  KeptRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2));
  const Pdu first = *rig.alpha().Next();
  rig.Accepted(acme, Timed(3, "", "000000010000000R"));
  rig.network.Advance(GetParam().waits);
  rig.alpha().Answer(first, ESME_ROK, "1");
  EXPECT_EQ(rig.alpha().Next()->view().validity_period, GetParam().validity);
}

INSTANTIATE_TEST_SUITE_P(Waits, ValidityInALane,
                         testing::Values(LaneCase{"LessThanASecond", 999ms, "000000010000000R"},
                                         LaneCase{"Seconds", 9s, At(Start() + 1h)}),
                         [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace hub::test
