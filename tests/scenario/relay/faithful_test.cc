// What passes through untouched, and what is not taken for something that it only looks like.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

TEST(Faithful, ASuccessWithoutAnIdIsASuccessWithOurs) {
  for (const bool with_nul : {true, false}) {
    RelayRig rig;
    rig.alpha();
    SmppPeer acme = rig.Customer();
    acme.Send(Submit(2));
    const std::uint32_t number = rig.alpha().Next()->sequence_number();
    rig.alpha().Send(with_nul ? IdAnswer(submit_sm_resp, ESME_ROK, number, "")
                              : Bare(submit_sm_resp, number));
    const Pdu answer = *acme.Next();
    EXPECT_EQ(answer.status(), ESME_ROK);
    ASSERT_EQ(rig.All<store::MessageRecord>().size(), 1u);
    EXPECT_EQ(answer.message_id(), std::to_string(rig.All<store::MessageRecord>()[0].message_id));
    rig.ExpectMoneyBalances();
  }
}

// Bits 5-2 of esm_class that only a message centre sets.                                        SMPP v3.4 §5.2.12
class LooksLikeAReceipt : public testing::TestWithParam<std::uint8_t> {};

TEST_P(LooksLikeAReceipt, IsAMessageLikeAnyOther) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "up-1");
  ASSERT_EQ(acme.Next()->status(), ESME_ROK);

  Octets claim = Receipt(3, "up-1", "ACME", "4915112345678");
  smpp::WriteU32(claim.data() + 4, static_cast<std::uint32_t>(submit_sm));
  smpp::MessageView view;
  ASSERT_EQ(smpp::ViewMessage(submit_sm, claim, view), ESME_ROK);
  claim[view.offsets.esm_class] = GetParam();
  acme.Send(claim);
  Pdu got = *rig.alpha().Next();
  rig.alpha().Answer(got, ESME_ROK, "up-2");
  smpp::PatchSequenceNumber(got.octets.data(), 3);
  EXPECT_EQ(got.octets, claim);
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_TRUE(rig.All<store::OutcomeRecord>().empty()) << "nobody's final state";
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 2u) << "charged as one";
  rig.ExpectMoneyBalances();
}
INSTANTIATE_TEST_SUITE_P(EsmClass, LooksLikeAReceipt, testing::Values(0x04, 0x20));

}  // namespace
}  // namespace hub::test
