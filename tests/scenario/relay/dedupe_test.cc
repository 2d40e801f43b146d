// Idempotent resubmits: a client that lost our answer sends it again and gets the same id; nothing else happens.
#include <gtest/gtest.h>

#include "server/relay/client/dedupe_key.h"
#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

// acme has a window of a minute, in either mode of answering; other has one as well.
store::Catalog Windowed(store::AnswerMode answer, store::DedupeBy by = store::DedupeBy::kContent) {
  store::Catalog catalog = AlphaAlone();
  for (store::ClientRow& client : catalog.clients) {
    client.answer = answer;
    client.dedupe_window_s = 60;
    client.dedupe_by = by;
  }
  return catalog;
}

// "hello" to the usual number with this user_message_reference.
Octets Referenced(std::uint32_t sequence_number, std::uint8_t reference, std::string_view text) {
  return Message(submit_sm, sequence_number, "ACME", "4915112345678", text, 1,
                 {0x02, 0x04, 0x00, 0x02, 0x00, reference});
}

class Resubmit : public testing::TestWithParam<store::AnswerMode> {
 protected:
  explicit Resubmit(store::DedupeBy by = store::DedupeBy::kContent)
      : rig(Windowed(GetParam(), by)), acme((rig.alpha(), rig.Customer())) {}

  // The customer's answer; a supplier that is asked takes it.
  Pdu Send(SmppPeer& customer, const Octets& submit) {
    customer.Send(submit);
    if (rig.Answers(rig.alpha(), ESME_ROK)) ++submits;
    const std::optional<Pdu> answer = customer.Next();
    EXPECT_TRUE(answer);
    return answer.value_or(Pdu{Bare(generic_nack, 0, ESME_RUNKNOWNERR)});
  }
  void ExpectMessages(std::size_t count) {
    EXPECT_EQ(rig.All<store::MessageRecord>().size(), count);
    EXPECT_EQ(submits, count);
    rig.ExpectMoneyBalances();
  }

  KeptRig rig;
  SmppPeer acme;
  std::size_t submits = 0;
};

TEST_P(Resubmit, TheSameContentWithinTheWindowIsTheSameMessage) {
  const Pdu first = Send(acme, Submit(2));
  rig.network.Advance(59s);
  const Pdu again = Send(acme, Submit(3));
  EXPECT_EQ(again.status(), ESME_ROK);
  EXPECT_EQ(again.sequence_number(), 3u);
  EXPECT_EQ(again.message_id(), first.message_id());
  EXPECT_EQ(rig.Count(Metric::resubmits), 1u);
  ExpectMessages(1);
}

TEST_P(Resubmit, AnotherBindOfTheClientGetsTheSameId) {
  const Pdu first = Send(acme, Submit(2));
  SmppPeer second = rig.Customer();
  EXPECT_EQ(Send(second, Submit(2)).message_id(), first.message_id());
  ExpectMessages(1);
}

TEST_P(Resubmit, WhenTheWindowIsOverItIsANewMessage) {
  const Pdu first = Send(acme, Submit(2));
  rig.network.Advance(60s);
  EXPECT_NE(Send(acme, Submit(3)).message_id(), first.message_id());
  ExpectMessages(2);
}

TEST_P(Resubmit, AnotherClientWithTheSameContentHasAnotherMessage) {
  const Pdu first = Send(acme, Submit(2));
  SmppPeer other = rig.Customer("other");
  EXPECT_NE(Send(other, Submit(2)).message_id(), first.message_id());
  ExpectMessages(2);
}

TEST_P(Resubmit, AnotherTextOrNumberIsAnotherMessage) {
  Send(acme, Submit(2));
  Send(acme, Submit(3, 1, "4915112345679"));
  Send(acme, Message(submit_sm, 4, "ACME", "4915112345678", "hallo", 1));
  ExpectMessages(3);
}

TEST_P(Resubmit, WhileTheFirstIsBeingDecidedTheSecondIsThrottled) {
  rig.journal.slow = true;
  acme.Send(Submit(2));
  acme.Send(Submit(3));
  const Pdu second = *acme.Next();
  EXPECT_EQ(second.sequence_number(), 3u);
  EXPECT_EQ(second.status(), ESME_RTHROTTLED);
  EXPECT_EQ(rig.Count(Metric::resubmits_in_flight), 1u);
  rig.journal.slow = false;
  rig.SyncDisk();
  if (GetParam() == store::AnswerMode::kUpstream) rig.Answers(rig.alpha(), ESME_ROK);
  const Pdu first = *acme.Next();
  EXPECT_EQ(first.status(), ESME_ROK);
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  acme.Send(Submit(4));
  EXPECT_EQ(acme.Next()->message_id(), first.message_id()) << "from now on it is known";
}

