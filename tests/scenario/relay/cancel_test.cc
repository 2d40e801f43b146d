// cancel_sm: a customer takes its message back. It is never both cancelled and sent, and its money goes as that of one that was
// not sent.
#include <gtest/gtest.h>

#include "tests/scenario/relay/change_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

// --- messages that wait here --------------------------------------------------------------------------------------

TEST(CancelSm, EndsAScheduledMessageAndTellsItsReceipt) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), ""));
  acme.Send(Cancel(3, id));
  ExpectCancelAnswer(acme, 3, ESME_ROK);
  const std::optional<Pdu> receipt = acme.Next();
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->receipt_id(), id);
  EXPECT_EQ(StatIn(*receipt), "DELETED");
  const auto end = rig.Last<store::OutcomeRecord>();
  EXPECT_EQ(std::to_string(end.message_id), id);
  EXPECT_EQ(end.cause, store::OutcomeCause::kCancelled);
  EXPECT_EQ(end.message_state, static_cast<std::uint8_t>(smpp::MessageState::DELETED));
  EXPECT_TRUE(end.moves_money);
  EXPECT_TRUE(rig.Queue().empty());
  rig.network.Advance(2h);
  EXPECT_FALSE(alpha.Next()) << "it was sent all the same";
  EXPECT_EQ(rig.Count(Metric::messages_cancelled), 1u);
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
  rig.ExpectMoneyBalances();
}

TEST(CancelSm, TellsNoReceiptThatNobodyAskedFor) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), "", 0));
  acme.Send(Cancel(3, id));
  ExpectCancelAnswer(acme, 3, ESME_ROK);
  rig.network.Advance(1s);
  EXPECT_FALSE(acme.Next());
}

TEST(CancelSm, EndsAMessageInTheLaneOfABusySupplier) {
  store::Catalog catalog = AlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 1;
  ChangeRig rig(catalog);
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  rig.Accepted(acme, Submit(2, 1, To(1)));
  const std::string second = rig.Accepted(acme, Submit(3, 1, To(2)));
  rig.Accepted(acme, Submit(4, 1, To(3)));
  acme.Send(Cancel(5, second));
  ExpectCancelAnswer(acme, 5, ESME_ROK);
  EXPECT_EQ(rig.TakeAll(alpha, 2s), (std::vector<std::string>{To(1), To(3)}));
}

TEST(CancelSm, AnswersWhenTheEndIsOnDisk) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), "", 0));
  rig.journal.slow = true;
  acme.Send(Cancel(3, id));
  rig.network.Advance(1s);
  EXPECT_FALSE(acme.Next());
  rig.SyncDisk();
  ExpectCancelAnswer(acme, 3, ESME_ROK);
}

TEST(CancelSm, AFullJournalTakesNoCancel) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), ""));
  rig.journal.room = false;
  acme.Send(Cancel(3, id));
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
  EXPECT_EQ(rig.Queue().size(), 1u);
}

// Within a dedupe window the same submit is the same message, but not one that was taken back.
TEST(CancelSm, TheSameSubmitBehindItIsANewMessage) {
  store::Catalog catalog = AlphaAlone();
  catalog.clients[0].dedupe_window_s = 600;
  ChangeRig rig(catalog);
  SmppPeer acme = rig.Customer();
  const std::string first = rig.Accepted(acme, Timed(2, InAnHour(rig), "", 0));
  EXPECT_EQ(rig.Accepted(acme, Timed(3, InAnHour(rig), "", 0)), first);
  acme.Send(Cancel(4, first));
  ExpectCancelAnswer(acme, 4, ESME_ROK);
  const std::string second = rig.Accepted(acme, Timed(5, InAnHour(rig), "", 0));
  EXPECT_NE(second, first);
  EXPECT_EQ(rig.Accepted(acme, Timed(6, InAnHour(rig), "", 0)), second);
}

