// submit_multi: a message for each destination, one answer, one id.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "protocol/pdu/query_sm.h"
#include "tests/scenario/relay/kept_rig.h"
#include "tests/scenario/relay/multi_rig.h"
#include "tests/scenario/relay/outbox_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

constexpr char kFirst[] = "4915112345678", kSecond[] = "4915112345679", kThird[] = "4915112345680";
using Unsuccess = std::vector<std::pair<std::string, smpp::Status>>;

std::vector<std::string> Numbers(std::size_t count) {
  std::vector<std::string> numbers;
  for (std::uint32_t n = 0; n < count; ++n) numbers.push_back(To(n));
  return numbers;
}

TEST(Multi, TwoAreTakenOneIsRefusedAndTheAnswerSaysBoth) {
  MultiRig rig;
  const auto submits = rig.Sends({kFirst, kSecond, "1234"});
  ASSERT_EQ(submits.size(), 2u);
  EXPECT_EQ(submits.at(kFirst).id(), submit_sm);
  rig.alpha().Answer(submits.at(kSecond), ESME_ROK, "b");
  EXPECT_FALSE(rig.acme.Next()) << "one destination has no answer yet";
  rig.alpha().Answer(submits.at(kFirst), ESME_ROK, "a");
  const Pdu pdu = *rig.acme.Next();
  EXPECT_EQ(pdu.sequence_number(), 7u);
  const MultiAnswer answer(pdu);
  EXPECT_EQ(answer.status, ESME_ROK);
  EXPECT_EQ(answer.unsuccess, (Unsuccess{{"1234", ESME_RINVDSTADR}}));
  EXPECT_FALSE(rig.acme.Next());
  const auto rows = rig.All<store::MessageRecord>();
  ASSERT_EQ(rows.size(), 2u);
  for (const auto& row : rows) {
    EXPECT_EQ(std::to_string(ClientIdOf(row.message_id)), answer.message_id);
    EXPECT_EQ(row.amount, Nano{50'000'000});
  }
  EXPECT_NE(rows[0].message_id, rows[1].message_id);
  rig.ExpectMoneyBalances();
}

TEST(Multi, EachReceiptTellsTheIdOfTheAnswerAndItsOwnDestination) {
  MultiRig rig;
  const auto submits = rig.Sends({kFirst, kSecond});
  rig.alpha().Answer(submits.at(kFirst), ESME_ROK, "a");
  rig.alpha().Answer(submits.at(kSecond), ESME_ROK, "b");
  const MultiAnswer answer = rig.Answer();
  for (const auto& [id, number] : {std::pair("b", kSecond), std::pair("a", kFirst)}) {
    rig.alpha().Send(Receipt(900, id, number, "ACME"));
    const Pdu receipt = *rig.acme.Next();
    EXPECT_EQ(receipt.receipt_id(), answer.message_id);
    EXPECT_EQ(receipt.view().source_addr, number);
    rig.acme.Answer(receipt, ESME_ROK, "");
    EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  }
  const auto outcomes = rig.All<store::OutcomeRecord>();
  ASSERT_EQ(outcomes.size(), 2u);
  EXPECT_NE(outcomes[0].message_id, outcomes[1].message_id);
}

// The second destination has no answer yet: its client does not know the id that the receipt would speak of.
TEST(Multi, AReceiptBeforeTheAnswerWaitsForIt) {
  RelayRig rig;
  rig.archive.refresh_receipts = [&rig] { Settle(rig); };
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(SubmitMulti(7, {kFirst, kSecond}));
  const auto submits = Submits(rig.alpha());
  rig.alpha().Answer(submits.at(kFirst), ESME_ROK, "a");
  rig.alpha().Send(Receipt(900, "a", kFirst, "ACME"));
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK) << "it is stored";
  rig.network.Advance(5s);
  EXPECT_FALSE(acme.Next());
  EXPECT_GE(rig.Count(Metric::multi_receipts_early), 1u);
  rig.alpha().Answer(submits.at(kSecond), ESME_ROK, "b");
  const MultiAnswer answer(acme.Next());
  rig.network.Advance(10s);
  const std::optional<Pdu> receipt = acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->receipt_id(), answer.message_id);
}

