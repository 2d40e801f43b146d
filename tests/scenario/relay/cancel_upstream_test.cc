// cancel_sm of a message that a supplier has: it is the supplier's to answer.
#include <gtest/gtest.h>

#include "tests/scenario/relay/change_rig.h"

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

}  // namespace
}  // namespace hub::test
