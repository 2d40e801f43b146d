// Messages of ours for a supplier that is slow, or answers nothing: what they may take from those of other suppliers.
#include <gtest/gtest.h>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

std::string ToBeta(std::uint32_t n) { return "4477100" + std::to_string(100'000 + n); }

std::vector<std::string> Numbers(std::string (*to)(std::uint32_t), std::uint32_t count) {
  std::vector<std::string> numbers;
  for (std::uint32_t n = 0; n < count; ++n) numbers.push_back(to(n));
  return numbers;
}

// 4915 goes by alpha alone, 4477 by beta alone. Beta takes one at a time, alpha has an hour for its answers.
store::Catalog Apart(std::int32_t alphas_window = 1) {
  store::Catalog catalog = Accepting();
  catalog.networks.push_back(
      {.network_id = 8, .mcc = "234", .mnc = "10", .country = "GB", .name = "Other"});
  catalog.prefixes.push_back({"4477", 8});
  catalog.rates[2].mcc = "234";
  store::RateRow sell = catalog.rates[0];
  sell.rate_id = 310;
  sell.mcc = "234";
  catalog.rates.push_back(sell);
  catalog.suppliers[0].response_timeout_ms = 3'600'000;
  catalog.supplier_binds[0].window_requests_max = alphas_window;
  catalog.supplier_binds[1].window_requests_max = 1;
  return catalog;
}

struct ShareRig : KeptRig {
  explicit ShareRig(std::size_t kept_messages_max, std::size_t kept_lane_max,
                    std::int32_t kept_page, std::int32_t alphas_window = 1)
      : KeptRig(Apart(alphas_window), With(kept_messages_max, kept_lane_max, kept_page)) {
    alpha();
    beta();
  }
  static relay::Limits With(std::size_t kept, std::size_t lane, std::int32_t page) {
    relay::Limits limits = Patient();
    limits.kept_messages_max = kept;
    limits.kept_lane_max = lane;
    limits.kept_page = page;
    return limits;
  }
  void Accept(SmppPeer& acme, std::string (*to)(std::uint32_t), std::uint32_t count) {
    for (std::uint32_t n = 0; n < count; ++n) Accepted(acme, Submit(++sequence_number, 1, to(n)));
  }
  std::uint32_t sequence_number = 1;
};

TEST(KeeperShare, ASupplierThatDoesNotAnswerKeepsNoRoomFromAnother) {
  ShareRig rig(16, 4, 8);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 60);
  rig.network.Advance(5s);
  EXPECT_EQ(rig.Count(Metric::kept_messages), 5u) << "one with alpha, four in its lane";
  rig.Accept(acme, ToBeta, 12);
  EXPECT_EQ(rig.TakeAll(rig.beta(), 10s), Numbers(ToBeta, 12));
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 10min), Numbers(To, 60)) << "when it is back";
  EXPECT_EQ(rig.All<store::HandedRecord>().size(), 72u) << "each once";
  EXPECT_TRUE(rig.Queue().empty());
  rig.ExpectMoneyBalances();
}

TEST(KeeperShare, WhoseSupplierHasRoomGoesAtOnceThoughMemoryIsFull) {
  ShareRig rig(4, 100, 8);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 10);
  rig.Accepted(acme, Submit(++rig.sequence_number, 1, ToBeta(0)));
  EXPECT_EQ(rig.TakeNext(rig.beta()), ToBeta(0));
}

TEST(KeeperShare, WhatFindsItsLaneFullWaitsInPostgreSqlAndLosesNoTry) {
  ShareRig rig(100, 2, 8);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 4);
  const auto queued = rig.All<store::QueuedRecord>();
  ASSERT_EQ(queued.size(), 1u);
  EXPECT_EQ(queued[0].message_id, rig.All<store::MessageRecord>()[3].message_id);
  EXPECT_GT(queued[0].next_at_us, rig.micros_from_now(0s));
  EXPECT_LE(queued[0].next_at_us, rig.micros_from_now(1s));
  EXPECT_EQ(queued[0].cycles, 0);
  EXPECT_EQ(queued[0].attempts, 0);
  EXPECT_FALSE(queued[0].possible_duplicate);
}

// An outage of hours must not become a flood of rows that are written again and again.
TEST(KeeperShare, WhatIsPutOffAgainAndAgainWaitsLonger) {
  ShareRig rig(100, 4, 8);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 55);
  rig.network.Advance(5min);
  const std::size_t before = rig.All<store::QueuedRecord>().size();
  rig.network.Advance(10min);
  EXPECT_LT(rig.All<store::QueuedRecord>().size() - before, 1'100u) << "50 of them, 30 s apart";
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 10min).size(), 55u);
}

// What its lane had no room for meanwhile must not trickle to a supplier that has nothing else to do.
TEST(KeeperShare, BehindAHaltWhatWasPutOffIsBackAsSoonAsItWasLong) {
  ShareRig rig(1'000, 50, 1'000);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 500);
  rig.network.Advance(20s);
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 25s).size(), 500u);
  EXPECT_TRUE(rig.Queue().empty());
}

TEST(KeeperShare, ItsTimeIsOverWhereverItWaits) {
  ShareRig rig(100, 2, 8);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 3);
  const std::string id = rig.Accepted(acme, Timed(50, "", "000000000010000R"));  // put off
  rig.network.Advance(10s + 200ms);
  const std::optional<Pdu> receipt = acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->receipt_id(), id);
  EXPECT_EQ(StatIn(*receipt), "EXPIRED");
}