TEST(Multi, AllRefusedAlikeIsAnsweredWithThatStatusAndNoBody) {
  MultiRig rig;
  rig.acme.Send(SubmitMulti(7, {"1234", "1235"}));
  const Pdu same = *rig.acme.Next();
  EXPECT_EQ(same.status(), ESME_RINVDSTADR);
  EXPECT_EQ(same.octets.size(), smpp::kHeaderOctets);
  rig.acme.Send(SubmitMulti(8, {"1234", "@staff"}));
  EXPECT_EQ(rig.Answer().status, ESME_RSUBMITFAIL) << "each for a reason of its own";
  EXPECT_TRUE(rig.All<store::MessageRecord>().empty());
  rig.ExpectMoneyBalances();
}

TEST(Multi, ADistributionListIsRefusedByItsName) {
  MultiRig rig;
  rig.acme.Send(SubmitMulti(7, {"@staff", kFirst}));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "a");
  EXPECT_EQ(rig.Answer().unsuccess, (Unsuccess{{"staff", ESME_RCNTSUBDL}}));
}

// The longest answer to the shortest request: an entry of a list is five octets longer here than there.
TEST(Multi, AllDestinationsButOneMayBeLists) {
  MultiRig rig;
  std::vector<std::string> to(254, "@x");
  to[0] = "4915112345678";
  rig.acme.Send(SubmitMulti(2, to, 0, ""));
  rig.network.RunUntilQuiet();
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "up-1");
  const MultiAnswer answer = rig.Answer();
  EXPECT_EQ(answer.status, ESME_ROK);
  EXPECT_EQ(answer.unsuccess.size(), 253u);
}

TEST(Multi, MoreOctetsThanTheLimitAreRefusedBeforeAnythingIsReserved) {
  relay::Limits limits;
  limits.multi_octets_max = 1'000;
  MultiRig rig(TwoSuppliers(), limits);
  rig.acme.Send(SubmitMulti(2, {"4915112345678", "4915112345679"}, 0, std::string(250, 'x')));
  EXPECT_TRUE(rig.alpha().Next());
  rig.acme.Send(
      SubmitMulti(3, std::vector<std::string>(4, "4915112345678"), 0, std::string(250, 'x')));
  EXPECT_EQ(rig.acme.Next()->status(), ESME_RINVMSGLEN);
}

TEST(Multi, ASuppliersRefusalStandsInTheAnswerAndCostsNothing) {
  MultiRig rig;
  const auto submits = rig.Sends({kFirst, kSecond});
  rig.alpha().Answer(submits.at(kFirst), ESME_RINVDSTADR, "");
  rig.alpha().Answer(submits.at(kSecond), ESME_ROK, "b");
  EXPECT_EQ(rig.Answer().unsuccess, (Unsuccess{{kFirst, ESME_RINVDSTADR}}));
  ASSERT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  rig.ExpectMoneyBalances();
}

TEST(Multi, OneDestinationThatTimesOutBoundsTheAnswer) {
  MultiRig rig;
  rig.acme.Send(SubmitMulti(7, {kFirst, kSecond}));
  rig.alpha().Answer(Submits(rig.alpha()).at(kFirst), ESME_ROK, "a");
  rig.network.Advance(10'100ms);
  const MultiAnswer answer = rig.Answer();
  EXPECT_EQ(answer.unsuccess, (Unsuccess{{kSecond, ESME_RSYSERR}}));
  rig.ExpectMoneyBalances();
}

TEST(Multi, AClientThatHangsUpInTheMiddleLosesTheAnswerAndNothingElse) {
  MultiRig rig;
  const auto submits = rig.Sends({kFirst, kSecond});
  rig.alpha().Answer(submits.at(kFirst), ESME_ROK, "a");
  rig.acme.raw().Break();
  rig.network.RunUntilQuiet();
  rig.alpha().Answer(submits.at(kSecond), ESME_RINVDSTADR, "");
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 1u);
  EXPECT_EQ(rig.Count(Metric::answers_too_late), 1u);
  EXPECT_EQ(rig.Count(Metric::multis_open), 0u);
  EXPECT_EQ(rig.Count(Metric::messages_in_flight), 0u);
  rig.ExpectMoneyBalances();
}

TEST(Multi, ALostLinkSendsEachDestinationOnceMore) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(SubmitMulti(7, {kFirst, kSecond}));
  ASSERT_EQ(Submits(rig.alpha()).size(), 2u);
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  TakeSubmits(rig.beta());
  const MultiAnswer answer(acme.Next());
  EXPECT_TRUE(answer.unsuccess.empty());
  EXPECT_FALSE(acme.Next());
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 2u);
}

