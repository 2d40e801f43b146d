// cancel_sm and replace_sm of messages of which nobody knows whether one supplier more has them: what was done here, or at
// another supplier, would not be what the client is told.
#include <gtest/gtest.h>

#include "tests/scenario/relay/change_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

store::Catalog Resending(store::Catalog catalog) {
  for (store::SupplierRow& supplier : catalog.suppliers)
    supplier.on_unknown = store::OnUnknown::kResend;
  return catalog;
}

struct UnknownRig : ChangeRig {
  explicit UnknownRig(store::Catalog catalog) : ChangeRig(std::move(catalog)) {
    alpha();
    if (relay->front().snapshot()->catalog->suppliers[1].enabled) beta();
  }
  // alpha has it, and says nothing.
  Pdu TimedOut() {
    id = Accepted(acme, Submit(2));
    const Pdu submit = *alpha().Next();
    network.Advance(10s);
    return submit;
  }
  void ExpectBothFail() {
    acme.Send(Cancel(3, id));
    network.Advance(kSettled);
    ExpectCancelAnswer(acme, 3, ESME_RCANCELFAIL);
    acme.Send(Otherwise(4, id));
    network.Advance(kSettled);
    const std::optional<Pdu> answer = acme.Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->octets, Bare(replace_sm_resp, 4, ESME_RREPLACEFAIL));
    EXPECT_EQ(Count(Metric::changes_relayed), 0u);
    EXPECT_EQ(Count(Metric::messages_cancelled) + Count(Metric::messages_replaced), 0u);
  }
  SmppPeer acme = Customer();
  std::string id;
};

TEST(ChangeUnknown, FailsWhileTheMessageIsHeld) {
  UnknownRig rig(AlphaAlone());
  rig.TimedOut();
  rig.ExpectBothFail();
}

TEST(ChangeUnknown, FailsWhileItWaitsToBeSentAgain) {
  UnknownRig rig(Resending(AlphaAlone()));
  rig.TimedOut();
  rig.ExpectBothFail();
}

TEST(ChangeUnknown, FailsWhenASecondSupplierTookIt) {
  UnknownRig rig(Resending(Accepting()));
  rig.TimedOut();
  ASSERT_TRUE(rig.Answers(rig.beta(), ESME_ROK, "88"));
  rig.ExpectBothFail();
}

// It was taken late, and by nobody else.
TEST(ChangeUnknown, IsRelayedWhenItIsKnown) {
  UnknownRig rig(AlphaAlone());
  const Pdu submit = rig.TimedOut();
  rig.alpha().Answer(submit, ESME_ROK, "77");
  rig.acme.Send(Cancel(3, rig.id));
  rig.network.Advance(kSettled);
  const std::optional<Pdu> relayed = rig.alpha().Next();
  ASSERT_TRUE(relayed);
  EXPECT_EQ(relayed->octets, Cancel(relayed->sequence_number(), "77"));
}

}  // namespace
}  // namespace hub::test
