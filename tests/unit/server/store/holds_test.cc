// What each end of a message means in money, by charge basis and contract.
#include "tests/unit/server/store/batch_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using enum ChargeBasis;
using enum OutcomeCause;

constexpr Nano kPrice{40'000'000};

struct HoldCase {
  const char* name;
  ChargeBasis basis;
  bool taken;                         // an attempt was accepted
  std::optional<OutcomeCause> cause;  // no final state yet
  std::uint8_t state;
  const char* contract;  // SET ... of the client; "" as it is by default
  const char* account;   // balance, held, leased of 10 with all of it leased
  const char* charge_state;
};

void PrintTo(const HoldCase& c, std::ostream* os) { *os << c.name; }

// clang-format off
constexpr HoldCase kCases[] = {
    {"Submit",                   kSubmit,      true,  {},              0, "",                                 "9.96 0 9.96",  "charged"},
    {"SubmitDelivered",          kSubmit,      true,  kReceipt,        2, "refund_on_undelivered = true",     "9.96 0 9.96",  "charged"},
    {"SubmitAcceptd",            kSubmit,      true,  kReceipt,        6, "refund_on_undelivered = true",     "9.96 0 9.96",  "charged"},
    {"SubmitUndelivered",        kSubmit,      true,  kReceipt,        5, "",                                 "9.96 0 9.96",  "charged"},
    {"SubmitUndeliveredRefund",  kSubmit,      true,  kReceipt,        5, "refund_on_undelivered = true",     "10 0 9.96",    "refunded"},
    {"SubmitHubFault",           kSubmit,      false, kHubFault,       3, "",                                 "10 0 9.96",    "refunded"},
    {"SubmitHubFaultKept",       kSubmit,      false, kHubFault,       3, "refund_on_hub_fault = false",      "9.96 0 9.96",  "charged"},
    {"SubmitCancelled",          kSubmit,      false, kCancelled,      4, "",                                 "10 0 9.96",    "refunded"},
    {"SubmitCancelledKept",      kSubmit,      false, kCancelled,      4, "refund_on_hub_fault = false",      "9.96 0 9.96",  "charged"},
    {"SubmitReject",             kSubmit,      false, kUpstreamReject, 8, "",                                 "9.96 0 9.96",  "charged"},
    {"SubmitRejectRefund",       kSubmit,      false, kUpstreamReject, 8, "refund_on_upstream_reject = true", "10 0 9.96",    "refunded"},
    {"SubmitUnknown",            kSubmit,      false, kUnknown,        7, "",                                 "9.96 0 9.96",  "charged"},
    {"SubmitUnknownRefund",      kSubmit,      false, kUnknown,        7, "ack_unknown = 'release'",          "10 0 9.96",    "refunded"},
    {"SubmitNoReceipt",          kSubmit,      true,  kNoReceipt,      7, "refund_on_undelivered = true",     "9.96 0 9.96",  "charged"},

    {"AckHeld",                  kUpstreamAck, false, {},              0, "",                                 "10 0.04 9.96", "held"},
    {"AckTaken",                 kUpstreamAck, true,  {},              0, "",                                 "9.96 0 9.96",  "charged"},
    {"AckTakenThenUndelivered",  kUpstreamAck, true,  kReceipt,        5, "refund_on_undelivered = true",     "9.96 0 9.96",  "charged"},
    {"AckTakenThenHubFault",     kUpstreamAck, true,  kHubFault,       3, "",                                 "9.96 0 9.96",  "charged"},
    {"AckReceiptProvesIt",       kUpstreamAck, false, kReceipt,        5, "",                                 "9.96 0 9.96",  "charged"},
    {"AckHubFault",              kUpstreamAck, false, kHubFault,       3, "",                                 "10 0 9.96",    "released"},
    {"AckCancelled",             kUpstreamAck, false, kCancelled,      4, "",                                 "10 0 9.96",    "released"},
    {"AckReject",                kUpstreamAck, false, kUpstreamReject, 8, "",                                 "10 0 9.96",    "released"},
    {"AckUnknown",               kUpstreamAck, false, kUnknown,        7, "",                                 "9.96 0 9.96",  "charged"},
    {"AckUnknownRelease",        kUpstreamAck, false, kUnknown,        7, "ack_unknown = 'release'",          "10 0 9.96",    "released"},

    {"DeliveredHeld",            kDelivered,   true,  {},              0, "",                                 "10 0.04 9.96", "held"},
    {"DeliveredDelivered",       kDelivered,   true,  kReceipt,        2, "",                                 "9.96 0 9.96",  "charged"},
    {"DeliveredAcceptd",         kDelivered,   true,  kReceipt,        6, "",                                 "9.96 0 9.96",  "charged"},
    {"DeliveredExpired",         kDelivered,   true,  kReceipt,        3, "",                                 "10 0 9.96",    "released"},
    {"DeliveredNoReceipt",       kDelivered,   true,  kNoReceipt,      7, "",                                 "10 0 9.96",    "released"},
    {"DeliveredNoReceiptCharge", kDelivered,   true,  kNoReceipt,      7, "no_dlr = 'charge'",                "9.96 0 9.96",  "charged"},
    {"DeliveredHubFault",        kDelivered,   false, kHubFault,       3, "",                                 "10 0 9.96",    "released"},
    {"DeliveredCancelled",       kDelivered,   false, kCancelled,      4, "",                                 "10 0 9.96",    "released"},
    {"DeliveredReject",          kDelivered,   false, kUpstreamReject, 8, "",                                 "10 0 9.96",    "released"},
    {"DeliveredUnknown",         kDelivered,   false, kUnknown,        7, "",                                 "9.96 0 9.96",  "charged"},
    {"DeliveredUnknownRelease",  kDelivered,   false, kUnknown,        7, "ack_unknown = 'release'",          "10 0 9.96",    "released"},
};
// clang-format on

