// replace_sm: a customer gives its message another text, other times. It costs what it did, and a restart forgets nothing of it.
#include <gtest/gtest.h>

#include "protocol/pdu/message.h"
#include "protocol/pdu/replace_sm.h"
#include "tests/scenario/relay/change_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

struct Asked {
  std::string_view text = "other";
  std::string schedule_delivery_time{}, validity_period{};
  std::uint8_t registered_delivery = 1;
  std::string_view source_addr = "ACME";
  Octets tlvs{};
};

Octets Replace(std::uint32_t sequence_number, std::string_view message_id,
               const Asked& asked = {}) {
  smpp::ReplaceSm replace;
  replace.message_id = message_id;
  replace.source_addr_ton = 5;
  replace.source_addr = asked.source_addr;
  replace.schedule_delivery_time = asked.schedule_delivery_time;
  replace.validity_period = asked.validity_period;
  replace.registered_delivery = asked.registered_delivery;
  replace.sm_default_msg_id = 0;
  replace.short_message = smpp::AsBytes(asked.text);
  replace.tlvs = asked.tlvs;
  return smpp::Encode(replace, ESME_ROK, sequence_number);
}

void ExpectAnswer(SmppPeer& peer, std::uint32_t sequence_number, smpp::Status status) {
  const std::optional<Pdu> answer = peer.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->octets, Bare(replace_sm_resp, sequence_number, status));
}

std::string TextOf(const Pdu& submit) {
  return std::string(smpp::AsText(submit.view().short_message));
}

// --- messages that wait here --------------------------------------------------------------------------------------

TEST(ReplaceSm, GivesAScheduledMessageAnotherText) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), ""));
  acme.Send(Replace(3, id));
  ExpectAnswer(acme, 3, ESME_ROK);
  rig.network.Advance(1h - 1s);
  EXPECT_FALSE(alpha.Next()) << "its time did not change";
  rig.network.Advance(2s);
  const std::optional<Pdu> submit = alpha.Next();
  ASSERT_TRUE(submit);
  EXPECT_EQ(TextOf(*submit), "other");
  EXPECT_EQ(submit->view().destination_addr, "4915112345678");
  rig.network.Advance(1s);
  EXPECT_FALSE(alpha.Next()) << "it was sent twice";
  EXPECT_EQ(rig.Count(Metric::messages_replaced), 1u);
  rig.ExpectMoneyBalances();
}

TEST(ReplaceSm, ChangesItsTimes) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), ""));
  const std::string until = At(rig.wall_now() + 3h);
  acme.Send(Replace(3, id,
                    {.schedule_delivery_time = At(rig.wall_now() + 2h), .validity_period = until}));
  ExpectAnswer(acme, 3, ESME_ROK);
  rig.network.Advance(2h - 2s);
  EXPECT_FALSE(alpha.Next());
  rig.network.Advance(3s);
  const std::optional<Pdu> submit = alpha.Next();
  ASSERT_TRUE(submit);
  EXPECT_EQ(submit->view().validity_period, until);
  EXPECT_EQ(submit->view().schedule_delivery_time, "");
}

TEST(ReplaceSm, ASoonerTimeIsSooner) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), ""));
  acme.Send(Replace(3, id, {.schedule_delivery_time = "000000000005000R"}));
  ExpectAnswer(acme, 3, ESME_ROK);
  rig.network.Advance(6s);
  EXPECT_TRUE(alpha.Next());
  rig.network.Advance(2h);
  EXPECT_FALSE(alpha.Next());
}

TEST(ReplaceSm, ARelativeValidityCountsFromTheReplacement) {
  ChangeRig rig;  // no supplier is up
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, "", "000000000100000R"));
  rig.network.Advance(50s);
  acme.Send(Replace(3, id, {.validity_period = "000000000100000R"}));
  ExpectAnswer(acme, 3, ESME_ROK);
  rig.network.Advance(55s);
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
  rig.network.Advance(10s);
  EXPECT_EQ(rig.Last<store::OutcomeRecord>().message_state,
            static_cast<std::uint8_t>(smpp::MessageState::EXPIRED));
}

