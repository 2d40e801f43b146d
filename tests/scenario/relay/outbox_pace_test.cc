// Receipts of clients that take fewer than there are, refuse some of them for ever, or have a PostgreSQL behind them that is
// far behind: nobody waits longer than need be, and nobody is flooded.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "tests/scenario/relay/outbox_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

// Reads without an answer.
std::vector<Pdu> Unanswered(SmppPeer& peer) {
  std::vector<Pdu> pdus;
  while (auto pdu = peer.Next()) pdus.push_back(*pdu);
  return pdus;
}

// The next one; meanwhile the hub hears that the client lives.
std::optional<Pdu> NextReceipt(SmppPeer& peer) {
  while (auto pdu = peer.Next()) {
    if (pdu->id() == deliver_sm) return pdu;
    peer.Send(Bare(smpp::ResponseOf(pdu->id()), pdu->sequence_number()));
  }
  return {};
}

// Takes 100 a second: a bucket of one second.
TEST(OutboxPace, AClientThatThrottlesGetsAboutAsManyAsItTakes) {
  RelayRig rig;
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  Accepted(rig, sender, 2'000);
  ReceiptsWait(rig, 2'000);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  std::set<std::string> told;
  int tokens = 100;
  for (int tenth = 0; tenth < 400; ++tenth) {
    rig.network.Advance(100ms);
    tokens = std::min(100, tokens + 10);
    while (const auto got = NextReceipt(receiver)) {
      const bool takes = tokens > 0;
      if (takes) {
        --tokens;
        EXPECT_TRUE(told.insert(got->receipt_id()).second) << "told twice";
      }
      receiver.Answer(*got, takes ? ESME_ROK : ESME_RTHROTTLED, "");
    }
  }
  EXPECT_EQ(told.size(), 2'000u);
  EXPECT_LT(rig.Count(Metric::receipts_refused_by_client), 3'000u);
}

TEST(OutboxPace, ABindThatIsLostWithManyUnderWayIsNoMoreThanOnePause) {
  RelayRig rig;
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  Accepted(rig, sender, 300);
  ReceiptsWait(rig, 300);
  SmppPeer lost = rig.Customer("acme", bind_receiver);
  SmppPeer stays = rig.Customer("acme", bind_receiver);
  rig.network.Advance(100ms);
  EXPECT_GT(Unanswered(lost).size(), 50u);
  lost.raw().Break();
  std::set<std::string> told;
  for (int tenth = 0; tenth < 30; ++tenth) {
    while (const auto got = stays.Next()) {
      told.insert(got->receipt_id());
      stays.Answer(*got, ESME_ROK, "");
    }
    rig.network.Advance(100ms);
  }
  EXPECT_EQ(told.size(), 300u);
}

TEST(OutboxPace, AsManyAreUnderWayAsTheClientTakes) {
  relay::Limits limits;
  limits.outbox_under_way_max = 40;
  limits.outbox_under_way_min = 15;
  RelayRig rig(TwoSuppliers(), limits);
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  Accepted(rig, sender, 100);
  ReceiptsWait(rig, 100);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.network.Advance(100ms);
  const std::size_t most[] = {40, 20, 15};
  for (const std::size_t each : most) {
    const std::vector<Pdu> burst = Unanswered(receiver);
    EXPECT_EQ(burst.size(), each);
    for (const Pdu& pdu : burst) receiver.Answer(pdu, ESME_RMSGQFUL, "");
    rig.network.Advance(4100ms);
  }
  std::vector<Pdu> burst = Unanswered(receiver);
  EXPECT_EQ(burst.size(), 15u) << "no fewer than the least";
  for (const Pdu& pdu : burst) receiver.Answer(pdu, ESME_ROK, "");
  EXPECT_EQ(Unanswered(receiver).size(), 16u) << "as many were taken: one more";
}

TEST(OutboxPace, WhatWasHeldForAPassFollowsItWithNoMoreUnderWay) {
  relay::Limits limits;
  limits.outbox_under_way_max = 5;
  RelayRig rig(TwoSuppliers(), limits);
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  const std::vector<std::string> ids = Accepted(rig, sender, 32);
  ReceiptsWait(rig, 1);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.network.Advance(100ms);
  const Pdu first = *receiver.Next();
  for (std::uint32_t n = 2; n <= 31; ++n) ReceiptComes(rig, n);
  EXPECT_FALSE(receiver.Next()) << "behind those of the pass";
  receiver.Answer(first, ESME_ROK, "");
  std::vector<std::string> told{first.receipt_id()};
  for (std::vector<Pdu> burst; !(burst = Unanswered(receiver)).empty();) {
    EXPECT_LE(burst.size(), 5u);
    for (const Pdu& pdu : burst) {
      told.push_back(pdu.receipt_id());
      receiver.Answer(pdu, ESME_ROK, "");
    }
  }
  ReceiptComes(rig, 32);  // live
  told.push_back(receiver.Next()->receipt_id());
  EXPECT_EQ(told, ids);
}

// A client that has a bug with some: they are the oldest, and each pass meets them first.
TEST(OutboxPace, ReceiptsThatAreRefusedForEverHoldUpNoOther) {
  constexpr std::uint32_t kRefused = 1'500, kOthers = 300, kNew = 50;
  RelayRig rig;
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  const std::vector<std::string> ids = Accepted(rig, sender, kRefused + kOthers + kNew);
  const std::set<std::string> refused(ids.begin(), ids.begin() + kRefused);
  ReceiptsWait(rig, kRefused + kOthers);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  std::map<std::string, int> offered;
  std::size_t told = 0;
  const auto second = [&] {
    for (int tenth = 0; tenth < 10; ++tenth) {
      rig.network.Advance(100ms);
      while (const auto got = NextReceipt(receiver)) {
        const bool takes = !refused.contains(got->receipt_id());
        ++offered[got->receipt_id()];
        told += takes;
        receiver.Answer(*got, takes ? ESME_ROK : ESME_RX_T_APPN, "");
      }
    }
  };
  for (int s = 0; s < 5; ++s) second();
  EXPECT_EQ(told, kOthers);
  for (std::uint32_t n = 1; n <= kNew; ++n) {
    ReceiptComes(rig, kRefused + kOthers + n);
    second();
    EXPECT_GE(told + 5, kOthers + n) << "those of the last five seconds may wait for a pass";
  }
  for (const auto& [id, times] : offered) {
    ASSERT_LE(times, refused.contains(id) ? 7 : 1) << "after 1, 2, 4, ... s";
    ASSERT_GE(times, refused.contains(id) ? 3 : 1);
  }
}

TEST(OutboxPace, AClientThatRefusesEverythingIsOfferedNoMoreThanABurstAMinute) {
  RelayRig rig;
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  Accepted(rig, sender, 1'500);
  ReceiptsWait(rig, 1'500);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  std::size_t offered = 0;
  for (int second = 0; second < 190; ++second) {
    if (second == 130) offered = 0;
    rig.network.Advance(1s);
    while (const auto got = NextReceipt(receiver)) {
      ++offered;
      receiver.Answer(*got, ESME_RX_T_APPN, "");
    }
  }
  EXPECT_GT(offered, 0u);
  EXPECT_LT(offered, rig.limits.outbox_under_way_max + 20)
      << "and what followed the first refusals";
}

// The first batch after an outage is not the end of the outage: what is settled may be an hour behind.
TEST(OutboxPace, WhilePostgreSqlIsAwayAClientWithRoomNeedsNoPlaceAmongTheHeld) {
  relay::Limits limits;
  limits.outbox_held_total_max = 0;  // others have them all
  RelayRig rig(TwoSuppliers(), limits);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::vector<std::string> ids = Accepted(rig, acme, 2);
  rig.archive.refresh_receipts = [&] { Settle(rig); };
  ReceiptComes(rig, 1);
  acme.Answer(*acme.Next(), ESME_RX_T_APPN, "");  // not now: the client is stored
  rig.settler.stays_at = rig.journal.durable_end();
  Accepted(rig, acme, 1, 10);
  rig.network.Advance(10s);
  ReceiptComes(rig, 2);
  const auto got = acme.Next();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->receipt_id(), ids[1]);
}

TEST(OutboxPace, NewReceiptsGoOnUntilPostgreSqlHasCaughtUp) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::vector<std::string> ids = Accepted(rig, acme, 3);
  rig.archive.refresh_receipts = [&] { Settle(rig); };
  ReceiptComes(rig, 1);
  acme.Answer(*acme.Next(), ESME_RX_T_APPN, "");  // not now
  rig.settler.stays_at = rig.journal.durable_end();
  std::deque<journal::Position> durable;
  std::uint32_t n = 10;
  const auto pass = [&](int tenths, std::size_t behind) {
    for (int tenth = 0; tenth < tenths; ++tenth) {
      Accepted(rig, acme, 1, n++);
      durable.push_back(rig.journal.durable_end());
      while (durable.size() > behind) {
        rig.settler.stays_at = durable.front();
        durable.pop_front();
      }
      rig.network.Advance(100ms);
    }
  };
  pass(100, 1'000);  // away
  pass(20, 90);      // it moves
  ReceiptComes(rig, 2);
  auto got = acme.Next();
  ASSERT_TRUE(got) << "nine seconds behind";
  EXPECT_EQ(got->receipt_id(), ids[1]);
  acme.Answer(*got, ESME_ROK, "");
  pass(20, 30);
  ReceiptComes(rig, 3);
  got = acme.Next();
  ASSERT_TRUE(got) << "three seconds behind: no flapping";
  EXPECT_EQ(got->receipt_id(), ids[2]);
  acme.Answer(*got, ESME_ROK, "");
  EXPECT_FALSE(acme.Next());
  // Half a second behind, as in a busy hour.
  std::optional<Pdu> old;
  for (int tenth = 0; tenth < 30 && !old; ++tenth) {
    pass(1, 5);
    old = acme.Next();
  }
  ASSERT_TRUE(old);
  EXPECT_EQ(old->receipt_id(), ids[0]);
}

// Two clients of one loop, each with one under way that it does not answer.
TEST(OutboxPace, WhatAllClientsHoldHasALimitAndWhatIsBeyondComesOutOfPostgreSql) {
  relay::Limits limits;
  limits.outbox_held_total_max = 4;
  RelayRig rig(TwoSuppliers(), limits);
  rig.alpha();
  for (std::uint32_t round = 0; round < 2; ++round) {
    std::vector<SmppPeer> senders, receivers;
    for (const char* name : {"acme", "other"})
      senders.push_back(rig.Customer(name, bind_transmitter));
    const std::uint32_t first = 100 * round + 1;
    for (std::uint32_t i = 0; i < 2; ++i) Accepted(rig, senders[i], 4, first + 10 * i);
    ReceiptComes(rig, first);
    ReceiptComes(rig, first + 10);
    rig.archive.refresh_receipts = [&] { Settle(rig); };
    for (const char* name : {"acme", "other"})
      receivers.push_back(rig.Customer(name, bind_receiver));
    rig.network.Advance(100ms);
    std::vector<Pdu> firsts;
    for (SmppPeer& each : receivers) firsts.push_back(*each.Next());
    for (std::uint32_t n = 1; n < 4; ++n) {
      ReceiptComes(rig, first + n);
      ReceiptComes(rig, first + 10 + n);
    }
    EXPECT_EQ(rig.Count(Metric::receipts_held_full), 2u * (round + 1)) << "six, and room for four";
    for (std::uint32_t i = 0; i < 2; ++i) receivers[i].Answer(firsts[i], ESME_ROK, "");
    rig.network.Advance(1s);
    for (SmppPeer& each : receivers) {
      const std::vector<Pdu> rest = Unanswered(each);
      EXPECT_EQ(rest.size(), 3u);
      for (const Pdu& pdu : rest) each.Answer(pdu, ESME_ROK, "");
    }
    rig.network.Advance(1s);
    for (SmppPeer& each : senders) each.raw().Hangup();
    for (SmppPeer& each : receivers) {
      EXPECT_FALSE(each.Next()) << "nothing twice";
      each.raw().Hangup();
    }
    rig.network.RunUntilQuiet();
  }
}

}  // namespace
}  // namespace hub::test