TEST(CancelSm, ASecondOneFindsItEnded) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), "", 0));
  acme.Send(Cancel(3, id));
  acme.Send(Cancel(4, id));
  ExpectCancelAnswer(acme, 3, ESME_ROK);
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 4, ESME_RCANCELFAIL);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
}

TEST(CancelSm, PlacesOfThoseThatAreTakenBackAreFree) {
  relay::Limits limits = Patient();
  limits.kept_messages_max = 400;  // 100 of them for later
  ChangeRig rig(AlphaAlone(), limits);
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 1'000; ++n) {
    const std::string id = rig.Accepted(acme, Timed(2 + 2 * n, InAnHour(rig), "", 0));
    acme.Send(Cancel(3 + 2 * n, id));
    ExpectCancelAnswer(acme, 3 + 2 * n, ESME_ROK);
  }
  EXPECT_EQ(rig.Count(Metric::kept_spilled), 0u);
}

// --- whose it is -------------------------------------------------------------------------------------------------

struct ForeignCase {
  const char* name;
  std::string_view customer, source_addr, destination_addr;
};
void PrintTo(const ForeignCase& c, std::ostream* os) { *os << c.name; }
class ForeignCancel : public testing::TestWithParam<ForeignCase> {};

TEST_P(ForeignCancel, IsOfAnUnknownId) {
  for (const bool in_memory : {true, false}) {
    ChangeRig rig(AlphaAlone(), NoRoomForLater());
    SmppPeer acme = rig.Customer();
    const Octets submit = Timed(2, InAnHour(rig), "");
    const std::string id = in_memory ? rig.Accepted(acme, submit) : rig.Spilled(acme, submit);
    const std::size_t queued = rig.Queue().size();
    SmppPeer asks = rig.Customer(GetParam().customer);
    asks.Send(Cancel(3, id, GetParam().source_addr, GetParam().destination_addr));
    rig.network.Advance(kSettled);
    ExpectCancelAnswer(asks, 3, ESME_RINVMSGID);
    EXPECT_EQ(rig.Queue().size(), queued);
    EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Whose, ForeignCancel,
                         testing::Values(ForeignCase{"AnotherClients", "other", "ACME", ""},
                                         ForeignCase{"OfAnotherSource", "acme", "ACMF", ""},
                                         ForeignCase{"ToAnotherDestination", "acme", "ACME",
                                                     "4915112345679"}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(CancelSm, AddressesThatAreTheMessagesOrNotToldFit) {
  for (const auto& [source, destination] :
       {std::pair{"", ""}, {"ACME", ""}, {"ACME", "4915112345678"}}) {
    ChangeRig rig;
    SmppPeer acme = rig.Customer();
    const std::string id = rig.Accepted(acme, Timed(2, InAnHour(rig), "", 0));
    acme.Send(Cancel(3, id, source, destination));
    ExpectCancelAnswer(acme, 3, ESME_ROK);
  }
}

TEST(CancelSm, NoNumberIsAnInvalidIdAndAddressesAloneFail) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  acme.Send(Cancel(3, "12x"));
  ExpectCancelAnswer(acme, 3, ESME_RINVMSGID);
  acme.Send(Cancel(4, "", "ACME", "4915112345678"));
  ExpectCancelAnswer(acme, 4, ESME_RCANCELFAIL);
  acme.Send(Cancel(5, "123456789012"));
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 5, ESME_RINVMSGID);
}

// --- messages on their way to a supplier -------------------------------------------------------------------------

TEST(CancelSm, SomebodyElsesIsUnknownWhileItIsUnderWay) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer(), other = rig.Customer("other");
  const std::string id = rig.Accepted(acme, Submit(2));
  ASSERT_TRUE(alpha.Next());
  other.Send(Cancel(3, id));
  rig.network.RunUntilQuiet();
  ExpectCancelAnswer(other, 3, ESME_RINVMSGID);
}

