// query_sm: a customer asks what became of its message, and hears it in its own words and of its own messages alone.
#include <gtest/gtest.h>

#include "tests/scenario/relay/query_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

TEST(QuerySm, TellsAFinalStateItsDateAndItsError) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  rig.archive.fates = {Final(smpp::MessageState::UNDELIVERABLE, "034")};
  acme.Send(QuerySm(7, "123456789012"));
  rig.network.Advance(kToldIn);
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id(), query_sm_resp);
  EXPECT_EQ(answer->status(), ESME_ROK);
  EXPECT_EQ(answer->sequence_number(), 7u);
  const smpp::QuerySmResp said = ReadAnswer(*answer);
  EXPECT_EQ(said.message_id, "123456789012");
  EXPECT_EQ(said.final_date, "251125000000000+");
  EXPECT_EQ(said.message_state, 5);
  EXPECT_EQ(said.error_code, 34);
}

TEST(QuerySm, AMessageOnItsWayHasNoFinalDate) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  rig.archive.fates = {Fate()};
  acme.Send(QuerySm(7, "123456789012"));
  rig.network.Advance(kToldIn);
  const smpp::QuerySmResp said = ReadAnswer(*acme.Next());
  EXPECT_EQ(said.final_date, "");
  EXPECT_EQ(said.message_state, static_cast<std::uint8_t>(smpp::MessageState::ENROUTE));
}

struct WordCase {
  const char* name;
  std::uint8_t version;
  bool is_final;
  smpp::MessageState state, told;
};
class StateWords : public testing::TestWithParam<WordCase> {};

TEST_P(StateWords, AreThoseOfThePeersVersion) {
  RelayRig rig;
  SmppPeer acme = rig.Customer("acme", bind_transceiver, GetParam().version);
  store::MessageFate fate = GetParam().is_final ? Final(GetParam().state) : Fate();
  fate.started = GetParam().is_final;
  rig.archive.fates = {fate};
  acme.Send(QuerySm(7, "123456789012"));
  rig.network.Advance(kToldIn);
  EXPECT_EQ(ReadAnswer(*acme.Next()).message_state, static_cast<std::uint8_t>(GetParam().told));
}

using enum smpp::MessageState;
INSTANTIATE_TEST_SUITE_P(
    Versions, StateWords,
    testing::Values(WordCase{"ScheduledTo50", 0x50, false, SCHEDULED, SCHEDULED},
                    WordCase{"ScheduledTo34", 0x34, false, SCHEDULED, ENROUTE},
                    WordCase{"SkippedTo50", 0x50, true, SKIPPED, SKIPPED},
                    WordCase{"SkippedTo34", 0x34, true, SKIPPED, REJECTED},
                    WordCase{"DeliveredTo33", 0x33, true, DELIVERED, DELIVERED}),
    [](const auto& c) { return std::string(c.param.name); });

// It has a question of its own, query_broadcast_sm.                                 SMPP v5.0 §4.6
TEST(QuerySm, OfABroadcastKnowsNothing) {
  for (const bool is_final : {false, true}) {
    RelayRig rig(AlphaTells());
    rig.alpha();
    SmppPeer acme = rig.Customer();
    store::MessageFate fate = AtAlpha();
    fate.is_broadcast = true;
    fate.is_final = is_final;
    rig.archive.fates = {fate};
    acme.Send(QuerySm(7, kAskedText));
    rig.network.Advance(kToldIn);
    const std::optional<Pdu> answer = acme.Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->octets, Bare(query_sm_resp, 7, ESME_RINVMSGID)) << is_final;
    EXPECT_FALSE(rig.alpha().Next());
  }
}

TEST(QuerySm, AsksWhenAllBeforeTheQuestionIsSettled) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "up");
  const std::string id = acme.Next()->message_id();
  rig.settler.behind = true;
  store::MessageFate fate = Fate();
  fate.message_id = std::stoull(id);
  rig.archive.fates = {fate};
  acme.Send(QuerySm(7, id));
  rig.network.Advance(2s);
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.archive.fate_pages, 0);
  rig.settler.behind = false;
  rig.network.Advance(kToldIn);
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
}

TEST(QuerySm, ADiskThatIsSlowIsWaitedFor) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  rig.archive.fates = {Fate()};
  rig.journal.slow = true;
  acme.Send(QuerySm(7, "123456789012"));
  rig.network.Advance(2s);
  EXPECT_EQ(rig.archive.fate_pages, 0);
  rig.SyncDisk();
  rig.network.Advance(kToldIn);
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
}

TEST(QuerySm, QueriesOfAMomentAreOneQuestion) {
  RelayRig rig;
  SmppPeer acme = rig.Customer(), other = rig.Customer("other");
  rig.archive.fates = {Fate()};
  acme.Send(QuerySm(7, "123456789012"));
  acme.Send(QuerySm(8, "123456789012"));
  other.Send(QuerySm(9, "123456789012"));
  EXPECT_EQ(rig.Count(Metric::queries_waiting), 3u);
  rig.network.Advance(kToldIn);
  EXPECT_EQ(rig.archive.fate_pages, 1);
  EXPECT_EQ(acme.Next()->sequence_number(), 7u);
  EXPECT_EQ(acme.Next()->sequence_number(), 8u);
  EXPECT_EQ(other.Next()->status(), ESME_RINVMSGID) << "it is not other's message";
  EXPECT_EQ(rig.Count(Metric::queries_waiting), 0u);
}

