// query_sm of a message that a supplier has, and that has no final state here: the supplier is asked, when it may be.
#include <gtest/gtest.h>

#include "protocol/pdu/cancel_sm.h"
#include "tests/scenario/relay/kept_rig.h"
#include "tests/scenario/relay/query_rig.h"
#include "tests/support/profile_rules.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::MessageState;
using enum smpp::Status;
using namespace std::chrono_literals;

struct QueryRig : RelayRig {
  explicit QueryRig(store::Catalog catalog = AlphaTells(), relay::Limits with = Patient())
      : RelayRig(std::move(catalog), std::move(with)) {
    alpha();
    archive.fates = {AtAlpha()};
  }
  // What alpha gets of acme's question.
  std::optional<Pdu> Relayed(std::string_view source_addr = "ACME") {
    acme.Send(QuerySm(7, kAskedText, source_addr));
    network.Advance(kToldIn);
    return alpha().Next();
  }
  // Acme has one answer, ENROUTE with its own id, and nothing is left over.
  void ExpectOwnState() {
    const std::optional<Pdu> answer = acme.Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->octets, OwnAnswer(7));
    EXPECT_FALSE(acme.Next()) << "one answer";
    EXPECT_EQ(Count(Metric::queries_waiting), 0u);
  }
  static Octets OwnAnswer(std::uint32_t sequence_number) {
    return Word(sequence_number, 1, "", 0, kAskedText);
  }

  SmppPeer acme = Customer();
};

TEST(QueryRelay, AsksTheSupplierWithItsIdAndTellsItsWordWithOurs) {
  QueryRig rig;
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->octets, QuerySm(relayed->sequence_number(), "0A1B"));
  EXPECT_FALSE(rig.acme.Next()) << "not before its supplier";
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 1u);
  rig.alpha().Send(Word(relayed->sequence_number(), 5, "261121093000004+", 34));
  const std::optional<Pdu> answer = rig.acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->octets, Word(7, 5, "261121093000004+", 34, kAskedText));
  EXPECT_EQ(rig.Count(Metric::queries_relayed), 1u);
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 0u);
  EXPECT_EQ(rig.Count(Metric::queries_waiting), 0u);
  EXPECT_EQ(rig.Count(Metric::queries_unheard), 0u);
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty()) << "our books wait for its receipt";
  rig.network.Advance(1min);
  EXPECT_FALSE(rig.acme.Next()) << "one answer";
}

TEST(QueryRelay, AFinalStateOfOursIsNobodysToAsk) {
  QueryRig rig;
  store::MessageFate fate = AtAlpha();
  fate.is_final = true;
  fate.final_state = static_cast<std::uint8_t>(DELIVERED);
  rig.archive.fates = {fate};
  EXPECT_FALSE(rig.Relayed());
  EXPECT_EQ(ReadAnswer(*rig.acme.Next()).message_state, static_cast<std::uint8_t>(DELIVERED));
}

struct NobodyCase {
  const char* name;
  void (*change)(store::MessageFate&);
};
void PrintTo(const NobodyCase& c, std::ostream* os) { *os << c.name; }
class NobodyIsAsked : public testing::TestWithParam<NobodyCase> {};