TEST(ReplaceSm, IsDurableBeforeItIsAnswered) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), ""));
  rig.journal.slow = true;
  acme.Send(Replace(3, id, {.registered_delivery = 0}));
  rig.network.Advance(1s);
  EXPECT_FALSE(acme.Next());
  rig.SyncDisk();
  ExpectAnswer(acme, 3, ESME_ROK);
  const auto said = rig.Last<store::ReplacedRecord>();
  EXPECT_EQ(std::to_string(said.message_id), id);
  EXPECT_EQ(said.registered_delivery, 0);
  EXPECT_EQ(said.expires_at_us, rig.Last<store::MessageRecord>().expires_at_us);
  EXPECT_EQ(said.next_at_us, rig.Last<store::MessageRecord>().next_at_us);
  const auto view = smpp::ViewMessage(submit_sm, said.pdu);
  ASSERT_TRUE(view);
  EXPECT_EQ(smpp::AsText(view->short_message), "other");
}

TEST(ReplaceSm, WhatItAsksForIsHeard) {
  ChangeRig rig;  // no supplier is up
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, "", "000000000100000R", 0));
  acme.Send(Replace(3, id, {.registered_delivery = 1}));
  ExpectAnswer(acme, 3, ESME_ROK);
  rig.network.Advance(2min);
  const std::optional<Pdu> receipt = acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(StatIn(*receipt), "EXPIRED");
}

TEST(ReplaceSm, AMessageThatWaitsInPostgreSqlAlone) {
  ChangeRig rig(AlphaAlone(), NoRoomForLater());
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Spilled(acme, Timed(2, At(rig.wall_now() + 2h), ""));
  acme.Send(Replace(3, id));
  rig.network.Advance(kSettled);
  ExpectAnswer(acme, 3, ESME_ROK);
  rig.network.Advance(1h);
  ASSERT_TRUE(rig.Answers(alpha, ESME_ROK)) << "the other one";
  rig.network.Advance(2h);
  const std::optional<Pdu> submit = alpha.Next();
  ASSERT_TRUE(submit);
  EXPECT_EQ(TextOf(*submit), "other");
  EXPECT_FALSE(alpha.Next());
}

TEST(ReplaceSm, OfAMessageInALaneGoesToItsEnd) {
  store::Catalog catalog = AlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 1;
  ChangeRig rig(catalog);
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2, 1, To(1)));
  const std::string second = rig.Accepted(acme, Submit(3, 1, To(2)));
  rig.Accepted(acme, Submit(4, 1, To(3)));
  acme.Send(Replace(5, second));
  ExpectAnswer(acme, 5, ESME_ROK);
  EXPECT_EQ(rig.TakeAll(alpha, 2s), (std::vector<std::string>{To(1), To(2), To(3)}));
}

const std::string kLong(161, 'x');  // two segments

struct RefusedCase {
  const char* name;
  Asked asked;
  smpp::Status status;
};
void PrintTo(const RefusedCase& c, std::ostream* os) { *os << c.name; }
class RefusedReplace : public testing::TestWithParam<RefusedCase> {};

TEST_P(RefusedReplace, ChangesNothing) {
  for (const bool in_memory : {true, false}) {
    ChangeRig rig(AlphaAlone(), NoRoomForLater());
    SmppPeer acme = rig.Customer();
    const Octets submit = Timed(2, At(rig.wall_now() + 2h), "");
    const std::string id = in_memory ? rig.Accepted(acme, submit) : rig.Spilled(acme, submit);
    acme.Send(Replace(3, id, GetParam().asked));
    rig.network.Advance(kSettled);
    ExpectAnswer(acme, 3, GetParam().status);
    EXPECT_TRUE(rig.All<store::ReplacedRecord>().empty());
    EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
    SmppPeer& alpha = rig.alpha();
    std::size_t sent = 0;
    for (int hour = 0; hour < 4; ++hour) {
      rig.network.Advance(1h);
      while (const std::optional<Pdu> next = alpha.Next()) {
        EXPECT_EQ(TextOf(*next), "hello");
        alpha.Answer(*next, ESME_ROK, "up");
        ++sent;
      }
    }
    EXPECT_EQ(sent, in_memory ? 1u : 2u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Why, RefusedReplace,
    testing::Values(
        RefusedCase{"OfAnotherSource", {.source_addr = "ACMF"}, ESME_RINVMSGID},
        RefusedCase{"CostsMore", {.text = kLong}, ESME_RREPLACEFAIL},
        RefusedCase{"PastValidity", {.validity_period = "200101000000000+"}, ESME_RINVEXPIRY},
        RefusedCase{"NoTime", {.schedule_delivery_time = "209901000000000+"}, ESME_RINVSCHED},
        RefusedCase{"BehindItsEnd", {.schedule_delivery_time = "300101000000000+"}, ESME_RINVSCHED},
        RefusedCase{
            "TextInPayload", {.text = "", .tlvs = {0x04, 0x24, 0, 1, 'x'}}, ESME_RREPLACEFAIL}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(ReplaceSm, OverAndOverTakesNoMorePlaces) {
  relay::Limits limits = Patient();
  limits.kept_messages_max = 400;  // 100 of them for later
  ChangeRig rig(AlphaAlone(), limits);
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), ""));
  for (std::uint32_t n = 3; n < 1'000; ++n) {
    acme.Send(Replace(n, id));
    ExpectAnswer(acme, n, ESME_ROK);
  }
  EXPECT_EQ(rig.Count(Metric::kept_spilled), 0u);
}

TEST(ReplaceSm, AMessageThatEndedIsNotReplaced) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, "", "000000000005000R", 0));
  rig.network.Advance(10s);
  acme.Send(Replace(3, id));
  rig.network.Advance(kSettled);
  ExpectAnswer(acme, 3, ESME_RREPLACEFAIL);
}