struct UnknownCase {
  const char* name;
  std::string_view id, source_addr;
};
class UnknownMessage : public testing::TestWithParam<UnknownCase> {};

TEST_P(UnknownMessage, HasAnInvalidId) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  rig.archive.fates = {Fate()};
  acme.Send(QuerySm(7, GetParam().id, GetParam().source_addr));
  rig.network.Advance(kToldIn);
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id(), query_sm_resp);
  EXPECT_EQ(answer->status(), ESME_RINVMSGID);
  EXPECT_EQ(answer->octets.size(), smpp::kHeaderOctets);
}

INSTANTIATE_TEST_SUITE_P(Ids, UnknownMessage,
                         testing::Values(UnknownCase{"Nobodys", "123456789013", "ACME"},
                                         UnknownCase{"OfAnotherSource", "123456789012", "ACMF"},
                                         UnknownCase{"Empty", "", "ACME"},
                                         UnknownCase{"NoNumber", "12x", "ACME"},
                                         UnknownCase{"Negative", "-123456789012", "ACME"},
                                         UnknownCase{"Padded", "0123456789012", "ACME"},
                                         UnknownCase{"Hexadecimal", "1CBE991A14", "ACME"},
                                         UnknownCase{"TooLarge", "99999999999999999999", "ACME"}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(QuerySm, ASourceThatIsNotToldIsNotCompared) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  rig.archive.fates = {Fate()};
  acme.Send(QuerySm(7, "123456789012", ""));
  rig.network.Advance(kToldIn);
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
}

TEST(QuerySm, FailsWhenPostgreSqlIsBehindForTooLong) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "up");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  rig.archive.fates = {Fate()};
  rig.settler.behind = true;
  acme.Send(QuerySm(7, "123456789012"));
  rig.network.Advance(rig.limits.query_wait - 100ms);
  EXPECT_FALSE(acme.Next());
  rig.network.Advance(200ms);
  EXPECT_EQ(acme.Next()->status(), ESME_RQUERYFAIL);
  EXPECT_EQ(rig.Count(Metric::queries_failed), 1u);
  EXPECT_EQ(rig.Count(Metric::queries_waiting), 0u);
}

TEST(QuerySm, FailsWhenPostgreSqlDoesNotAnswer) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  rig.archive.reachable = false;
  acme.Send(QuerySm(7, "123456789012"));
  rig.network.Advance(kToldIn);
  EXPECT_EQ(acme.Next()->status(), ESME_RQUERYFAIL);
}

TEST(QuerySm, WaitsForRoomAmongTheQuestions) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  rig.archive.fates = {Fate()};
  rig.archive.room = false;
  acme.Send(QuerySm(7, "123456789012"));
  rig.network.Advance(1s);
  EXPECT_FALSE(acme.Next());
  rig.archive.room = true;
  rig.network.Advance(kToldIn);
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
}

TEST(QuerySm, OneTooManyIsThrottled) {
  relay::Limits limits;
  limits.query_waiting_max = 2;
  RelayRig rig(TwoSuppliers(), limits);
  SmppPeer acme = rig.Customer();
  rig.archive.fates = {Fate()};
  for (std::uint32_t n = 7; n < 10; ++n) acme.Send(QuerySm(n, "123456789012"));
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->sequence_number(), 9u);
  EXPECT_EQ(answer->status(), ESME_RTHROTTLED);
  EXPECT_EQ(rig.Count(Metric::queries_full), 1u);
  rig.network.Advance(kToldIn);
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
}

TEST(QuerySm, NobodyIsAnsweredWhoIsGone) {
  RelayRig rig;
  rig.archive.fates = {Fate()};
  {
    SmppPeer acme = rig.Customer();
    acme.Send(QuerySm(7, "123456789012"));
    acme.raw().Hangup();
  }
  rig.network.Advance(kToldIn);
  EXPECT_EQ(rig.Count(Metric::queries_waiting), 0u);
  SmppPeer again = rig.Customer();
  again.Send(QuerySm(8, "123456789012"));
  rig.network.Advance(kToldIn);
  EXPECT_EQ(again.Next()->sequence_number(), 8u);
}

TEST(QuerySm, UnbindWaitsForTheAnswer) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  rig.archive.fates = {Fate()};
  acme.Send(QuerySm(7, "123456789012"));
  acme.Send(Bare(unbind, 8));
  rig.network.Advance(kToldIn);
  EXPECT_EQ(acme.Next()->id(), query_sm_resp);
  EXPECT_EQ(acme.Next()->id(), unbind_resp);
}

TEST(QuerySm, AMalformedOneIsToldItsField) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  Octets query = QuerySm(7, "123456789012", std::string(20, 'A'));
  query.back() = 'A';  // no NUL within 21 octets
  acme.Send(query);
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id(), query_sm_resp);
  EXPECT_EQ(answer->status(), ESME_RINVSRCADR);
  EXPECT_TRUE(acme.connected());
}

}  // namespace
}  // namespace hub::test
