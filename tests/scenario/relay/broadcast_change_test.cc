// query_broadcast_sm, cancel_broadcast_sm, and a broadcast_sm that replaces another: its supplier is asked.
#include <gtest/gtest.h>

#include "tests/scenario/relay/broadcast_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

TEST(QueryBroadcastSm, IsItsSuppliersToAnswerAboutOurId) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  acme.Send(QueryBroadcast(8, id));
  const std::optional<Pdu> asked = rig.Relayed();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->octets, QueryBroadcast(asked->sequence_number(), "bc-1"));
  rig.alpha().Send(WithTlvs(
      IdAnswer(query_broadcast_sm_resp, ESME_ROK, asked->sequence_number(), "bc-1"), kProgress));
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->octets,
            WithTlvs(IdAnswer(query_broadcast_sm_resp, ESME_ROK, 8, id), kProgress));
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
}

TEST(CancelBroadcastSm, IsItsSuppliersToDo) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  for (const smpp::Status word : {ESME_RINVBCASTAREAFMT, ESME_ROK}) {
    acme.Send(CancelBroadcast(8, id));
    const std::optional<Pdu> asked = rig.Relayed();
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->octets, CancelBroadcast(asked->sequence_number(), "bc-1"));
    rig.alpha().Send(Bare(cancel_broadcast_sm_resp, asked->sequence_number(), word));
    ExpectStatus(acme, cancel_broadcast_sm_resp, 8, word);
  }
  rig.ExpectMoneyBalances();
}

TEST(CancelBroadcastSm, OfNoIdIsNotDone) {
  BroadcastRig rig;
  rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(CancelBroadcast(8, ""));
  ExpectStatus(acme, cancel_broadcast_sm_resp, 8, ESME_RBCASTCANCELFAIL);
}

struct FailCase {
  const char* name;
  Octets (*answer)(std::uint32_t sequence_number);  // null: silence
  smpp::Status query, cancel;
};
void PrintTo(const FailCase& c, std::ostream* os) { *os << c.name; }
class SuppliersWordOnABroadcast : public testing::TestWithParam<FailCase> {};

TEST_P(SuppliersWordOnABroadcast, FailsWhatItDoesNotDo) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  for (const bool query : {true, false}) {
    acme.Send(query ? QueryBroadcast(8, id) : CancelBroadcast(8, id));
    const std::optional<Pdu> asked = rig.Relayed();
    ASSERT_TRUE(asked);
    if (GetParam().answer != nullptr) rig.alpha().Send(GetParam().answer(asked->sequence_number()));
    if (GetParam().answer == nullptr) rig.network.Advance(11s);
    ExpectStatus(acme, query ? query_broadcast_sm_resp : cancel_broadcast_sm_resp, 8,
                 query ? GetParam().query : GetParam().cancel);
  }
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Words, SuppliersWordOnABroadcast,
    testing::Values(FailCase{"NotOffered",
                             [](std::uint32_t n) { return Bare(generic_nack, n, ESME_RINVCMDID); },
                             ESME_RBCASTQUERYFAIL, ESME_RBCASTCANCELFAIL},
                    FailCase{"OfAnotherKind",
                             [](std::uint32_t n) { return Bare(query_sm_resp, n); }, ESME_RSYSERR,
                             ESME_RSYSERR},
                    FailCase{"Silent", nullptr, ESME_RSYSERR, ESME_RSYSERR}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(AboutABroadcast, WithoutABindOfV50Fails) {
  BroadcastRig rig(BroadcastingOverOneOfTwo());
  SmppPeer& old = rig.Supplier(1009);
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  acme.Send(QueryBroadcast(8, id));
  rig.network.Advance(kSettled);
  ExpectStatus(acme, query_broadcast_sm_resp, 8, ESME_RBCASTQUERYFAIL);
  EXPECT_FALSE(old.Next());
}

TEST(AboutABroadcast, OthersIdsAreUnknown) {
  store::Catalog catalog = Broadcasting();
  catalog.clients[1].broadcast_supplier_id = 101;
  BroadcastRig rig(catalog);
  SmppPeer acme = rig.Acme(), other = rig.Acme("other");
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  other.Send(QueryBroadcast(8, id));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(other, query_broadcast_sm_resp, 8, ESME_RINVMSGID);
  other.Send(CancelBroadcast(9, id));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(other, cancel_broadcast_sm_resp, 9, ESME_RINVMSGID);
  other.Send(Broadcast(10, id));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(other, broadcast_sm_resp, 10, ESME_RINVMSGID);
  acme.Send(QueryBroadcast(8, id, "ACNE"));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(acme, query_broadcast_sm_resp, 8, ESME_RINVMSGID);
}

TEST(AboutABroadcast, MessagesAndBroadcastsAreNotTakenForEachOther) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  acme.Send(Cancel(8, id));
  EXPECT_FALSE(rig.Relayed());
  ExpectCancelAnswer(acme, 8, ESME_RINVMSGID);
  rig.shown = {rig.AtAlpha()};
  acme.Send(CancelBroadcast(9, rig.IdOf(rig.shown[0])));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(acme, cancel_broadcast_sm_resp, 9, ESME_RINVMSGID);
}