TEST_P(NobodyIsAsked, AndWeTellWhatWeKnow) {
  QueryRig rig;
  GetParam().change(rig.archive.fates[0]);
  EXPECT_FALSE(rig.Relayed());
  rig.ExpectOwnState();
  EXPECT_EQ(rig.Count(Metric::queries_relayed), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Messages, NobodyIsAsked,
    testing::Values(NobodyCase{"WithoutASupplier", [](auto& fate) { fate.supplier_id = 0; }},
                    NobodyCase{"WithoutAnId", [](auto& fate) { fate.upstream_id.clear(); }},
                    NobodyCase{"OfASupplierThatIsGone", [](auto& fate) { fate.supplier_id = 9; }},
                    NobodyCase{"OursAgain", [](auto& fate) { fate.queued = true; }},
                    NobodyCase{"WithAnIdThatQuerySmCannotCarry",
                               [](auto& fate) { fate.upstream_id = std::string(65, 'x'); }}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(QueryRelay, ASupplierIsAskedOnlyWhereItsRowSaysSo) {
  QueryRig rig(UpstreamAlphaAlone());
  EXPECT_FALSE(rig.Relayed());
  rig.ExpectOwnState();
}

TEST(QueryRelay, AnotherClientsIdReachesNoSupplier) {
  QueryRig rig;
  SmppPeer other = rig.Customer("other");
  other.Send(QuerySm(7, kAskedText));
  rig.acme.Send(QuerySm(8, kAskedText, "ACMF"));
  rig.network.Advance(kToldIn);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(other.Next()->status(), ESME_RINVMSGID);
  EXPECT_EQ(rig.acme.Next()->status(), ESME_RINVMSGID) << "nor does one of another source";
}

TEST(QueryRelay, ASubmitMultiIsAskedOfNobody) {
  QueryRig rig;
  const MessageId block = MessageIdSource(1, 0, 0).NextBlock(rig.network.clock().WallNow() - 1h, 3);
  rig.archive.fates[0].message_id = block + 2;
  rig.acme.Send(QuerySm(7, std::to_string(block)));
  rig.network.Advance(kToldIn);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(ReadAnswer(*rig.acme.Next()).message_state, static_cast<std::uint8_t>(ENROUTE));
}

// --- what the supplier says ------------------------------------------------------------------------------------

struct NoWordCase {
  const char* name;
  Octets (*answer)(std::uint32_t sequence_number);
};
void PrintTo(const NoWordCase& c, std::ostream* os) { *os << c.name; }
class NoWord : public testing::TestWithParam<NoWordCase> {};

TEST_P(NoWord, LeavesOurOwn) {
  QueryRig rig;
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  rig.alpha().Send(GetParam().answer(relayed->sequence_number()));
  rig.ExpectOwnState();
  EXPECT_EQ(rig.Count(Metric::queries_unheard), 1u);
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 0u);
  EXPECT_EQ(rig.Count(Metric::throttle_pauses), 0u) << "it says nothing about rates";
  EXPECT_TRUE(rig.alpha().connected());
}

INSTANTIATE_TEST_SUITE_P(
    Answers, NoWord,
    testing::Values(
        NoWordCase{"Failed",
                   [](std::uint32_t n) { return Bare(query_sm_resp, n, ESME_RQUERYFAIL); }},
        NoWordCase{"UnknownThere",
                   [](std::uint32_t n) { return Bare(query_sm_resp, n, ESME_RINVMSGID); }},
        NoWordCase{"Throttled",
                   [](std::uint32_t n) { return Bare(query_sm_resp, n, ESME_RTHROTTLED); }},
        NoWordCase{"NotOffered",
                   [](std::uint32_t n) { return Bare(generic_nack, n, ESME_RINVCMDID); }},
        NoWordCase{"WithoutABody", [](std::uint32_t n) { return Bare(query_sm_resp, n); }},
        NoWordCase{"OfAnotherKind", [](std::uint32_t n) { return Bare(cancel_sm_resp, n); }},
        NoWordCase{"CutOff",
                   [](std::uint32_t n) {
                     Octets pdu = Word(n, 2);
                     pdu.resize(pdu.size() - 2);
                     smpp::WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
                     return pdu;
                   }},
        NoWordCase{"NoStateOfTheSpecification", [](std::uint32_t n) { return Word(n, 10); }}),
    [](const auto& c) { return std::string(c.param.name); });

struct WordCase {
  const char* name;
  std::uint8_t version;
  smpp::MessageState said, told;
};
void PrintTo(const WordCase& c, std::ostream* os) { *os << c.name; }
class SuppliersStates : public testing::TestWithParam<WordCase> {};

TEST_P(SuppliersStates, AreThoseOfTheClientsVersion) {
  QueryRig rig;
  rig.acme = rig.Customer("acme", bind_transceiver, GetParam().version);
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  rig.alpha().Send(Word(relayed->sequence_number(), static_cast<std::uint8_t>(GetParam().said)));
  EXPECT_EQ(ReadAnswer(*rig.acme.Next()).message_state, static_cast<std::uint8_t>(GetParam().told));
}

INSTANTIATE_TEST_SUITE_P(Versions, SuppliersStates,
                         testing::Values(WordCase{"ScheduledTo50", 0x50, SCHEDULED, SCHEDULED},
                                         WordCase{"ScheduledTo34", 0x34, SCHEDULED, ENROUTE},
                                         WordCase{"SkippedTo50", 0x50, SKIPPED, SKIPPED},
                                         WordCase{"SkippedTo33", 0x33, SKIPPED, REJECTED},
                                         WordCase{"AcceptedTo33", 0x33, ACCEPTED, ACCEPTED}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(QueryRelay, ASilentSupplierIsWaitedForNoLongerThanPostgreSql) {
  QueryRig rig;
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  rig.network.Advance(rig.limits.query_wait - kToldIn - 10ms);
  EXPECT_FALSE(rig.acme.Next());
  rig.network.Advance(kToldIn);
  rig.ExpectOwnState();
  EXPECT_EQ(rig.Count(Metric::queries_unheard), 1u);
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 1u) << "it may answer yet";
  rig.alpha().Send(Word(relayed->sequence_number(), 2));
  EXPECT_FALSE(rig.acme.Next()) << "one answer";
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 0u);
}

TEST(QueryRelay, AnAnswerBehindItsTimeoutIsNobodys) {
  QueryRig rig;
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  rig.network.Advance(11s);
  rig.ExpectOwnState();
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 0u);
  rig.alpha().Send(Word(relayed->sequence_number(), 2));
  rig.network.Advance(1s);
  EXPECT_FALSE(rig.acme.Next());
  EXPECT_TRUE(rig.All<store::LateAnswerRecord>().empty());
  EXPECT_TRUE(rig.alpha().connected());
}

TEST(QueryRelay, ALostLinkLeavesOurOwnToWhoWaitsForItsTurnToo) {
  QueryRig rig(AlphaTells(8));
  ASSERT_TRUE(rig.Relayed());
  rig.acme.Send(QuerySm(8, kAskedText));
  rig.network.Advance(kToldIn);
  EXPECT_EQ(rig.Count(Metric::queue_messages), 1u);
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  EXPECT_EQ(AnswersTo(rig.acme), std::vector(2, ESME_ROK));
  EXPECT_EQ(rig.Count(Metric::queries_unheard), 2u);
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 0u);
  EXPECT_EQ(rig.Count(Metric::queue_messages), 0u);
}