class HoldTest : public BatchRig, public testing::WithParamInterface<HoldCase> {
 protected:
  void SetUp() override {
    if (*GetParam().contract != '\0')
      Do("UPDATE crm.client SET " + std::string(GetParam().contract) + " WHERE client_id = 1");
  }
  AttemptRecord Taken(const MessageRecord& m) { return Attempt(m, 1, AttemptResult::kAccepted); }
  OutcomeRecord End(const MessageRecord& m) {
    return Final(m, GetParam().state, *GetParam().cause);
  }
  void Check() {
    EXPECT_EQ(Account(), GetParam().account);
    EXPECT_EQ(Sql("SELECT charge_state FROM bill.v_cdr"), GetParam().charge_state);
  }
};

INSTANTIATE_TEST_SUITE_P(Matrix, HoldTest, testing::ValuesIn(kCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_P(HoldTest, InOneBatch) {
  const HoldCase& c = GetParam();
  const MessageRecord m = Queued(kPrice, c.basis);
  const QueueEndRecord end{m.message_id};
  if (c.taken && c.cause) MustSettle(m, Taken(m), end, End(m));
  if (c.taken && !c.cause) MustSettle(m, Taken(m), end);
  if (!c.taken && c.cause) MustSettle(m, end, End(m));
  if (!c.taken && !c.cause) MustSettle(m);
  Check();
}

TEST_P(HoldTest, InBatchesOfTheirOwnAndEachEndTwice) {
  const HoldCase& c = GetParam();
  const MessageRecord m = Queued(kPrice, c.basis);
  MustSettle(m);
  if (c.taken) MustSettle(Taken(m));
  if (c.cause) MustSettle(End(m), QueueEndRecord{m.message_id});
  if (c.cause) MustSettle(End(m));
  // Nor does a contrary end change anything.
  if (c.cause) MustSettle(Final(m, c.state == 2 ? 5 : 2));
  Check();
}

class HoldsTest : public BatchRig {};

// answer = upstream: the attempt is recorded first, and a batch may end between the two.
TEST_F(HoldsTest, ATakenMessageIsChargedThoughItsAttemptCameABatchBefore) {
  const MessageRecord m = Message(kPrice, kUpstreamAck);
  MustSettle(Attempt(m, 1, AttemptResult::kAccepted));
  MustSettle(m);
  EXPECT_EQ(Account(), "9.96 0 9.96");
}

TEST_F(HoldsTest, ABatchBooksOneEntryOfUsageAndOneOfRefundAnAccount) {
  Do("UPDATE crm.client SET refund_on_undelivered = true");
  const MessageRecord held = Queued(kPrice, kDelivered);
  const MessageRecord failed = Message(kPrice);
  MustSettle(held, failed);
  const MessageRecord fresh = Message(kPrice);
  const MessageRecord also_failed = Message(kPrice);
  MustSettle(fresh, also_failed, Final(held, 2), QueueEndRecord{held.message_id}, Final(failed, 5),
             Final(also_failed, 5));
  EXPECT_EQ(Sql("SELECT string_agg(kind || ' ' || trim_scale(amount), ', ' ORDER BY entry_id) "
                "FROM money.ledger_entry WHERE batch_seq = 200"),
            "usage -0.12, refund 0.08");
  EXPECT_EQ(Account(), "9.92 0 9.84");
}

// A year of days must not be planned for, nor locked, for the messages of one.
TEST_F(HoldsTest, ABatchLooksAtTheDaysOfItsMessagesAlone) {
  const MessageRecord m = Message(kPrice, kDelivered);
  MustSettle(m);
  Do("SELECT ops.ensure_partitions(40)");
  ASSERT_GT(std::stoi(Sql(
                "SELECT count(*) FROM pg_inherits WHERE inhparent = 'traffic.message'::regclass")),
            40);
  Do("BEGIN");
  Do("SELECT * FROM traffic.resolve(1, 1, 900, ARRAY[" + std::to_string(m.message_id) +
     "], ARRAY[2], ARRAY['receipt'])");
  EXPECT_EQ(Sql("SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
                " WHERE l.pid = pg_backend_pid() AND c.relname ~ '^message_2' AND c.relkind = 'r'"),
            "1");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.charge_final"), "1");
  Do("ROLLBACK");
}

TEST_F(HoldsTest, WhatIsHeldCountsAgainstTheLeaseAndIsNotReturned) {
  const MessageRecord m = Queued({9'000'000'000}, kDelivered);
  MustSettle(m);
  Do("SELECT money.lease_close_all(1, 1)");
  EXPECT_EQ(Account(), "10 9 0");
  EXPECT_EQ(Sql("SELECT trim_scale(held) || ' ' || trim_scale(returned) FROM money.credit_lease"),
            "9 1");
  auto settled = Settle(Message({2'000'000'000}));
  EXPECT_FALSE(settled.ok());
}

TEST_F(HoldsTest, HoldsBeyondTheLeaseAreRefused) {
  auto settled = Settle(Queued({9'000'000'000}, kDelivered), Queued({2'000'000'000}, kUpstreamAck));
  ASSERT_FALSE(settled.ok());
  EXPECT_EQ(settled.error().sqlstate, "23514");
  EXPECT_EQ(Account(), "10 0 10");
}

TEST_F(HoldsTest, AFreeMessageMovesNothing) {
  const MessageRecord m = Queued({0}, kDelivered);
  MustSettle(m, Final(m, 2), QueueEndRecord{m.message_id});
  EXPECT_EQ(Account(), "10 0 10");
  EXPECT_EQ(Sql("SELECT charge_state FROM bill.v_cdr"), "free");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.charge_final"), "0");
}

// Two nodes got the same receipt (F7): whoever comes second finds it done.
TEST_F(HoldsTest, TwoNodesMayEndOneMessage) {
  const MessageRecord m = Queued(kPrice, kDelivered);
  MustSettle(m, QueueEndRecord{m.message_id});
  const std::string other = "00000000-0000-4000-8000-000000000002";
  Do("SELECT money.node_start(2, '" + other + "')");
  Batch theirs(2, other);
  Fill(theirs, 0, 10, Final(m, 2));
  ASSERT_TRUE(SettleBatch(pg_, theirs).ok());
  MustSettle(Final(m, 2));
  EXPECT_EQ(Account(), "9.96 0 9.96");
  EXPECT_EQ(Sql("SELECT count(*) FROM traffic.outcome_late"), "1");
}

}  // namespace
}  // namespace hub::test
