// Receipts of clients that are away, slow or unwilling: on disk before the supplier is answered, told when they can be.
#include <gtest/gtest.h>

#include "protocol/receipt/receipt.h"
#include "tests/scenario/relay/outbox_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

TEST(Outbox, TheSupplierIsAnsweredWhenItsReceiptIsDurableAndNotBefore) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  Accepted(rig, acme, 1);
  rig.journal.slow = true;
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_FALSE(acme.Next()) << "a receipt that may be lost is told to nobody";
  rig.SyncDisk();
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_TRUE(acme.Next());
}

TEST(Outbox, AReceiptThatCannotBeStoredStaysWithTheSupplier) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  Accepted(rig, acme, 1);
  rig.journal.room = false;
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_T_APPN);
  EXPECT_FALSE(acme.Next());
}

TEST(Outbox, AClientThatIsAwayGetsItsReceiptsInOrderWhenItBindsAgain) {
  RelayRig rig;
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  const std::vector<std::string> ids = Accepted(rig, sender, 3);
  for (std::uint32_t n = 1; n <= 3; ++n) {
    rig.alpha().Send(Receipt(900 + n, std::to_string(n), "4915112345678", "ACME"));
    EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  }
  EXPECT_FALSE(sender.Next()) << "a transmitter never receives";
  EXPECT_EQ(rig.Count(Metric::receipts_stored), 3u);
  Settle(rig);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.network.Advance(1s);
  for (const std::string& id : ids) {
    const Pdu receipt = *receiver.Next();
    EXPECT_EQ(receipt.receipt_id(), id);
    receiver.Answer(receipt, ESME_ROK, "");
  }
  Settle(rig);
  rig.network.Advance(2s);
  EXPECT_FALSE(receiver.Next());
  EXPECT_EQ(rig.All<store::ReceiptEndRecord>().size(), 3u);
}

TEST(Outbox, NewReceiptsStandBehindThoseThatWait) {
  RelayRig rig;
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  const std::vector<std::string> ids = Accepted(rig, sender, 2);
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  Settle(rig);
  rig.settler.behind = true;  // the pass may not begin yet
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.alpha().Send(Receipt(901, "2", "4915112345678", "ACME"));
  rig.network.Advance(1s);
  EXPECT_FALSE(receiver.Next()) << "the first one goes first, and it is not known to be there yet";
  Settle(rig);
  rig.settler.behind = false;
  rig.network.Advance(1s);
  for (const std::string& id : ids) {
    const Pdu receipt = *receiver.Next();
    EXPECT_EQ(receipt.receipt_id(), id);
    receiver.Answer(receipt, ESME_ROK, "");
  }
  Settle(rig);
  rig.network.Advance(1s);
  EXPECT_FALSE(receiver.Next());
}

// What waits in PostgreSQL waits for it: hours of receipts must not wait behind one that the client refused.
TEST(Outbox, WhilePostgreSqlIsAwayNewReceiptsGoOnAndTheOldOneComesWhenItIsBack) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::vector<std::string> ids = Accepted(rig, acme, 4);
  const auto receipt = [&](std::uint32_t n) {
    rig.alpha().Send(Receipt(900 + n, std::to_string(n), "4915112345678", "ACME"));
  };
  receipt(1);
  acme.Answer(*acme.Next(), ESME_RX_T_APPN, "");  // not now
  rig.settler.behind = true;
  rig.network.Advance(3s);
  receipt(2);
  EXPECT_FALSE(acme.Next()) << "PostgreSQL may be back in a moment";
  rig.network.Advance(5s);
  const auto next = [&] {
    const auto pdu = acme.Next();
    if (!pdu) return std::string("nothing");
    const Pdu got = *pdu;
    acme.Answer(got, ESME_ROK, "");
    return got.receipt_id();
  };
  EXPECT_EQ(next(), ids[1]) << "it is in memory";
  receipt(3);
  EXPECT_EQ(next(), ids[2]);
  receipt(4);
  EXPECT_EQ(next(), ids[3]);
  Settle(rig);
  rig.settler.behind = false;
  rig.network.Advance(2s);
  EXPECT_EQ(next(), ids[0]);
  Settle(rig);
  rig.network.Advance(2s);
  EXPECT_FALSE(acme.Next()) << "nothing twice";
  EXPECT_EQ(rig.All<store::ReceiptEndRecord>().size(), 5u);
}

// Held for the end of a pass when PostgreSQL goes: they are in memory, and go at once.
TEST(Outbox, WhatWasHeldForAPassGoesWhenPostgreSqlIsAway) {
  RelayRig rig;
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  const std::vector<std::string> ids = Accepted(rig, sender, 2);
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  rig.settler.behind = true;
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.network.Advance(100ms);
  rig.alpha().Send(Receipt(901, "2", "4915112345678", "ACME"));
  rig.network.Advance(6s);
  EXPECT_EQ(receiver.Next()->receipt_id(), ids[1]);
  EXPECT_FALSE(receiver.Next());
}