TEST(QueryRelay, ASupplierThatIsAwayIsNotWaitedFor) {
  QueryRig rig;
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  rig.acme.Send(QuerySm(7, kAskedText));
  rig.network.Advance(kToldIn);
  rig.ExpectOwnState();
  EXPECT_EQ(rig.Count(Metric::queries_unheard), 1u);
}

TEST(QueryRelay, AClientThatIsGoneIsToldNothingAndLeavesNothingBehind) {
  QueryRig rig;
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  rig.acme.raw().Hangup();
  rig.network.RunUntilQuiet();
  rig.alpha().Send(Word(relayed->sequence_number(), 2));
  EXPECT_EQ(rig.Count(Metric::queries_waiting), 0u);
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 0u);
}

TEST(QueryRelay, UnbindWaitsForTheAnswer) {
  QueryRig rig;
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  rig.acme.Send(Bare(unbind, 8));
  EXPECT_FALSE(rig.acme.Next());
  rig.alpha().Send(Word(relayed->sequence_number(), 2));
  EXPECT_EQ(rig.acme.Next()->octets, Word(7, 2, "", 0, kAskedText));
  EXPECT_EQ(rig.acme.Next()->id(), unbind_resp);
}

// --- the source address ----------------------------------------------------------------------------------------

struct SourceCase {
  const char* name;
  std::string_view told, source, at_supplier;  // by who asks; by who sent it
  std::uint8_t ton, ton_at_supplier;
};
void PrintTo(const SourceCase& c, std::ostream* os) { *os << c.name; }
class SourceOfAQuestion : public testing::TestWithParam<SourceCase> {};

// A rule gives alphanumeric ones another form.
TEST_P(SourceOfAQuestion, IsTheOneThatTheSupplierHas) {
  store::Catalog catalog = AlphaTells();
  catalog.suppliers[0].profile.source_rules = {
      AddressSpec{.ton = 5, .action = store::AddressAction::kAddress, .to = "4670", .to_ton = 3}};
  QueryRig rig(catalog);
  rig.archive.fates[0].source_addr = GetParam().source;
  rig.archive.fates[0].source_addr_ton = GetParam().ton;
  const std::optional<Pdu> relayed = rig.Relayed(GetParam().told);
  ASSERT_TRUE(relayed);
  Octets expected = QuerySm(relayed->sequence_number(), "0A1B", GetParam().at_supplier);
  expected[smpp::kHeaderOctets + sizeof "0A1B"] = GetParam().ton_at_supplier;
  EXPECT_EQ(relayed->octets, expected);
}

