// cancel_sm of a message that a supplier has: it is the supplier's to answer.
#include <gtest/gtest.h>

#include "tests/scenario/relay/change_rig.h"
#include "tests/support/profile_rules.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

struct WordCase {
  const char* name;
  Octets (*answer)(std::uint32_t sequence_number);
  smpp::Status told;
};
void PrintTo(const WordCase& c, std::ostream* os) { *os << c.name; }
class SuppliersWord : public testing::TestWithParam<WordCase> {};

TEST_P(SuppliersWord, IsTheAnswer) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const store::ChangeableMessage message = rig.AtAlpha();
  rig.shown = {message};
  acme.Send(Cancel(3, rig.IdOf(message)));
  rig.network.Advance(kSettled);
  const std::optional<Pdu> relayed = alpha.Next();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->octets, Cancel(relayed->sequence_number(), "0A1B"));
  alpha.Send(GetParam().answer(relayed->sequence_number()));
  ExpectCancelAnswer(acme, 3, GetParam().told);
  EXPECT_EQ(rig.Count(Metric::changes_relayed), 1u);
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Words, SuppliersWord,
    testing::Values(
        WordCase{"Done", [](std::uint32_t n) { return Bare(cancel_sm_resp, n); }, ESME_ROK},
        WordCase{"Failed",
                 [](std::uint32_t n) { return Bare(cancel_sm_resp, n, ESME_RCANCELFAIL); },
                 ESME_RCANCELFAIL},
        WordCase{"Vendors",
                 [](std::uint32_t n) { return Bare(cancel_sm_resp, n, smpp::Status{0x412}); },
                 smpp::Status{0x412}},
        WordCase{"NotOffered",
                 [](std::uint32_t n) { return Bare(generic_nack, n, ESME_RINVCMDID); },
                 ESME_RCANCELFAIL},
        WordCase{"NotTaken", [](std::uint32_t n) { return Bare(generic_nack, n, ESME_RSYSERR); },
                 ESME_RCANCELFAIL},
        WordCase{"OfAnotherKind", [](std::uint32_t n) { return Bare(query_sm_resp, n); },
                 ESME_RSYSERR}),
    [](const auto& c) { return std::string(c.param.name); });

TEST(CancelSm, ASupplierThatIsSilentOrLostLeavesItUnknown) {
  for (const bool lost : {false, true}) {
    ChangeRig rig;
    SmppPeer& alpha = rig.alpha();
    SmppPeer acme = rig.Customer();
    const store::ChangeableMessage message = rig.AtAlpha();
    rig.shown = {message};
    acme.Send(Cancel(3, rig.IdOf(message)));
    rig.network.Advance(kSettled);
    ASSERT_TRUE(alpha.Next());
    if (lost) alpha.raw().Hangup();
    rig.network.Advance(11s);
    ExpectCancelAnswer(acme, 3, ESME_RSYSERR);
  }
}

TEST(CancelSm, FailsWhenItsSupplierIsNotThere) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  const store::ChangeableMessage message = rig.AtAlpha();
  rig.shown = {message};
  acme.Send(Cancel(3, rig.IdOf(message)));
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
}

TEST(CancelSm, AMessageWithoutASuppliersIdCannotBeNamed) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  store::ChangeableMessage message = rig.AtAlpha();
  message.upstream_id.clear();
  rig.shown = {message};
  acme.Send(Cancel(3, rig.IdOf(message)));
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
  EXPECT_FALSE(alpha.Next());
}

TEST(CancelSm, AFinalMessageIsNoMoreItsSuppliersToCancel) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  store::ChangeableMessage message = rig.AtAlpha();
  message.is_final = true;
  rig.shown = {message};
  acme.Send(Cancel(3, rig.IdOf(message)));
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
  EXPECT_FALSE(alpha.Next());
}