TEST(CancelSm, WaitsForASubmitThatIsUnderWayAndThenAsksItsSupplier) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Submit(2));
  const Pdu submit = *alpha.Next();
  acme.Send(Cancel(3, id));
  rig.network.Advance(1s);
  EXPECT_FALSE(acme.Next());
  alpha.Answer(submit, ESME_ROK, "up-7");
  rig.network.Advance(kSettled);
  const std::optional<Pdu> relayed = alpha.Next();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->id(), cancel_sm);
  Octets expected = Cancel(relayed->sequence_number(), "up-7");
  EXPECT_EQ(relayed->octets, expected);
  alpha.Send(Bare(cancel_sm_resp, relayed->sequence_number()));
  ExpectCancelAnswer(acme, 3, ESME_ROK);
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty()) << "the supplier's receipt ends it";
}

// Its submit leaves as soon as the disk has the record of it.
TEST(CancelSm, OneThatIsBeingHandedOverIsSentAndNotCancelled) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Timed(2, At(rig.wall_now() + 2s), "", 0));
  rig.journal.slow = true;
  rig.network.Advance(3s);
  acme.Send(Cancel(3, id));
  rig.network.Advance(1s);
  EXPECT_FALSE(alpha.Next());
  EXPECT_FALSE(acme.Next());
  rig.journal.slow = false;
  rig.SyncDisk();
  ASSERT_TRUE(rig.Answers(alpha, ESME_ROK, "up-7"));
  rig.network.Advance(kSettled);
  const std::optional<Pdu> relayed = alpha.Next();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->octets, Cancel(relayed->sequence_number(), "up-7"));
  alpha.Send(Bare(cancel_sm_resp, relayed->sequence_number(), ESME_RCANCELFAIL));
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
}

TEST(CancelSm, ASubmitThatFailsForNowIsCancelledThen) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Submit(2, 0));
  const Pdu submit = *alpha.Next();
  acme.Send(Cancel(3, id));
  rig.network.Advance(1s);
  alpha.Answer(submit, ESME_RSYSERR, "");
  rig.network.Advance(100ms);
  ExpectCancelAnswer(acme, 3, ESME_ROK);
  rig.network.Advance(1h);
  EXPECT_FALSE(alpha.Next());
}

TEST(CancelSm, FailsWhenASubmitIsUnderWayForTooLong) {
  ChangeRig rig;
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Submit(2));
  const Pdu submit = *alpha.Next();
  acme.Send(Cancel(3, id));
  rig.network.Advance(rig.limits.change_wait + 100ms);
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
  EXPECT_EQ(rig.Count(Metric::changes_failed), 1u);
  alpha.Answer(submit, ESME_ROK, "up");
  rig.network.Advance(1s);
  EXPECT_FALSE(alpha.Next());
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty());
}

// Nobody knows whether a supplier has it: money of a message that was not sent would go back for one that was.
TEST(CancelSm, OneThatASupplierMayHaveIsNotTakenBack) {
  store::Catalog catalog = AlphaAlone();
  catalog.suppliers[0].on_unknown = store::OnUnknown::kResend;
  ChangeRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Accepted(acme, Submit(2, 0));
  ASSERT_TRUE(rig.alpha().Next());
  rig.alpha().raw().Hangup();
  rig.network.Advance(100ms);
  acme.Send(Cancel(3, id));
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
  EXPECT_EQ(rig.Queue().size(), 1u);
}

// --- messages that wait in PostgreSQL alone ----------------------------------------------------------------------

TEST(CancelSm, EndsAMessageThatIsNotInMemory) {
  ChangeRig rig(AlphaAlone(), NoRoomForLater());
  SmppPeer& alpha = rig.alpha();
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Spilled(acme, Timed(2, InAnHour(rig), ""));
  acme.Send(Cancel(3, id));
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 3, ESME_ROK);
  EXPECT_EQ(StatIn(*acme.Next()), "DELETED");
  EXPECT_EQ(rig.Last<store::OutcomeRecord>().cause, store::OutcomeCause::kCancelled);
  rig.network.Advance(2h);
  EXPECT_TRUE(alpha.Next()) << "the other one";
  EXPECT_FALSE(alpha.Next());
}

