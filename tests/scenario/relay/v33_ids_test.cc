// A message_id of SMPP v3.3 has 8 characters: what a session below v3.4 submits is called so by everybody, for ever.
#include <gtest/gtest.h>

#include "protocol/pdu/query_sm.h"
#include "server/base/short_id.h"
#include "tests/scenario/relay/change_rig.h"
#include "tests/scenario/relay/multi_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

constexpr std::int64_t kSingles = short_id::kPlaces[0].per_second;
constexpr std::int64_t kOfOne = kSingles * relay::ShortIds::kQuartersOfClient / 4;
constexpr std::int64_t kSeconds = ShortIdSource::kSeconds;

struct V33Ids : testing::Test {
  explicit V33Ids(store::Catalog catalog = AlphaAlone()) : rig(std::move(catalog)) { rig.alpha(); }

  /// The id of a message that waits for an hour, so that it may be asked for and changed.
  std::string Waits() { return rig.Accepted(acme, Timed(++number, InAnHour(rig), "")); }
  /// How many messages the customer can send now before it is throttled.
  std::int64_t SendsUntilThrottled(SmppPeer& customer) {
    for (std::int64_t sent = 0; sent <= kSingles * kSeconds; ++sent) {
      customer.Send(Submit(++number, 0));
      const std::optional<Pdu> answer = customer.Next();
      if (!answer || answer->status() != ESME_ROK) {
        EXPECT_TRUE(answer && answer->status() == ESME_RTHROTTLED);
        return sent;
      }
    }
    ADD_FAILURE() << "never throttled";
    return 0;
  }

  ChangeRig rig;
  SmppPeer acme = rig.Customer("acme", bind_transceiver, 0x33);
  std::uint32_t number = 1;
};

TEST_F(V33Ids, AnswerAndReceiptHaveEightCharacters) {
  const std::string id = rig.Accepted(acme, Submit(2));
  EXPECT_EQ(id.size(), 8u);
  const auto row = rig.Last<store::MessageRecord>();
  EXPECT_EQ(std::string(ClientText(row.message_id)), id);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "up"));
  rig.alpha().Send(Receipt(900, "up", "4915112345678", "ACME"));
  EXPECT_EQ(acme.Next()->receipt_id(), id);
}

TEST_F(V33Ids, AQueryUnderstandsThem) {
  const std::string id = Waits();
  store::MessageFate fate;
  fate.message_id = *ParseClientText(id);
  fate.client_id = 1;
  rig.archive.fates = {fate};
  for (const std::string& asked : {id, std::to_string(fate.message_id)}) {
    smpp::QuerySm query;
    query.message_id = asked;
    acme.Send(smpp::Encode(query, ESME_ROK, 7));
    rig.network.Advance(kSettled);
    const std::optional<Pdu> answer = acme.Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), ESME_ROK) << asked;
    EXPECT_EQ(answer->message_id(), asked);
  }
}

TEST_F(V33Ids, ACancelUnderstandsThemAndItsReceiptNamesThem) {
  const std::string id = Waits();
  acme.Send(Cancel(70, id));
  ExpectCancelAnswer(acme, 70, ESME_ROK);
  EXPECT_EQ(acme.Next()->receipt_id(), id) << "a receipt of our own";
  const std::string second = Waits();
  acme.Send(Cancel(71, std::to_string(*ParseClientText(second))));
  ExpectCancelAnswer(acme, 71, ESME_ROK);
}

TEST_F(V33Ids, AReplaceUnderstandsThem) {
  acme.Send(Otherwise(70, Waits()));
  const std::optional<Pdu> answer = acme.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id(), replace_sm_resp);
  EXPECT_EQ(answer->status(), ESME_ROK);
}

TEST_F(V33Ids, ASubmitMultiHasOneForAll) {
  const std::vector<std::string> few = {To(1), To(2)}, many(40, To(3));
  for (const auto& [to, size] : {std::pair(few, 16u), {many, 256u}}) {
    acme.Send(SubmitMulti(++number, to));
    const MultiAnswer answer(acme.Next());
    ASSERT_EQ(answer.message_id.size(), 8u);
    const MessageId block = *ParseClientText(answer.message_id);
    EXPECT_EQ(BlockOf(block), size);
    EXPECT_EQ(ClientIdOf(rig.Last<store::MessageRecord>().message_id), block);
  }
  rig.network.Advance(1s);
  for (const auto& [to, submit] : Submits(rig.alpha())) {
    if (to != To(2)) continue;
    rig.alpha().Answer(submit, ESME_ROK, "b");
    rig.alpha().Send(Receipt(900, "b", to, "ACME"));
  }
  const std::optional<Pdu> receipt = acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->receipt_id().size(), 8u);
}