TEST(CancelSm, OfAnotherNodeIsAskedOfPostgreSqlAlone) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  store::ChangeableMessage taken = rig.AtAlpha(), queued = rig.Changeable(2);
  taken.message_id = rig.MadeBy(5, 1), queued.message_id = rig.MadeBy(5, 2);
  queued.queued = true;
  rig.shown = {taken, queued};
  acme.Send(Cancel(3, rig.IdOf(taken)));
  acme.Send(Cancel(4, rig.IdOf(queued)));
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 4, ESME_RCANCELFAIL);
  const std::optional<Pdu> relayed = alpha.Next();
  ASSERT_TRUE(relayed);
  alpha.Send(Bare(cancel_sm_resp, relayed->sequence_number()));
  ExpectCancelAnswer(acme, 3, ESME_ROK);
}

// --- what the same submit means behind it -------------------------------------------------------------------------

TEST(CancelSm, BehindOneThatASupplierDidTheSameSubmitIsANewMessage) {
  for (const bool done : {true, false}) {
    store::Catalog catalog = AlphaAlone();
    catalog.clients[0].dedupe_window_s = 600;
    ChangeRig rig(catalog);
    rig.alpha();
    SmppPeer acme = rig.Customer();
    const std::string first = rig.Accepted(acme, Submit(2));
    ASSERT_TRUE(rig.Answers(rig.alpha(), ESME_ROK, "up-1"));
    acme.Send(Cancel(3, first));
    const std::optional<Pdu> relayed = rig.Relayed();
    ASSERT_TRUE(relayed);
    const smpp::Status word = done ? ESME_ROK : ESME_RCANCELFAIL;
    rig.alpha().Send(Bare(cancel_sm_resp, relayed->sequence_number(), word));
    ExpectCancelAnswer(acme, 3, word);
    EXPECT_EQ(rig.Accepted(acme, Submit(4)) != first, done);
    EXPECT_EQ(rig.alpha().Next().has_value(), done) << "it is sent, or was before";
  }
}

// --- suppliers with peculiarities -----------------------------------------------------------------------------------

TEST(CancelSm, NamesItsAddressesAsTheSupplierHasThem) {
  store::Catalog catalog = AlphaAlone();
  store::SupplierProfile& profile = catalog.suppliers[0].profile;
  profile.source_rules = {
      AddressSpec{.ton = 5, .action = store::AddressAction::kAddress, .to = "4670", .to_ton = 3}};
  profile.destination_rules = {AddressSpec{.side = store::AddressSide::kDestination,
                                           .prefix = "49",
                                           .action = store::AddressAction::kPrefix,
                                           .to = "0049"}};
  ChangeRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.shown = {rig.AtAlpha()};
  acme.Send(Cancel(3, rig.IdOf(rig.shown[0]), "ACME", "4915112345678"));
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  Octets expected = Cancel(relayed->sequence_number(), "0A1B", "4670", "004915112345678");
  expected[smpp::kHeaderOctets + 1 + sizeof "0A1B"] = 3;  // behind service_type and message_id
  EXPECT_EQ(relayed->octets, expected);
}

TEST(CancelSm, AddressesThatAreNotToldAreNotMapped) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].profile.source_rules = {
      AddressSpec{.action = store::AddressAction::kAddress, .to = "4670"}};
  ChangeRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.shown = {rig.AtAlpha()};
  acme.Send(Cancel(3, rig.IdOf(rig.shown[0]), ""));
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->octets, Cancel(relayed->sequence_number(), "0A1B", ""));
}

TEST(CancelSm, ItsClientSeesTheStatusThatItsSuppliersProfileSays) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].profile.client_statuses = {
      {0x412, static_cast<std::uint32_t>(ESME_RCANCELFAIL)}};
  ChangeRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.shown = {rig.AtAlpha()};
  acme.Send(Cancel(3, rig.IdOf(rig.shown[0])));
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  rig.alpha().Send(Bare(cancel_sm_resp, relayed->sequence_number(), smpp::Status{0x412}));
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
}