TEST(CancelSm, TwoThatSawItWaitEndItOnce) {
  ChangeRig rig(AlphaAlone(), NoRoomForLater());
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Spilled(acme, Timed(2, InAnHour(rig), "", 0));
  acme.Send(Cancel(3, id));
  acme.Send(Cancel(4, id));
  rig.network.Advance(100ms);
  ExpectCancelAnswer(acme, 3, ESME_ROK);
  EXPECT_EQ(rig.archive.change_pages, 1);
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 4, ESME_RCANCELFAIL);
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), 1u);
}

TEST(CancelSm, FailsWhenPostgreSqlIsBehindForTooLong) {
  ChangeRig rig(AlphaAlone(), NoRoomForLater());
  SmppPeer acme = rig.Customer();
  const std::string id = rig.Spilled(acme, Timed(2, InAnHour(rig), ""));
  rig.settler.behind = true;
  acme.Send(Cancel(3, id));
  rig.network.Advance(rig.limits.change_wait + 200ms);
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
  EXPECT_EQ(rig.Count(Metric::changes_failed), 1u);
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
}

TEST(CancelSm, FailsWhenPostgreSqlDoesNotAnswer) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  rig.archive.reachable = false;
  acme.Send(Cancel(3, "123456789012"));
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
}

TEST(CancelSm, AHeldMessageIsNobodysToTakeBack) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  store::ChangeableMessage held = rig.Changeable(1);
  held.queued = true;
  rig.shown = {held};
  acme.Send(Cancel(3, rig.IdOf(held)));
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
}

// --- limits ------------------------------------------------------------------------------------------------------

TEST(CancelSm, OneTooManyIsThrottled) {
  relay::Limits limits = Patient();
  limits.change_waiting_max = 1;
  ChangeRig rig(AlphaAlone(), limits);
  SmppPeer acme = rig.Customer();
  acme.Send(Cancel(3, "123456789012"));
  acme.Send(Cancel(4, "123456789012"));
  ExpectCancelAnswer(acme, 4, ESME_RTHROTTLED);
  EXPECT_EQ(rig.Count(Metric::changes_full), 1u);
  rig.network.Advance(kSettled);
  ExpectCancelAnswer(acme, 3, ESME_RINVMSGID);
}

TEST(CancelSm, CostsARateWhatAMessageDoes) {
  store::Catalog catalog = AlphaAlone();
  catalog.clients[0].rate_per_second = catalog.clients[0].rate_burst = 1;
  ChangeRig rig(catalog);
  SmppPeer acme = rig.Customer();
  acme.Send(Cancel(3, "123456789012"));
  acme.Send(Cancel(4, "123456789012"));
  ExpectCancelAnswer(acme, 4, ESME_RTHROTTLED);
}

TEST(CancelSm, NobodyIsAnsweredWhoIsGone) {
  ChangeRig rig;
  {
    SmppPeer acme = rig.Customer();
    acme.Send(Cancel(3, "123456789012"));
    acme.raw().Hangup();
  }
  rig.network.Advance(kSettled);
  EXPECT_EQ(rig.Count(Metric::changes_waiting), 0u);
  EXPECT_EQ(rig.Count(Metric::answers_too_late), 1u);
}

TEST(CancelSm, AMalformedOneIsToldItsField) {
  ChangeRig rig;
  SmppPeer acme = rig.Customer();
  Octets cancel = Cancel(7, "123456789012", "ACME", std::string(20, '1'));
  cancel.back() = '1';  // no NUL within 21 octets
  acme.Send(cancel);
  ExpectCancelAnswer(acme, 7, ESME_RINVDSTADR);
}

}  // namespace
}  // namespace hub::test
