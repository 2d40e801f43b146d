// cancel_sm of a message that a supplier has: it is the supplier's to answer.
#include <gtest/gtest.h>

#include <algorithm>

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
    const std::optional<Pdu> cancel = alpha.Next();
    ASSERT_TRUE(cancel);
    if (lost) alpha.raw().Hangup();
    rig.network.Advance(11s);
    ExpectCancelAnswer(acme, 3, ESME_RSYSERR);
    if (lost) continue;
    alpha.Send(Bare(cancel_sm_resp, cancel->sequence_number()));  // late: it says nothing
    rig.network.Advance(1s);
    EXPECT_FALSE(acme.Next());
    EXPECT_EQ(rig.Count(Metric::answers_too_late), 0u);
    EXPECT_TRUE(rig.All<store::LateAnswerRecord>().empty());
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

// Alpha alone, with a window, and messages that it took under the id 0A1B.
struct ManyRig : ChangeRig {
  ManyRig(std::int32_t window, std::uint32_t messages, const relay::Limits& with = Patient(),
          std::int64_t rate_per_second = 0)
      : ChangeRig(With(window, rate_per_second), with) {
    alpha();
    for (std::uint32_t n = 1; n <= messages; ++n) {
      shown.push_back(AtAlpha());
      shown.back().message_id = MadeBy(1, n);
    }
  }
  static store::Catalog With(std::int32_t window, std::int64_t rate_per_second) {
    store::Catalog catalog = UpstreamAlphaAlone();
    catalog.clients[1].answer = store::AnswerMode::kAccepted;
    catalog.supplier_binds[0].window_requests_max = window;
    catalog.supplier_binds[0].rate_per_second = rate_per_second;
    return catalog;
  }
  // The n-th message is asked back under the sequence_number 100 + n.
  void Cancels(std::uint32_t first, std::uint32_t end) {
    for (std::uint32_t n = first; n < end; ++n) acme.Send(Cancel(100 + n, IdOf(shown[n])));
    network.Advance(kSettled);
  }
  // The next request at alpha is done; its command, or generic_nack when there is none.
  smpp::CommandId Serve() {
    const std::optional<Pdu> next = alpha().Next();
    if (!next) return generic_nack;
    if (next->id() == submit_sm) {
      alpha().Answer(*next, ESME_ROK, "up");
    } else {
      alpha().Send(Bare(cancel_sm_resp, next->sequence_number()));
    }
    return next->id();
  }

  SmppPeer acme = Customer();
};

TEST(CancelSm, TakesAnEighthOfALinksWindowAtMostAndWaitsForItsTurnBehindThat) {
  ManyRig rig(16, 3);
  rig.Cancels(0, 3);
  const std::optional<Pdu> first = rig.alpha().Next();
  ASSERT_TRUE(first && rig.alpha().Next());
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_FALSE(rig.acme.Next());
  EXPECT_EQ(rig.Count(Metric::queue_messages), 1u);
  rig.alpha().Send(Bare(cancel_sm_resp, first->sequence_number()));
  ExpectCancelAnswer(rig.acme, 100, ESME_ROK);
  const std::optional<Pdu> third = rig.alpha().Next();
  ASSERT_TRUE(third);
  EXPECT_EQ(third->octets, Cancel(third->sequence_number(), "0A1B"));
  rig.alpha().Send(Bare(cancel_sm_resp, third->sequence_number()));
  ExpectCancelAnswer(rig.acme, 102, ESME_ROK);
  EXPECT_EQ(rig.Count(Metric::queue_messages), 0u);
  EXPECT_EQ(rig.Count(Metric::queue_full), 0u);
}

TEST(CancelSm, TwoAtATimeBothSucceedWhateverTheWindow) {
  for (const std::int32_t window : {1, 2, 10, 15}) {
    ManyRig rig(window, 2);
    rig.Cancels(0, 2);
    EXPECT_EQ(rig.Serve(), cancel_sm);
    rig.network.Advance(kSettled);
    EXPECT_EQ(rig.Serve(), cancel_sm) << window;
    EXPECT_EQ(AnswersTo(rig.acme), std::vector(2, ESME_ROK)) << window;
  }
}