TEST_P(Resubmit, NoIdIsToldBeforeItsMessageIsDurable) {
  rig.journal.slow = true;
  acme.Send(Submit(2));
  if (GetParam() == store::AnswerMode::kUpstream) {
    rig.SyncDisk();
    rig.Answers(rig.alpha(), ESME_ROK);
  }
  ASSERT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  acme.Send(Submit(3));
  EXPECT_EQ(acme.Next()->status(), ESME_RTHROTTLED);
  EXPECT_FALSE(acme.Next());
}

TEST_P(Resubmit, ARefusedOneMayComeAgain) {
  rig.desk.available = Nano{0};
  EXPECT_EQ(Send(acme, Submit(2)).status(), ESME_RSUBMITFAIL);
  rig.desk.available = FakeDesk().available;
  rig.network.Advance(10s);
  EXPECT_EQ(Send(acme, Submit(3)).status(), ESME_ROK);
  ExpectMessages(1);
}

TEST_P(Resubmit, TheKeyStandsInTheJournalForTheNextRun) {
  Send(acme, Submit(2));
  const store::MessageRecord row = rig.Last<store::MessageRecord>();
  ASSERT_EQ(row.dedupe_key.size(), sizeof(relay::DedupeKey));
  KeptRig next(Windowed(GetParam()));
  next.alpha();
  next.dedupe.Load(std::vector<store::DedupeEntry>{
      {row.client_id, std::string(row.dedupe_key), row.message_id, row.accepted_at_us}});
  SmppPeer customer = next.Customer();
  customer.Send(Submit(9));
  EXPECT_EQ(customer.Next()->message_id(), std::to_string(row.message_id));
  EXPECT_FALSE(next.alpha().Next());
  EXPECT_EQ(next.journal.frames(), 0u) << "nothing is charged, nothing is written";
}

TEST_P(Resubmit, AClientWithoutAWindowSendsTwoMessages) {
  store::Catalog catalog = Windowed(GetParam());
  catalog.clients[0].dedupe_window_s = 0;
  rig.Use(catalog);
  EXPECT_NE(Send(acme, Submit(2)).message_id(), Send(acme, Submit(3)).message_id());
  EXPECT_TRUE(rig.Last<store::MessageRecord>().dedupe_key.empty());
  ExpectMessages(2);
}

// --- by reference ----------------------------------------------------------------------------------------------

class ResubmitByReference : public Resubmit {
 protected:
  ResubmitByReference() : Resubmit(store::DedupeBy::kUserMessageReference) {}
};

TEST_P(ResubmitByReference, TheSameReferenceIsTheSameMessageWhateverItsText) {
  const Pdu first = Send(acme, Referenced(2, 7, "hello"));
  EXPECT_EQ(Send(acme, Referenced(3, 7, "hello!")).message_id(), first.message_id());
  EXPECT_NE(Send(acme, Referenced(4, 8, "hello")).message_id(), first.message_id());
  ExpectMessages(2);
}

TEST_P(ResubmitByReference, WithoutAReferenceEachOneIsNew) {
  EXPECT_NE(Send(acme, Submit(2)).message_id(), Send(acme, Submit(3)).message_id());
  ExpectMessages(2);
}

constexpr auto kModes = [](const auto& mode) {
  return mode.param == store::AnswerMode::kUpstream ? "Upstream" : "Accepted";
};
const auto kBoth = testing::Values(store::AnswerMode::kUpstream, store::AnswerMode::kAccepted);
INSTANTIATE_TEST_SUITE_P(Answer, Resubmit, kBoth, kModes);
INSTANTIATE_TEST_SUITE_P(Answer, ResubmitByReference, kBoth, kModes);

// --- what a supplier refused -----------------------------------------------------------------------------------

TEST(ResubmitUpstream, WhatTheSupplierRefusedMayComeAgain) {
  KeptRig rig(Windowed(store::AnswerMode::kUpstream));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.Answers(rig.alpha(), ESME_RINVDSTADR);
  EXPECT_EQ(acme.Next()->status(), ESME_RINVDSTADR);
  acme.Send(Submit(3));
  EXPECT_TRUE(rig.Answers(rig.alpha(), ESME_ROK));
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
}

TEST(ResubmitAccepted, WhatTheSupplierRefusedWasAcceptedAllTheSame) {
  KeptRig rig(Windowed(store::AnswerMode::kAccepted));
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Submit(2, 0));
  rig.Answers(rig.alpha(), ESME_RINVDSTADR);
  EXPECT_EQ(rig.Accepted(acme, Submit(3, 0)), id) << "its end is told by a receipt, if by anything";
  EXPECT_FALSE(rig.alpha().Next());
}

}  // namespace
}  // namespace hub::test