// Settlement may be faster than the loop of the desk that wrote the receipt: its letter comes behind the page.
TEST(Outbox, AReceiptOutOfPostgreSqlWhoseLetterComesLaterIsToldOnce) {
  relay::Limits limits;
  limits.outbox_page = 1;
  limits.outbox_under_way_max = 1;
  RelayRig rig(TwoSuppliers(), limits);
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  const std::vector<std::string> ids = Accepted(rig, sender, 4);
  for (std::uint32_t n = 1; n <= 3; ++n)
    rig.alpha().Send(Receipt(900 + n, std::to_string(n), "4915112345678", "ACME"));
  Settle(rig);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.network.Advance(100ms);
  rig.journal.slow = true;
  rig.alpha().Send(Receipt(904, "4", "4915112345678", "ACME"));
  Settle(rig);
  for (const std::string& id : ids) {
    const std::optional<Pdu> receipt = receiver.Next();
    ASSERT_TRUE(receipt) << id;
    EXPECT_EQ(receipt->receipt_id(), id);
    receiver.Answer(*receipt, ESME_ROK, "");
  }
  rig.journal.slow = false;
  rig.SyncDisk();  // the letter
  Settle(rig);
  rig.network.Advance(1s);
  EXPECT_FALSE(receiver.Next());
  EXPECT_EQ(rig.All<store::ReceiptEndRecord>().size(), 4u);
}

struct AnswerCase {
  const char* name;
  smpp::Status status;
  bool comes_again;
};
class OutboxAnswer : public testing::TestWithParam<AnswerCase> {};

TEST_P(OutboxAnswer, TheClientsStatusDecides) {
  const AnswerCase& c = GetParam();
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  Accepted(rig, acme, 1);
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  acme.Answer(*acme.Next(), c.status, "");
  Settle(rig);
  rig.network.Advance(900ms);
  EXPECT_FALSE(acme.Next()) << "not before the pause";
  rig.network.Advance(500ms);
  EXPECT_EQ(acme.Next().has_value(), c.comes_again);
  const auto ends = rig.All<store::ReceiptEndRecord>();
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].end == store::ReceiptEnd::kTriedAgain, c.comes_again);
}

INSTANTIATE_TEST_SUITE_P(Conformance, OutboxAnswer,
                         testing::Values(AnswerCase{"Ok", ESME_ROK, false},
                                         AnswerCase{"Temporary", ESME_RX_T_APPN, true},
                                         AnswerCase{"Throttled", ESME_RTHROTTLED, true},
                                         AnswerCase{"QueueFull", ESME_RMSGQFUL, true},
                                         AnswerCase{"SystemError", ESME_RSYSERR, true},
                                         AnswerCase{"Permanent", ESME_RX_P_APPN, false},
                                         AnswerCase{"Rejected", ESME_RX_R_APPN, false}),
                         [](const auto& c) { return std::string(c.param.name); });

struct RefusalCase {
  const char* name;
  smpp::Status status;
  int refusals;  // of receipts one after the other
  bool others_go_on;
};

void PrintTo(const RefusalCase& c, std::ostream* os) { *os << c.name; }

class OutboxRefusal : public testing::TestWithParam<RefusalCase> {};

TEST_P(OutboxRefusal, HoldsUpNobodyUnlessTheClientIsFull) {
  const RefusalCase& c = GetParam();
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const auto count = static_cast<std::uint32_t>(c.refusals) + 1;
  const std::vector<std::string> ids = Accepted(rig, acme, count);
  for (std::uint32_t n = 1; n <= count; ++n) {
    rig.alpha().Send(Receipt(900 + n, std::to_string(n), "4915112345678", "ACME"));
    const auto got = acme.Next();
    ASSERT_EQ(got.has_value(), n < count || c.others_go_on) << n;
    if (got) acme.Answer(*got, n < count ? c.status : ESME_ROK, "");
  }
  Settle(rig);
  rig.network.Advance(900ms);
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(500ms);
  for (std::uint32_t n = 1; n <= count - c.others_go_on; ++n) {
    const auto again = acme.Next();
    ASSERT_TRUE(again) << n;
    EXPECT_EQ(again->receipt_id(), ids[n - 1]);
    acme.Answer(*again, ESME_ROK, "");
  }
  Settle(rig);
  rig.network.Advance(10s);
  EXPECT_FALSE(acme.Next()) << "nothing twice";
}