TEST(KeeperShare, ALaneIsAtLeastAsLongAsTheWindowsOfItsSupplier) {
  ShareRig rig(100, 1, 8, 10);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 20);
  EXPECT_TRUE(rig.All<store::QueuedRecord>().empty());
  rig.Accepted(acme, Submit(++rig.sequence_number, 1, To(20)));
  EXPECT_EQ(rig.All<store::QueuedRecord>().size(), 1u);
}

// All that PostgreSQL shows first is with alpha.
TEST(KeeperShare, WhatASupplierDoesNotAnswerFillsNoPage) {
  ShareRig rig(4, 4, 1, 10);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 10);
  rig.network.Advance(1s);
  rig.Accept(acme, ToBeta, 8);
  EXPECT_EQ(rig.Count(Metric::kept_spilled), 3u);
  EXPECT_EQ(rig.TakeAll(rig.beta(), 10s), Numbers(ToBeta, 8));
}

// More of it lies in memory than a page shows.
TEST(KeeperShare, WhatStandsInALaneHidesNothingThatStandsBehindIt) {
  ShareRig rig(400, 60, 1);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 61);
  rig.Accept(acme, ToBeta, 64);
  EXPECT_EQ(rig.Count(Metric::kept_spilled), 3u);
  EXPECT_EQ(rig.TakeAll(rig.beta(), 1min), Numbers(ToBeta, 64));
}

TEST(KeeperShare, SuppliersThatStandLeaveRoomForWhatComesBack) {
  ShareRig rig(40, 20, 8);
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 30; ++n) {
    rig.Accepted(acme, Submit(++rig.sequence_number, 1, To(n)));
    rig.Accepted(acme, Submit(++rig.sequence_number, 1, ToBeta(n)));
  }
  rig.network.Advance(1min);
  EXPECT_LE(rig.Count(Metric::kept_messages), 2u + 20u + 8u) << "at suppliers, in lanes, a page";
  EXPECT_EQ(rig.TakeAll(rig.beta(), 1min), Numbers(ToBeta, 30));
}

// PostgreSQL was asked, and showed only what is due in minutes: what is spilled afterwards must not wait for that.
TEST(KeeperShare, WhatIsSpilledIsLookedForSoon) {
  ShareRig rig(4, 4, 8);
  SmppPeer acme = rig.Customer();
  for (int i = 0; i < 5; ++i)
    rig.Accepted(acme, Timed(++rig.sequence_number, "000000000030000R", ""));  // in half a minute
  EXPECT_EQ(rig.Count(Metric::kept_spilled), 4u);
  rig.network.Advance(20s);
  rig.Accept(acme, ToBeta, 5);
  EXPECT_EQ(rig.Count(Metric::kept_spilled), 5u);
  EXPECT_EQ(rig.TakeAll(rig.beta(), 5s), Numbers(ToBeta, 5));
}

TEST(KeeperShare, WhatIsScheduledKeepsNoRoomFromWhatCanGo) {
  ShareRig rig(16, 16, 8);
  SmppPeer acme = rig.Customer();
  for (int i = 0; i < 40; ++i)
    rig.Accepted(acme, Timed(++rig.sequence_number, "000001000000000R", ""));  // tomorrow
  rig.Accept(acme, ToBeta, 40);
  EXPECT_EQ(rig.TakeAll(rig.beta(), 1min), Numbers(ToBeta, 40));
}

TEST(KeeperShare, WhatWaitsForASupplierThatIsDownKeepsNoRoomFromAnother) {
  ShareRig rig(16, 16, 8);
  rig.alpha().raw().Break();
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 40);
  rig.Accept(acme, ToBeta, 40);
  EXPECT_EQ(rig.TakeAll(rig.beta(), 1min), Numbers(ToBeta, 40));
  EXPECT_EQ(rig.All<store::HandedRecord>().size(), 40u);
  const std::size_t before = rig.All<store::QueuedRecord>().size();
  rig.network.Advance(10min);
  EXPECT_LT(rig.All<store::QueuedRecord>().size() - before, 2'000u)
      << "it is not asked for all the time";
  rig.Returns(1001);
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 6min), Numbers(To, 40));
  EXPECT_TRUE(rig.Queue().empty());
  EXPECT_EQ(rig.All<store::HandedRecord>().size(), 80u) << "each once";
  EXPECT_EQ(rig.All<store::AttemptRecord>().back().attempt_no, 1);
}

TEST(KeeperShare, WhatExpiresInALaneWithoutRoomIsToldInTime) {
  ShareRig rig(10'000, 10'000, 100);
  SmppPeer acme = rig.Customer();
  rig.Accept(acme, To, 400);
  const std::string id = rig.Accepted(acme, Timed(500, "", "000000000010000R"));
  rig.Accept(acme, To, 400);
  rig.network.Advance(10s - 1ms);
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(100ms);
  const std::optional<Pdu> receipt = acme.Next();
  ASSERT_TRUE(receipt) << "all lanes are looked through";
  EXPECT_EQ(receipt->receipt_id(), id);
  EXPECT_EQ(StatIn(*receipt), "EXPIRED");
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t n = 0; n < 400; ++n) ASSERT_EQ(rig.TakeNext(rig.alpha()), To(n));
  }
  EXPECT_FALSE(rig.alpha().Next());
}

}  // namespace
}  // namespace hub::test