TEST(Multi, OneTakesOnePlaceOfTheWindow) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].window_requests_max = 1;
  MultiRig rig(catalog);
  rig.acme.Send(SubmitMulti(7, {kFirst, kSecond}));
  rig.acme.Send(SubmitMulti(8, {kThird}));
  const auto submits = Submits(rig.alpha());
  ASSERT_EQ(submits.size(), 2u) << "the second one waits for its turn";
  for (const auto& [to, submit] : submits) rig.alpha().Answer(submit, ESME_ROK, to);
  EXPECT_EQ(rig.acme.Next()->sequence_number(), 7u);
  TakeSubmits(rig.alpha());
  EXPECT_EQ(rig.acme.Next()->sequence_number(), 8u);
}

TEST(Multi, ManyDestinationsAreSplitOverTurnsAndAllAnswered) {
  store::Catalog catalog = TwoSuppliers();
  catalog.supplier_binds[0].window_requests_max = 1'000;
  MultiRig rig(catalog);
  for (std::uint32_t n = 0; n < 4; ++n) rig.acme.Send(SubmitMulti(7 + n, Numbers(254)));
  int taken = 0;
  while (std::optional<Pdu> next = rig.alpha().Next())
    rig.alpha().Answer(*next, ESME_ROK, std::to_string(++taken));
  EXPECT_EQ(taken, 4 * 254);
  for (int n = 0; n < 4; ++n) EXPECT_TRUE(rig.Answer().unsuccess.empty());
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 4 * 254u);
  rig.ExpectMoneyBalances();
}

TEST(Multi, MoreDestinationsThanTheLimitAreRefusedBeforeAnythingIsReserved) {
  MultiRig rig;
  rig.acme.Send(SubmitMulti(7, Numbers(255)));
  EXPECT_EQ(rig.Answer().status, ESME_RINVNUMDESTS);
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Count(Metric::messages_received), 0u);
}

TEST(Multi, DestinationsBeyondTheRateOrTheRoomAreThrottledOneByOne) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].rate_per_second = 2;
  catalog.clients[0].rate_burst = 2;
  MultiRig rig(catalog);
  EXPECT_EQ(rig.SendsAndAllAreTaken({kFirst, kSecond, kThird}).unsuccess,
            (Unsuccess{{kThird, ESME_RTHROTTLED}}));
}

TEST(Multi, MessagesInFlightCountEachDestination) {
  relay::Limits limits;
  limits.messages_max = 2;
  MultiRig rig(TwoSuppliers(), limits);
  EXPECT_EQ(rig.SendsAndAllAreTaken({kFirst, kSecond, kThird}).unsuccess,
            (Unsuccess{{kThird, ESME_RMSGQFUL}}));
}

TEST(Multi, ACreditThatIsUsedUpRefusesTheRestAndIsNeverExceeded) {
  MultiRig rig;
  rig.desk.available = Nano{100'000'000};  // two messages
  const MultiAnswer answer = rig.SendsAndAllAreTaken({kFirst, kSecond, kThird});
  ASSERT_EQ(answer.unsuccess.size(), 1u);
  EXPECT_EQ(answer.unsuccess[0].second, ESME_RSUBMITFAIL);
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 2u);
}

TEST(Multi, MoreOpenOnesOfAClientThanItsShareAreThrottled) {
  MultiRig rig;
  rig.acme.Send(SubmitMulti(7, {kFirst}));
  rig.relay->front().snapshot()->clients[0]->multis_open.store(relay::OpenMultis::kOfClientMax);
  rig.acme.Send(SubmitMulti(8, {kFirst}));
  EXPECT_EQ(rig.Answer().status, ESME_RTHROTTLED);
  EXPECT_EQ(rig.Count(Metric::multis_full), 1u);
}

// --- answer = accepted -----------------------------------------------------------------------------------------

TEST(Multi, KeptMessagesAreAnsweredWhenAllAreOnDisk) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.journal.slow = true;
  acme.Send(SubmitMulti(7, {kFirst, "1234", kSecond}));
  EXPECT_FALSE(acme.Next());
  rig.journal.slow = false;
  rig.SyncDisk();
  const MultiAnswer answer(acme.Next());
  EXPECT_EQ(answer.unsuccess, (Unsuccess{{"1234", ESME_RINVDSTADR}}));
  EXPECT_EQ(rig.TakeAll(rig.alpha(), 100ms), (std::vector<std::string>{kFirst, kSecond}));
  rig.ExpectMoneyBalances();
}