// The id says how it is written, not the session that reads it.
TEST_F(V33Ids, OfOneMessageAreTheSameOnEachSession) {
  const std::string id = rig.Accepted(acme, Submit(2));
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "short"));
  SmppPeer newer = rig.Customer("acme");
  const std::string longer = rig.Accepted(newer, Submit(2));
  EXPECT_EQ(longer.size(), 18u);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "long"));
  acme.Send(Bare(unbind, 90));
  EXPECT_EQ(acme.Next()->id(), unbind_resp);
  rig.alpha().Send(Receipt(900, "short", "4915112345678", "ACME"));
  EXPECT_EQ(newer.Next()->receipt_id(), id);
}

TEST_F(V33Ids, BeyondTheirNumberAClientIsThrottledAndItsNeighbourIsNot) {
  SmppPeer other = rig.Customer("other", bind_transceiver, 0x33);
  EXPECT_EQ(SendsUntilThrottled(acme), kOfOne * kSeconds);
  EXPECT_EQ(rig.Count(Metric::short_ids_used_up), 1u);
  EXPECT_EQ(SendsUntilThrottled(other), (kSingles - kOfOne) * kSeconds);
  SmppPeer newer = rig.Customer("acme");
  for (int i = 0; i < 100; ++i) rig.Accepted(newer, Submit(++number, 0));
  rig.network.Advance(1s);
  EXPECT_EQ(SendsUntilThrottled(acme), kOfOne);
  EXPECT_EQ(rig.Count(Metric::short_ids_used_up), 3u);
}

TEST_F(V33Ids, OfBlocksThereAreFewerAndTheSameAnswer) {
  std::int64_t taken = 0;
  for (; taken < 100; ++taken) {
    acme.Send(SubmitMulti(++number, {To(1), To(2)}, 0));
    const std::optional<Pdu> answer = acme.Next();
    ASSERT_TRUE(answer);
    if (answer->status() == ESME_ROK) continue;
    EXPECT_EQ(answer->status(), ESME_RTHROTTLED);
    break;
  }
  EXPECT_EQ(taken, 3 * kSeconds);
  EXPECT_EQ(rig.Count(Metric::short_ids_used_up), 1u);
  EXPECT_EQ(rig.Count(Metric::multis_full), 1u);
}

// All ids of this second are given away, so the next ones name a second that is over: it is not when they were accepted.
struct IdsThatLieBack : V33Ids {
  IdsThatLieBack() {
    for (std::int64_t n = 0; n < kSingles; ++n) rig.Accepted(acme, Submit(++number, 0));
    while (!rig.TakeNext(rig.alpha()).empty()) {
    }
  }
  std::string Accepted(const Octets& submit) {
    const std::string id = rig.Accepted(acme, submit);
    EXPECT_LT(TimeOf(*ParseClientText(id)), start);
    return id;
  }
  const WallTime start = rig.wall_now();
};

TEST_F(IdsThatLieBack, ShortenNoRelativeValidity) {
  Accepted(Timed(++number, "", "000000010000000R"));
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_RSYSERR));
  rig.network.Advance(5s);
  const std::optional<Pdu> again = rig.alpha().Next();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->view().validity_period, At(start + 1h));
}

TEST_F(IdsThatLieBack, ShortenNoTimeThatAReplacedMessageLives) {
  const std::string id = Accepted(Timed(++number, InAnHour(rig), ""));
  acme.Send(Otherwise(70, id, "990000000000000R"));
  ASSERT_EQ(AnswersTo(acme), std::vector{ESME_ROK});
  const auto ttl = std::chrono::seconds(AlphaAlone().clients[0].message_ttl_s);
  EXPECT_EQ(rig.Last<store::ReplacedRecord>().expires_at_us, ToMicros(start + ttl));
}

TEST_F(IdsThatLieBack, AreNotTheSubmitDateOfAReceiptOfOurs) {
  const std::string id = Accepted(Timed(++number, InAnHour(rig), ""));
  acme.Send(Cancel(70, id));
  ExpectCancelAnswer(acme, 70, ESME_ROK);
  const Pdu receipt = *acme.Next();
  EXPECT_EQ(std::string(smpp::ReadReceipt(receipt.view()).fields.submit_date.value),
            At(start).substr(0, 10));
}

struct LongIdsAllTheSame : V33Ids {
  static store::Catalog Catalog() {
    store::Catalog catalog = AlphaAlone();
    catalog.clients[0].short_ids = false;
    return catalog;
  }
  LongIdsAllTheSame() : V33Ids(Catalog()) {}
};

TEST_F(LongIdsAllTheSame, AreOfAClientThatHasNoShortOnes) {
  EXPECT_EQ(rig.Accepted(acme, Submit(2)).size(), 18u);
  acme.Send(SubmitMulti(3, {To(1), To(2)}));
  EXPECT_EQ(MultiAnswer(acme.Next()).message_id.size(), 18u);
}

}  // namespace
}  // namespace hub::test