INSTANTIATE_TEST_SUITE_P(Relay, OutboxRefusal,
                         testing::Values(RefusalCase{"NotNow", ESME_RX_T_APPN, 1, true},
                                         RefusalCase{"SystemError", ESME_RSYSERR, 1, true},
                                         RefusalCase{"Nineteen", ESME_RX_T_APPN, 19, true},
                                         RefusalCase{"Twenty", ESME_RX_T_APPN, 20, false},
                                         RefusalCase{"Throttled", ESME_RTHROTTLED, 1, false},
                                         RefusalCase{"QueueFull", ESME_RMSGQFUL, 1, false}),
                         [](const auto& c) { return std::string(c.param.name); });

// It is tried again after 1, 2, 4, ... s, whatever else the client takes.
TEST(Outbox, AReceiptThatIsRefusedAgainAndAgainWaitsLonger) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  Accepted(rig, acme, 10);
  std::vector<Duration> tried;
  std::uint32_t next = 1;
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  const std::string poison = [&] {
    const Pdu got = *acme.Next();
    acme.Answer(got, ESME_RX_T_APPN, "");
    return got.receipt_id();
  }();
  for (int tenth = 0; tenth < 160; ++tenth) {
    if (tenth % 20 == 0 && next < 9)
      rig.alpha().Send(Receipt(900 + next, std::to_string(next + 1), "4915112345678", "ACME")),
          ++next;
    Settle(rig);
    rig.network.Advance(100ms);
    while (const auto got = acme.Next()) {
      const bool again = got->receipt_id() == poison;
      if (again) tried.push_back(tenth * 100ms);
      acme.Answer(*got, again ? ESME_RX_T_APPN : ESME_ROK, "");
    }
  }
  ASSERT_GE(tried.size(), 3u);
  EXPECT_LE(tried.size(), 4u) << "1, 3, 7 and 15 s after the first";
  EXPECT_GT(tried[2] - tried[1], 3s);
}

TEST(Outbox, AnUnansweredReceiptIsSentAgainAndMarked) {
  RelayRig rig;
  rig.alpha();
  SmppPeer first = rig.Customer();
  Accepted(rig, first, 1);
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  ASSERT_TRUE(first.Next());
  first.raw().Break();
  rig.network.RunUntilQuiet();
  Settle(rig);
  SmppPeer second = rig.Customer();
  rig.network.Advance(1s);
  const auto again = second.Next();
  ASSERT_TRUE(again);
  second.Answer(*again, ESME_ROK, "");
  const auto ends = rig.All<store::ReceiptEndRecord>();
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(ends[0].end, store::ReceiptEnd::kTriedAgain);
  EXPECT_EQ(ends[1].end, store::ReceiptEnd::kDelivered);
  EXPECT_EQ(ends[1].tries, 2);
  EXPECT_TRUE(ends[1].possible_duplicate);
}

TEST(Outbox, AClientThatLeavesWithItsLastReceiptHasNoneWaiting) {
  RelayRig rig;
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  Accepted(rig, sender, 2);
  ReceiptsWait(rig, 2);
  SmppPeer receiver = rig.Customer("acme", bind_receiver);
  rig.network.Advance(1s);
  const Pdu first = *receiver.Next();
  const Pdu last = *receiver.Next();
  receiver.Answer(first, ESME_ROK, "");
  // It was bound at another loop: that it left is known at once, its last answer comes by letter.
  const auto snapshot =
      rig.builder.Build(std::make_shared<const store::Catalog>(TwoSuppliers()), nullptr);
  std::atomic<std::uint32_t>& bound = (*snapshot)->clients[0]->receivers[0];
  bound = 0;
  receiver.Answer(last, ESME_ROK, "");
  bound = 1;
  receiver.Send(Bare(smpp::CommandId::unbind, 900));
  rig.network.Advance(1s);
  EXPECT_EQ(rig.All<store::ReceiptEndRecord>().size(), 2u);
  EXPECT_EQ(rig.Count(Metric::clients_with_stored_receipts), 0u);
}

TEST(Outbox, AThousandReceiptsOfAnAbsentClientTakeNoMemory) {
  RelayRig rig;
  rig.alpha();
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  Accepted(rig, sender, 1'000);
  for (std::uint32_t n = 1; n <= 1'000; ++n)
    rig.alpha().Send(Receipt(900 + n, std::to_string(n), "4915112345678", "ACME"));
  EXPECT_EQ(rig.Count(Metric::receipts_stored), 1'000u);
  rig.network.Advance(1ms);
  EXPECT_EQ(rig.Count(Metric::receipts_correlated), 0u) << "settled: PostgreSQL answers for them";
  EXPECT_EQ(rig.Count(Metric::clients_with_stored_receipts), 0u) << "a gauge of the next tick";
  rig.network.Advance(100ms);
  EXPECT_EQ(rig.Count(Metric::clients_with_stored_receipts), 1u);
}

}  // namespace
}  // namespace hub::test
