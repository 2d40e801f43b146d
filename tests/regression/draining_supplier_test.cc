// Symptom: a receipt that a supplier sent while our unbind was on its way was answered ESME_RINVBNDSTS, and an unbind that crossed
//          ours got no ESME_ROK: suppliers take the first for good, so the receipt was lost.
// Cause:   UNBINDING was a state in which nothing but enquire_link was allowed.
// Proof:   the receipt is put off (ESME_RX_T_APPN), the unbind is answered and the session ends.
#include <gtest/gtest.h>

#include "server/session/smsc_session.h"
#include "tests/support/smpp_peer.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

struct Owner : SmscEvents {
  void OnSmscBound(SmscSession&) override {}
  void OnSubmitEnd(SmscSession&, const Outstanding&, SubmitEnd, const smpp::Header&,
                   const Slice&) override {}
  void OnDelivery(SmscSession&, const smpp::Header&, const Slice&) override { ++deliveries; }
  void OnSmscEnded(SmscSession&, CloseReason reason) override { ended = reason; }

  int deliveries = 0;
  std::optional<CloseReason> ended;
};

TEST(Regression, WhatCrossesOurUnbindIsNotLost) {
  FakeNetwork network;
  Metrics metrics;
  Owner owner;
  SmscSession session(network, SmscBind{{"192.0.2.9", 2775}, "hub", "pw", "", 0x34, bind_receiver},
                      {}, std::chrono::seconds(10), metrics, "s-1", owner);
  SmppPeer smsc(*network.peers().back());
  smsc.raw().Accept();
  smsc.Send(IdAnswer(bind_receiver_resp, ESME_ROK, smsc.Next()->sequence_number(), "smsc"));
  session.Leave();
  network.RunUntilQuiet();
  EXPECT_EQ(smsc.Next()->id(), unbind);

  smsc.Send(Receipt(9, "s1", "49151", "ACME"));
  EXPECT_EQ(smsc.Next()->octets, Bare(deliver_sm_resp, 9, ESME_RX_T_APPN));
  EXPECT_EQ(owner.deliveries, 0);
  smsc.Send(Bare(unbind, 10));
  EXPECT_EQ(smsc.Next()->octets, Bare(unbind_resp, 10));
  EXPECT_EQ(owner.ended, CloseReason::unbound);
}

}  // namespace
}  // namespace hub::test
