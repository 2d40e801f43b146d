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

using Request = Octets (*)(std::uint32_t sequence_number, std::string_view id);

struct UnknownCase {
  const char* name;
  const char* asker;
  bool of_broadcast;  // else the id is a message's
  Request request;
  smpp::CommandId response;
};
void PrintTo(const UnknownCase& c, std::ostream* os) { *os << c.name; }
class UnknownId : public testing::TestWithParam<UnknownCase> {};

TEST_P(UnknownId, IsAskedOfNobody) {
  store::Catalog catalog = Broadcasting();
  catalog.clients[1].broadcast_supplier_id = 101;
  BroadcastRig rig(catalog);
  SmppPeer acme = rig.Acme();
  rig.shown = {rig.AtAlpha()};
  const std::string broadcast = rig.Accepted(acme, Broadcast(7), "bc-1");
  SmppPeer asker = rig.Acme(GetParam().asker);
  asker.Send(GetParam().request(8, GetParam().of_broadcast ? broadcast : rig.IdOf(rig.shown[0])));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(asker, GetParam().response, 8, ESME_RINVMSGID);
}

constexpr Request kQuery = [](std::uint32_t n, std::string_view id) {
  return QueryBroadcast(n, id);
};
constexpr Request kAnew = [](std::uint32_t n, std::string_view id) { return Broadcast(n, id); };
constexpr Request kCancelSm = [](std::uint32_t n, std::string_view id) { return Cancel(n, id); };
constexpr Request kReplaceSm = [](std::uint32_t n, std::string_view id) {
  return Otherwise(n, id);
};

INSTANTIATE_TEST_SUITE_P(
    Others, UnknownId,
    testing::Values(
        UnknownCase{"AnotherClientsQuery", "other", true, kQuery, query_broadcast_sm_resp},
        UnknownCase{"AnotherClientsCancel", "other", true, CancelBroadcast,
                    cancel_broadcast_sm_resp},
        UnknownCase{"AnotherClientsReplace", "other", true, kAnew, broadcast_sm_resp},
        UnknownCase{
            "AnotherSourcesQuery", "acme", true,
            [](std::uint32_t n, std::string_view id) { return QueryBroadcast(n, id, "ACNE"); },
            query_broadcast_sm_resp},
        UnknownCase{"CancelSmOfABroadcast", "acme", true, kCancelSm, cancel_sm_resp},
        UnknownCase{"ReplaceSmOfABroadcast", "acme", true, kReplaceSm, replace_sm_resp},
        UnknownCase{"CancelBroadcastSmOfAMessage", "acme", false, CancelBroadcast,
                    cancel_broadcast_sm_resp},
        UnknownCase{"QueryBroadcastSmOfAMessage", "acme", false, kQuery, query_broadcast_sm_resp}),
    [](const auto& c) { return std::string(c.param.name); });

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

struct KeepsCase {
  const char* name;
  void (*change)(store::ChangeableMessage& broadcast);  // of alpha
};
void PrintTo(const KeepsCase& c, std::ostream* os) { *os << c.name; }
class KeepsItsPlace : public testing::TestWithParam<KeepsCase> {};

TEST_P(KeepsItsPlace, AndTheOtherCostsNothing) {
  BroadcastRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Acme();
  rig.shown = {rig.AtAlpha()};
  rig.shown[0].is_broadcast = true;
  GetParam().change(rig.shown[0]);
  acme.Send(Broadcast(8, rig.IdOf(rig.shown[0])));
  EXPECT_FALSE(rig.Relayed());
  ExpectStatus(acme, broadcast_sm_resp, 8, ESME_RBCASTFAIL);
  EXPECT_FALSE(alpha.Next());
  rig.ExpectMoneyBalances();
}

// PostgreSQL writes octets that are no UTF-8 as four characters each: such an id may be longer than a PDU has room for.
INSTANTIATE_TEST_SUITE_P(
    Broadcasts, KeepsItsPlace,
    testing::Values(KeepsCase{"OfAnotherSupplier", [](auto& each) { each.supplier_id = 102; }},
                    KeepsCase{"WhoseIdCannotBeSaid",
                              [](auto& each) { each.upstream_id = std::string(65, 'x'); }}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(BroadcastSm, WithNoIdOfOursReplacesNothing) {
  BroadcastRig rig;
  rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(9, "no id of ours"));
  ExpectStatus(acme, broadcast_sm_resp, 9, ESME_RINVMSGID);
  EXPECT_FALSE(rig.Relayed());
}

// acme may send so many at once, has sent one, and replaced it by another.
struct ReplacedRig : BroadcastRig {
  explicit ReplacedRig(std::int32_t rate_burst) : BroadcastRig(Rated(rate_burst)) {
    acme.Send(Broadcast(8, id));
    EXPECT_TRUE(Relayed());
  }
  static store::Catalog Rated(std::int32_t rate_burst) {
    store::Catalog catalog = Broadcasting();
    catalog.clients[0].rate_per_second = 1;
    catalog.clients[0].rate_burst = rate_burst;
    return catalog;
  }
  SmppPeer acme = Acme();
  std::string id = Accepted(acme, Broadcast(7), "bc-1");
};

TEST(BroadcastSm, CountsOnceForItsClientsRateWhateverItReplaces) {
  ReplacedRig rig(3);
  rig.acme.Send(Broadcast(9));
  rig.acme.Send(Broadcast(10));
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_RTHROTTLED}) << "the fourth";
}

// To look for what it replaces is a question to PostgreSQL: a flood of them asks none.
TEST(BroadcastSm, BeyondItsClientsRateNobodyLooksForWhatItReplaces) {
  ReplacedRig rig(2);
  const int asked = rig.archive.change_pages;
  rig.acme.Send(Broadcast(9, rig.id));
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_RTHROTTLED}) << "at once";
  EXPECT_FALSE(rig.Relayed());
  EXPECT_EQ(rig.archive.change_pages, asked);
  EXPECT_EQ(rig.Count(Metric::throttled), 1u);
}

}  // namespace
}  // namespace hub::test