// --- one that replaces another --------------------------------------------------------------------------------------

TEST(BroadcastSm, NamesWhatItReplacesAsItsSupplierDoesAndIsPaidAnew) {
  BroadcastRig rig;
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  acme.Send(Broadcast(8, id));
  const std::optional<Pdu> sent = rig.Relayed();
  ASSERT_TRUE(sent);
  EXPECT_EQ(sent->octets, Broadcast(sent->sequence_number(), "bc-1"));
  rig.alpha().Send(IdAnswer(broadcast_sm_resp, ESME_ROK, sent->sequence_number(), "bc-2"));
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer && answer->status() == ESME_ROK);
  EXPECT_NE(answer->message_id(), id);
  EXPECT_EQ(answer->sequence_number(), 8u);
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 2u);
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, OneOfAnotherSupplierIsNotReplaced) {
  BroadcastRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  rig.shown = {rig.AtAlpha()};
  rig.shown[0].is_broadcast = true;
  rig.shown[0].supplier_id = 102;
  acme.Send(Broadcast(8, rig.IdOf(rig.shown[0])));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(acme, broadcast_sm_resp, 8, ESME_RBCASTFAIL);
  acme.Send(Broadcast(9, "no id of ours"));
  ExpectStatus(acme, broadcast_sm_resp, 9, ESME_RINVMSGID);
  EXPECT_FALSE(alpha.Next());
  rig.ExpectMoneyBalances();
}

// PostgreSQL writes octets that are no UTF-8 as four characters each: such an id may be longer than a PDU has room for.
TEST(BroadcastSm, OneWhoseIdCannotBeSaidIsNotReplaced) {
  BroadcastRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  rig.shown = {rig.AtAlpha()};
  rig.shown[0].is_broadcast = true;
  rig.shown[0].upstream_id = std::string(65, 'x');
  acme.Send(Broadcast(8, rig.IdOf(rig.shown[0])));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(acme, broadcast_sm_resp, 8, ESME_RBCASTFAIL);
  EXPECT_FALSE(alpha.Next());
  rig.ExpectMoneyBalances();
}

TEST(BroadcastSm, CountsOnceForItsClientsRateWhateverItReplaces) {
  store::Catalog catalog = Broadcasting();
  catalog.clients[0].rate_per_second = 1;
  catalog.clients[0].rate_burst = 3;
  BroadcastRig rig(catalog);
  SmppPeer acme = rig.Acme();
  const std::string id = rig.Accepted(acme, Broadcast(7), "bc-1");
  acme.Send(Broadcast(8, id));
  EXPECT_TRUE(rig.Relayed());
  acme.Send(Broadcast(9));
  acme.Send(Broadcast(10));
  EXPECT_EQ(AnswersTo(acme), std::vector{ESME_RTHROTTLED}) << "the fourth";
}

}  // namespace
}  // namespace hub::test