INSTANTIATE_TEST_SUITE_P(Sources, SourceOfAQuestion,
                         testing::Values(SourceCase{"Told", "ACME", "ACME", "4670", 5, 3},
                                         SourceCase{"NotTold", "", "ACME", "4670", 5, 3},
                                         SourceCase{"SentWithoutOne", "", "", "", 0, 0}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(QueryRelay, ASourceThatARuleRefusesIsNotSent) {
  store::Catalog catalog = AlphaTells();
  catalog.suppliers[0].profile.source_rules = {
      AddressSpec{.ton = 5, .action = store::AddressAction::kRefuse}};
  QueryRig rig(catalog);
  EXPECT_FALSE(rig.Relayed());
  rig.ExpectOwnState();
}

// --- limits ----------------------------------------------------------------------------------------------------

TEST(QueryRelay, CountsForTheRateOfItsClientWhoHearsOurOwnWordBeyond) {
  store::Catalog catalog = AlphaTells();
  catalog.clients[0].rate_per_second = 1;
  catalog.clients[0].rate_burst = 1;
  QueryRig rig(catalog);
  rig.acme.Send(QuerySm(7, kAskedText));
  rig.acme.Send(QuerySm(8, kAskedText));
  rig.network.Advance(kToldIn);
  const std::optional<Pdu> own = rig.acme.Next();
  ASSERT_TRUE(own);
  EXPECT_EQ(own->octets, QueryRig::OwnAnswer(8));
  EXPECT_EQ(rig.Count(Metric::queries_relayed), 1u);
  EXPECT_EQ(rig.Count(Metric::queries_relayed_full), 1u);
  EXPECT_EQ(rig.Count(Metric::throttled), 0u) << "nothing was refused";
  const std::optional<Pdu> relayed = rig.alpha().Next();
  ASSERT_TRUE(relayed);
  rig.alpha().Send(Word(relayed->sequence_number(), 2));
  EXPECT_EQ(rig.acme.Next()->octets, Word(7, 2, "", 0, kAskedText));
}

TEST(QueryRelay, NoMoreThanTheLimitAreUnderWay) {
  relay::Limits limits = Patient();
  limits.query_relayed_max = 2;
  QueryRig rig(AlphaTells(), limits);
  for (std::uint32_t n = 7; n < 10; ++n) rig.acme.Send(QuerySm(n, kAskedText));
  rig.network.Advance(kToldIn);
  const std::optional<Pdu> own = rig.acme.Next();
  ASSERT_TRUE(own);
  EXPECT_EQ(own->octets, QueryRig::OwnAnswer(9));
  EXPECT_EQ(rig.Count(Metric::queries_relayed_full), 1u);
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 2u);
}

// Its window is ten places: one of them is for what is no message.
TEST(QueryRelay, WaitsForItsTurnBehindCancelsAndTakesNoPlaceOfMessages) {
  QueryRig rig(AlphaTells(10));
  store::ChangeableMessage changeable;
  changeable.message_id = kAsked;
  changeable.client_id = 1;
  changeable.supplier_id = 101;
  changeable.upstream_id = "0A1B";
  rig.archive.changeable = {changeable};
  const std::optional<Pdu> first = rig.Relayed();
  ASSERT_TRUE(first);
  rig.acme.Send(QuerySm(8, kAskedText));
  rig.network.Advance(kToldIn);
  smpp::CancelSm cancel;
  cancel.message_id = kAskedText;
  rig.acme.Send(smpp::Encode(cancel, ESME_ROK, 9));
  rig.network.Advance(kToldIn);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Count(Metric::queue_messages), 2u);
  rig.acme.Send(Submit(10));
  EXPECT_EQ(rig.alpha().Next()->id(), submit_sm);
  rig.alpha().Send(Word(first->sequence_number(), 2));
  const std::optional<Pdu> second = rig.alpha().Next();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id(), cancel_sm) << "though it came later";
  rig.alpha().Send(Bare(cancel_sm_resp, second->sequence_number()));
  const std::optional<Pdu> third = rig.alpha().Next();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->id(), query_sm);
  rig.alpha().Send(Word(third->sequence_number(), 1));
  EXPECT_EQ(rig.Count(Metric::queue_messages), 0u);
  EXPECT_EQ(rig.acme.Next()->sequence_number(), 7u);
  EXPECT_EQ(rig.acme.Next()->sequence_number(), 9u);
  EXPECT_EQ(rig.acme.Next()->sequence_number(), 8u);
}

TEST(QueryRelay, FromAFullQueueEachHearsOurOwnWordAndNobodyIsAlarmed) {
  relay::Limits limits = Patient();
  limits.link_queue_messages_max = 8;  // one of them waits
  QueryRig rig(AlphaTells(8), limits);
  for (std::uint32_t n = 7; n < 10; ++n) rig.acme.Send(QuerySm(n, kAskedText));
  rig.network.Advance(kToldIn);
  const std::optional<Pdu> own = rig.acme.Next();
  ASSERT_TRUE(own);
  EXPECT_EQ(own->octets, QueryRig::OwnAnswer(9));
  EXPECT_EQ(rig.Count(Metric::queue_full), 0u);
  rig.network.Advance(rig.limits.query_wait);
  EXPECT_EQ(AnswersTo(rig.acme), std::vector(2, ESME_ROK));
  EXPECT_EQ(rig.Count(Metric::queries_at_suppliers), 1u) << "the one that waited is not sent late";
  EXPECT_EQ(rig.Count(Metric::queue_messages), 0u);
}

}  // namespace
}  // namespace hub::test