// With a vendor's TLV at its end.
Octets WithTlv(Octets pdu) {
  const Octets tlv = {0x14, 0x01, 0, 1, 7};
  pdu.insert(pdu.end(), tlv.begin(), tlv.end());
  smpp::WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
  return pdu;
}

TEST(CancelSm, HasTlvsOnBindsOfV50Alone) {
  for (const std::uint8_t version : {std::uint8_t{0x34}, std::uint8_t{0x50}}) {
    store::Catalog catalog = AlphaAlone();
    catalog.supplier_binds[0].interface_version = version;
    ChangeRig rig(catalog);
    rig.alpha();
    SmppPeer acme = rig.Customer();
    rig.shown = {rig.AtAlpha()};
    acme.Send(WithTlv(Cancel(3, rig.IdOf(rig.shown[0]))));
    const std::optional<Pdu> relayed = rig.Relayed();
    ASSERT_TRUE(relayed);
    const Octets plain = Cancel(relayed->sequence_number(), "0A1B");
    EXPECT_EQ(relayed->octets, version == 0x34 ? plain : WithTlv(plain));
  }
}

// --- what is left for messages ------------------------------------------------------------------------------------

TEST(CancelSm, TakesAnEighthOfALinksWindowAtMost) {
  store::Catalog catalog = AlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 16;
  ChangeRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 1; n <= 4; ++n) {
    rig.shown.push_back(rig.AtAlpha());
    rig.shown.back().message_id = rig.MadeBy(1, n);
  }
  for (std::uint32_t n = 0; n < 3; ++n) acme.Send(Cancel(3 + n, rig.IdOf(rig.shown[n])));
  const std::optional<Pdu> first = rig.Relayed(), second = rig.alpha().Next();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(rig.alpha().Next());
  ExpectCancelAnswer(acme, 5, ESME_RCANCELFAIL);
  EXPECT_EQ(rig.Count(Metric::queue_full), 1u);
  rig.alpha().Send(Bare(cancel_sm_resp, first->sequence_number()));
  ExpectCancelAnswer(acme, 3, ESME_ROK);
  acme.Send(Cancel(6, rig.IdOf(rig.shown[3])));
  EXPECT_TRUE(rig.Relayed()) << "its place is free again";
}

TEST(CancelSm, ItsAnswerSaysNothingAboutRates) {
  ChangeRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.shown = {rig.AtAlpha()};
  acme.Send(Cancel(3, rig.IdOf(rig.shown[0])));
  const std::optional<Pdu> relayed = rig.Relayed();
  ASSERT_TRUE(relayed);
  rig.alpha().Send(Bare(cancel_sm_resp, relayed->sequence_number(), ESME_RTHROTTLED));
  ExpectCancelAnswer(acme, 3, ESME_RTHROTTLED);
  EXPECT_EQ(rig.Count(Metric::throttle_pauses), 0u);
  rig.Accepted(acme, Submit(4));
  EXPECT_TRUE(rig.alpha().Next());
}

// --- submit_multi ---------------------------------------------------------------------------------------------------

TEST(CancelSm, OfASubmitMultiFailsForWhoeverHasIt) {
  ChangeRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer(), other = rig.Customer("other");
  const MessageId block = MessageIdSource(1, 0, 0).NextBlock(rig.wall_now() - 1h, 3);
  rig.shown = {rig.AtAlpha()};
  rig.shown[0].message_id = block + 2;  // the first was refused
  for (const auto& [asks, told] : {std::pair{&acme, ESME_RCANCELFAIL}, {&other, ESME_RINVMSGID}}) {
    asks->Send(Cancel(3, std::to_string(block)));
    EXPECT_FALSE(rig.Relayed());
    ExpectCancelAnswer(*asks, 3, told);
  }
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
}

}  // namespace
}  // namespace hub::test