// --- messages at a supplier --------------------------------------------------------------------------------------

TEST(ReplaceSm, AtASupplierIsItsToAnswer) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const store::ChangeableMessage message = rig.AtAlpha();
  rig.shown = {message};
  acme.Send(Replace(3, rig.IdOf(message), {.registered_delivery = 0}));
  rig.network.Advance(kSettled);
  const std::optional<Pdu> relayed = alpha.Next();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->octets, Replace(relayed->sequence_number(), "0A1B"))
      << "the receipt that submit_sm asked for is still asked for";
  alpha.Send(Bare(replace_sm_resp, relayed->sequence_number(), ESME_RREPLACEFAIL));
  ExpectAnswer(acme, 3, ESME_RREPLACEFAIL);
}

TEST(ReplaceSm, WhereAReceiptDecidesAboutMoneyItIsAskedFor) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  store::ChangeableMessage message = rig.AtAlpha();
  message.registered_delivery = 0;
  message.receipt_decides = true;
  rig.shown = {message};
  acme.Send(Replace(3, rig.IdOf(message), {.registered_delivery = 0}));
  rig.network.Advance(kSettled);
  const std::optional<Pdu> relayed = alpha.Next();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->octets, Replace(relayed->sequence_number(), "0A1B"));
}

TEST(ReplaceSm, AtASupplierItMustCostTheSame) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const store::ChangeableMessage message = rig.AtAlpha();
  rig.shown = {message};
  acme.Send(Replace(3, rig.IdOf(message), {.text = kLong}));
  rig.network.Advance(kSettled);
  ExpectAnswer(acme, 3, ESME_RREPLACEFAIL);
  EXPECT_FALSE(alpha.Next());
}

TEST(ReplaceSm, AtASupplierATextInPayloadIsRefused) {
  for (const std::uint8_t version : {std::uint8_t{0x34}, std::uint8_t{0x50}}) {
    store::Catalog catalog = AlphaAlone();
    catalog.supplier_binds[0].interface_version = version;
    ChangeRig rig(catalog);
    rig.alpha();
    SmppPeer acme = rig.Customer();
    rig.shown = {rig.AtAlpha()};
    acme.Send(Replace(3, rig.IdOf(rig.shown[0]), {.text = "", .tlvs = {0x04, 0x24, 0, 1, 'x'}}));
    EXPECT_FALSE(rig.Relayed()) << "a supplier could take it for an empty text";
    ExpectAnswer(acme, 3, ESME_RREPLACEFAIL);
  }
}

TEST(ReplaceSm, WhereASupplierIsAskedForAllReceiptsItIsAskedForThisOne) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].profile.force_receipts = true;
  ChangeRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.shown = {rig.AtAlpha()};
  rig.shown[0].registered_delivery = 0;
  acme.Send(Replace(3, rig.IdOf(rig.shown[0]), {.registered_delivery = 0}));
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->octets, Replace(relayed->sequence_number(), "0A1B"));
}