TEST(Multi, AReceiptOfOurOwnTellsTheIdOfTheAnswerToo) {
  KeptRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(SubmitMulti(7, {kFirst, kSecond}));
  const MultiAnswer answer(acme.Next());
  const Pdu submit = *rig.alpha().Next();
  rig.alpha().Answer(submit, ESME_RINVDSTADR, "");
  const Pdu receipt = *acme.Next();
  EXPECT_EQ(receipt.receipt_id(), answer.message_id);
  EXPECT_EQ(receipt.view().source_addr, submit.view().destination_addr);
  EXPECT_EQ(StatIn(receipt), "REJECTD");
}

// What PostgreSQL shows of a part after a restart is all that is needed: the id says whose it is.
TEST(Multi, ARestartKeepsTheIdOfTheAnswer) {
  KeptRig before;
  SmppPeer acme = before.Customer();
  acme.Send(SubmitMulti(7, {kFirst, kSecond}));
  const MultiAnswer answer(acme.Next());
  KeptRig after;
  after.archive.messages = before.Queue();
  after.archive.refresh = [] {};
  ASSERT_EQ(after.archive.messages.size(), 2u);
  for (std::size_t c = 0; c < relay::kMessageClasses; ++c)
    after.relay->OnMessagesQueued(static_cast<relay::MessageClass>(c), 2);
  after.alpha();
  SmppPeer again = after.Customer();
  after.network.Advance(1s);
  TakeSubmits(after.alpha());
  after.alpha().Send(Receipt(900, kFirst, kFirst, "ACME"));
  EXPECT_EQ(again.Next()->receipt_id(), answer.message_id);
}

// --- query_sm ----------------------------------------------------------------------------------------------------

TEST(Multi, AQueryIsToldAsOneWhatBecameOfAll) {
  MultiRig rig;
  const MultiAnswer answer = rig.SendsAndAllAreTaken({kFirst, kSecond});
  auto rows = rig.All<store::MessageRecord>();
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return a.message_id < b.message_id; });
  const auto asked = [&](std::vector<std::uint8_t> states) {
    rig.archive.fates.clear();
    for (std::size_t i = 0; i < rows.size(); ++i)
      rig.archive.fates.push_back({rows[i].message_id, 1, "ACME", states[i] != 0, states[i],
                                   1'000'000, "", true, false, 5, 0, 0, ""});
    smpp::QuerySm query;
    query.message_id = answer.message_id;
    rig.acme.Send(smpp::Encode(query, ESME_ROK, 9));
    rig.network.Advance(100ms);
    const Pdu pdu = *rig.acme.Next();
    EXPECT_EQ(pdu.status(), ESME_ROK);
    const auto response =
        smpp::Decode<smpp::QuerySmResp>(smpp::Bytes(pdu.octets).subspan(smpp::kHeaderOctets));
    EXPECT_EQ(response->message_id, answer.message_id);
    return response->message_state;
  };
  EXPECT_EQ(asked({2, 0}), 1) << "one is under way";
  EXPECT_EQ(asked({2, 2}), 2);
  EXPECT_EQ(asked({2, 5}), 5);
  EXPECT_EQ(asked({8, 5}), 8);
}

// --- clients with a dedupe window ------------------------------------------------------------------------------

store::Catalog WithDedupeWindow() {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].dedupe_window_s = 60;
  return catalog;
}

TEST(Multi, AResubmitIsAnsweredWithTheFirstOnesId) {
  MultiRig rig(WithDedupeWindow());
  const MultiAnswer first = rig.SendsAndAllAreTaken({kFirst, kSecond});
  const MultiAnswer second = rig.SendsAndAllAreTaken({kFirst, kSecond});
  EXPECT_EQ(second.message_id, first.message_id);
  EXPECT_TRUE(second.unsuccess.empty());
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 2u);
}

// One answer has one id. The destination that has another one is asked for again alone.
TEST(Multi, AResubmitWithAnotherDestinationNamesThoseThatHaveAnotherId) {
  MultiRig rig(WithDedupeWindow());
  const MultiAnswer first = rig.SendsAndAllAreTaken({kFirst});
  const MultiAnswer second = rig.SendsAndAllAreTaken({kFirst, kSecond});
  EXPECT_NE(second.message_id, first.message_id);
  EXPECT_EQ(second.unsuccess, (Unsuccess{{kFirst, ESME_RTHROTTLED}}));
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 2u);
  rig.acme.Send(Submit(9));
  EXPECT_EQ(rig.acme.Next()->message_id(), first.message_id);
  EXPECT_FALSE(rig.alpha().Next());
}

}  // namespace
}  // namespace hub::test
