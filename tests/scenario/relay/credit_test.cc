// Messages that get no credit: what they are answered, what they leave behind, and what it costs to wait.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

relay::Limits WaitersMax(std::size_t most) {
  relay::Limits limits;
  limits.credit_waiting_max = most;
  return limits;
}

struct CreditRig : RelayRig {
  explicit CreditRig(std::size_t credit_waiting_max = 1'000)
      : RelayRig(TwoSuppliers(), WaitersMax(credit_waiting_max)) {
    alpha();
  }
  void Send(SmppPeer& customer, int count) {
    for (int n = 0; n < count; ++n) customer.Send(Submit(++sequence_number));
  }
  /// How many were answered so since it was asked last.
  static int Answered(SmppPeer& customer, smpp::Status status) {
    int answers = 0;
    while (const auto pdu = customer.Next()) answers += pdu->status() == status ? 1 : 0;
    return answers;
  }
  std::size_t rows() const { return All<store::RejectRecord>().size(); }
  std::uint32_t sequence_number = 1;
};

TEST(Credit, ARefusalForWantOfALeaseLeavesNoRow) {
  CreditRig rig;
  rig.desk.reachable = false;
  SmppPeer acme = rig.Customer();
  rig.Send(acme, 100);
  EXPECT_EQ(rig.Answered(acme, ESME_RTHROTTLED), 100);
  EXPECT_EQ(rig.Count(Metric::credit_unreachable), 100u);
  EXPECT_EQ(rig.Count(Metric::messages_rejected), 100u);
  EXPECT_EQ(rig.journal.frames(), 0u);
}

TEST(Credit, NorDoesOneThatWaitedInVainOrWasOneTooMany) {
  CreditRig rig(10);
  rig.desk.answer_now = false;
  SmppPeer acme = rig.Customer();
  rig.Send(acme, 15);
  EXPECT_EQ(rig.Answered(acme, ESME_RTHROTTLED), 5);
  EXPECT_EQ(rig.Count(Metric::credit_waits_refused), 5u);
  rig.network.Advance(2100ms);
  EXPECT_EQ(rig.Answered(acme, ESME_RTHROTTLED), 10);
  EXPECT_EQ(rig.Count(Metric::credit_waits_ended), 10u);
  EXPECT_EQ(rig.journal.frames(), 0u);
}

TEST(Credit, RefusalsOfAClientWithoutMoneyLeaveARowASecond) {
  CreditRig rig;
  rig.desk.available = Nano{0};
  SmppPeer acme = rig.Customer("acme"), other = rig.Customer("other");
  for (int second = 0; second < 3; ++second) {
    rig.Send(acme, 50);
    rig.network.Advance(500ms);
    rig.Send(acme, 50);
    rig.network.Advance(500ms);
  }
  EXPECT_EQ(rig.Answered(acme, ESME_RSUBMITFAIL), 300);
  EXPECT_EQ(rig.Count(Metric::rejected_no_credit), 300u);
  EXPECT_EQ(rig.rows(), 3u);
  for (const store::RejectRecord& row : rig.All<store::RejectRecord>()) {
    EXPECT_EQ(row.reason, "no_credit");
    EXPECT_EQ(row.client_id, 1);
  }
  rig.Send(other, 1);
  EXPECT_EQ(rig.rows(), 4u) << "each client has its own";
}

// --- waiting ---------------------------------------------------------------------------------------------------

TEST(Credit, WhoWaitsIsLookedAtWhenAnAnswerCameAndWhenItsTimeIsOver) {
  CreditRig rig;
  rig.desk.answer_now = false;
  SmppPeer acme = rig.Customer("acme"), other = rig.Customer("other");
  rig.Send(acme, 100);
  for (int turn = 0; turn < 1'000; ++turn) rig.network.Advance(1ms);
  EXPECT_EQ(rig.Count(Metric::credit_looks), 0u);
  rig.Send(other, 10);
  EXPECT_EQ(rig.Count(Metric::credit_waiting), 110u);
  rig.desk.available = Nano{0};
  rig.network.Advance(1s);
  EXPECT_EQ(rig.Answered(acme, ESME_RTHROTTLED), 100) << "two seconds are over";
  EXPECT_EQ(rig.Count(Metric::credit_looks), 100u) << "and not those that came later";
  EXPECT_EQ(rig.Count(Metric::credit_waiting), 10u);
  rig.desk.AnswerAll();
  rig.network.Advance(20ms);
  EXPECT_EQ(rig.Answered(other, ESME_RSUBMITFAIL), 10);
  EXPECT_EQ(rig.Count(Metric::credit_looks), 110u);
}

TEST(Credit, AnAnswerForOneAccountLetsItsMessagesGoWhoeverWaitsBeforeThem) {
  CreditRig rig;
  rig.desk.answer_now = false;
  SmppPeer acme = rig.Customer("acme");
  rig.Send(acme, 5);
  rig.desk.DropAll();
  SmppPeer other = rig.Customer("other");
  rig.Send(other, 5);
  rig.desk.AnswerAll();
  rig.network.Advance(20ms);
  int sent = 0;
  while (rig.alpha().Next()) ++sent;
  EXPECT_EQ(sent, 5);
  EXPECT_EQ(rig.Count(Metric::credit_waiting), 5u);
}

}  // namespace
}  // namespace hub::test