TEST(ReplaceSm, AtASupplierSegmentsAreCountedInTheCodingOfTheMessage) {
  ChangeRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  constexpr std::uint8_t kUcs2 = 8;
  std::string text;
  for (int i = 0; i < 100; ++i) text += {'\x04', '\x16'};
  smpp::SubmitSm submit;
  submit.source_addr_ton = 5;
  submit.source_addr = "ACME";
  submit.dest_addr_ton = submit.dest_addr_npi = 1;
  submit.destination_addr = "4915112345678";
  submit.registered_delivery = 1;
  submit.data_coding = kUcs2;
  submit.short_message = smpp::AsBytes(text);
  const std::string id = rig.Accepted(acme, smpp::Encode(submit, ESME_ROK, 2));
  ASSERT_EQ(rig.Last<store::MessageRecord>().segments, 2);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "up-1"));
  acme.Send(Replace(3, id, {.text = std::string_view(text).substr(0, 140)}));
  EXPECT_FALSE(rig.Relayed());
  ExpectAnswer(acme, 3, ESME_RREPLACEFAIL);
  const std::string_view other = std::string_view(text).substr(0, 150);
  acme.Send(Replace(4, id, {.text = other}));
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->octets, Replace(relayed->sequence_number(), "up-1", {.text = other}));
}

// --- a header before the text: replace_sm cannot say that there is one -----------------------------------------------

constexpr std::uint8_t kUdhi = 0x40;
const std::string kPart{
    "\x05\x00\x03\x07\x02\x01"
    "other",
    11};  // the first of two
const std::string kCutHeader = kPart.substr(0, 5);

struct HeaderCase {
  const char* name;
  std::int16_t esm_class;
  std::string text;
  bool is_relayed;
};

class HeaderAtSupplier : public testing::TestWithParam<HeaderCase> {};

TEST_P(HeaderAtSupplier, IsAskedForWhereTheMessageHasOne) {
  ChangeRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.shown = {rig.AtAlpha()};
  rig.shown[0].esm_class = GetParam().esm_class;
  acme.Send(Replace(3, rig.IdOf(rig.shown[0]), {.text = GetParam().text}));
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_EQ(relayed.has_value(), GetParam().is_relayed);
  if (!relayed) return ExpectAnswer(acme, 3, ESME_RREPLACEFAIL);
  EXPECT_EQ(relayed->octets,
            Replace(relayed->sequence_number(), "0A1B", {.text = GetParam().text}));
}

INSTANTIATE_TEST_SUITE_P(ReplaceSm, HeaderAtSupplier,
                         testing::ValuesIn(std::vector<HeaderCase>{
                             {"WithHeader", kUdhi, kPart, true},
                             {"WithoutHeader", kUdhi, "other", false},
                             {"WithAHeaderThatIsCut", kUdhi, kCutHeader, false},
                             {"WithNoText", kUdhi, "", false},
                             {"ReplyPathToo", kUdhi | 0x80, "other", false},
                             {"TextThatLooksLikeAHeader", 0, kPart, true},
                             {"PlainText", 0, "other", true},
                             {"OfAnEarlierVersionNobodyKnows", store::kNoEsmClass, "other", true},
                         }),
                         [](const auto& c) { return std::string(c.param.name); });

Octets WithHeader(const std::string& text, const std::string& schedule) {
  smpp::SubmitSm submit;
  submit.source_addr_ton = 5;
  submit.source_addr = "ACME";
  submit.dest_addr_ton = submit.dest_addr_npi = 1;
  submit.destination_addr = "4915112345678";
  submit.registered_delivery = 1;
  submit.esm_class = kUdhi;
  submit.schedule_delivery_time = schedule;
  submit.short_message = smpp::AsBytes(text);
  return smpp::Encode(submit, ESME_ROK, 2);
}

TEST(ReplaceSm, AMessageThatWaitsKeepsItsHeaderToo) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, WithHeader(kPart, InAnHour(rig)));
  acme.Send(Replace(3, id, {.text = "other"}));
  ExpectAnswer(acme, 3, ESME_RREPLACEFAIL);
  std::string text = kPart;
  text.back() = 'x';
  acme.Send(Replace(4, id, {.text = text}));
  ExpectAnswer(acme, 4, ESME_ROK);
  rig.network.Advance(1h + 1s);
  const std::optional<Pdu> submit = alpha.Next();
  ASSERT_TRUE(submit);
  EXPECT_EQ(TextOf(*submit), text);
  EXPECT_EQ(submit->view().esm_class, kUdhi);
}

TEST(ReplaceSm, TheRowOfAMessageSaysWhetherItHasAHeader) {
  ChangeRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, WithHeader(kPart, ""));
  EXPECT_EQ(rig.Last<store::MessageRecord>().esm_class, kUdhi);
  ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "up-1"));
  acme.Send(Replace(3, id, {.text = "other"}));
  EXPECT_FALSE(rig.Relayed());
  ExpectAnswer(acme, 3, ESME_RREPLACEFAIL);
}

}  // namespace
}  // namespace hub::test