TEST(CancelSm, WaitsForItsTurnNoLongerThanItsSupplierMayTakeToAnswer) {
  ManyRig rig(8, 3);
  rig.Cancels(0, 1);
  rig.network.Advance(1s);
  rig.Cancels(1, 3);
  rig.network.Advance(10s - 1s - kSettled);  // the first is not answered
  ExpectCancelAnswer(rig.acme, 100, ESME_RSYSERR);
  rig.network.Advance(1s + kSettled);
  ExpectCancelAnswer(rig.acme, 102, ESME_RCANCELFAIL);
  EXPECT_FALSE(rig.acme.Next()) << "the second has its turn";
  EXPECT_EQ(rig.Count(Metric::queue_messages), 0u);
  EXPECT_EQ(rig.Count(Metric::queue_full), 0u);
}

TEST(CancelSm, FailsAtOnceOnlyWhenTheQueueIsFull) {
  relay::Limits limits = Patient();
  limits.link_queue_messages_max = 16;
  ManyRig rig(8, 4, limits);
  rig.Cancels(0, 4);
  EXPECT_EQ(AnswersTo(rig.acme), std::vector{ESME_RCANCELFAIL}) << "two wait, one is at alpha";
  EXPECT_EQ(rig.Count(Metric::queue_full), 1u);
}

TEST(CancelSm, ALinkThatIsLostTakesThoseThatWaitWithIt) {
  ManyRig rig(8, 3);
  rig.Cancels(0, 3);
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  std::vector<smpp::Status> told = AnswersTo(rig.acme);
  std::sort(told.begin(), told.end());
  EXPECT_EQ(told, (std::vector{ESME_RSYSERR, ESME_RCANCELFAIL, ESME_RCANCELFAIL}));
  EXPECT_EQ(rig.Count(Metric::queue_messages), 0u);
}

TEST(CancelSm, ManyThatWaitLeaveMessagesTheirPlacesAndTheirTurns) {
  ManyRig rig(16, 60);
  rig.Cancels(0, 60);
  for (std::uint32_t n = 0; n < 40; ++n) rig.acme.Send(Submit(2 + n, 0, To(n)));
  std::vector<smpp::CommandId> seen;
  for (smpp::CommandId id; (id = rig.Serve()) != generic_nack;) seen.push_back(id);
  ASSERT_EQ(seen.size(), 100u);
  EXPECT_EQ(std::count(seen.begin(), seen.begin() + 16, submit_sm), 14) << "all places but two";
  const auto last = std::find(seen.rbegin(), seen.rend(), submit_sm).base();
  EXPECT_LE(std::count(seen.begin(), last, cancel_sm), 2 + 40 / 7 + 1);
  EXPECT_EQ(AnswersTo(rig.acme), std::vector(100, ESME_ROK));
}

TEST(CancelSm, ManyThatWaitForARateLeaveMessagesSevenOfEightTurns) {
  ManyRig rig(100, 40, Patient(), 100);
  rig.Cancels(0, 40);
  for (std::uint32_t n = 0; n < 40; ++n) rig.acme.Send(Submit(2 + n, 0, To(n)));
  while (rig.Serve() != generic_nack) continue;
  int submits = 0, cancels = 0;
  for (int n = 0; n < 40; ++n) {
    rig.network.Advance(10ms);
    for (smpp::CommandId id; (id = rig.Serve()) != generic_nack;)
      ++(id == submit_sm ? submits : cancels);
  }
  EXPECT_GE(submits, 30) << "of 38 that the rate allows";
  EXPECT_GE(cancels, 4);
}

TEST(CancelSm, AWindowOfOnePlaceIsTheMessagesHalfOfTheTime) {
  ManyRig rig(1, 20);
  SmppPeer other = rig.Customer("other");
  rig.Cancels(0, 20);
  // They wait in their lane, where the link does not see them.
  for (std::uint32_t n = 0; n < 40; ++n) rig.Accepted(other, Submit(2 + n, 0, To(n)));
  std::vector<smpp::CommandId> seen;
  for (int n = 0; n < 40; ++n) {
    rig.network.Advance(20ms);
    seen.push_back(rig.Serve());
  }
  EXPECT_GE(std::count(seen.begin(), seen.begin() + 20, submit_sm), 10);
  EXPECT_GE(std::count(seen.begin(), seen.end(), cancel_sm), 10);
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
