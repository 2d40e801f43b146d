// Another catalog comes into force under traffic.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

TEST(Reload, AReloadMovesTrafficAndKeepsWhatStays) {
  RelayRig rig;
  rig.alpha();
  rig.beta();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  const Pdu before = *rig.alpha().Next();
  store::Catalog catalog = TwoSuppliers();
  catalog.version = 2;
  catalog.rates[1].price = Nano{45'000'000};  // alpha is now the dearer one
  rig.Use(catalog);
  acme.Send(Submit(3));
  EXPECT_TRUE(rig.beta().Next());
  rig.alpha().Answer(before, ESME_ROK, "1");  // what was under way ends on its old plan
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.All<store::AttemptRecord>()[0].cost, Nano{20'000'000});
}

// apply never does it, SQL may.
TEST(Reload, AClientThatIsGoneIsToldSoForWhatItHadSentAlready) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].window_requests_max = 1;
  RelayRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2));
  acme.Send(Submit(3));
  const Pdu first = *rig.alpha().Next();
  catalog.clients.erase(catalog.clients.begin());
  catalog.mo_routes.clear();  // one of them was its own
  catalog.version = 2;
  rig.Use(catalog);
  EXPECT_EQ(acme.Next()->id(), unbind);
  rig.alpha().Answer(first, ESME_ROK, "1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_EQ(acme.Next()->status(), ESME_RSUBMITFAIL);
  rig.ExpectMoneyBalances();
}

TEST(Reload, ADisabledClientIsDismissedAndCannotComeBack) {
  RelayRig rig;
  SmppPeer acme = rig.Customer();
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].enabled = false;
  rig.Use(catalog);
  const Pdu goodbye = *acme.Next();
  EXPECT_EQ(goodbye.id(), unbind);
  acme.Send(Bare(unbind_resp, goodbye.sequence_number()));
  EXPECT_FALSE(acme.connected());
  SmppPeer again(rig.network.PeerConnects([&](net::Stream& s) { return rig.relay->Accept(s); }));
  again.Send(Bind(bind_transceiver, 1, "acme", "secret"));
  EXPECT_EQ(again.Next()->status(), ESME_RBINDFAIL);
}

// The bind that it was planned with is replaced: its window, say.
store::Catalog AlphaWithAWindowOf(std::int32_t requests) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[1].enabled = false;
  catalog.supplier_binds[0].window_requests_max = requests;
  return catalog;
}

TEST(Reload, WhatWaitsAtABindThatIsReplacedGoesByItsSuccessor) {
  KeptRig rig(AlphaWithAWindowOf(1));
  SmppPeer& before = rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, 0, To(1)));
  acme.Send(Submit(3, 0, To(2)));
  const Pdu first = *before.Next();
  rig.Use(AlphaWithAWindowOf(2));
  ScriptedPeer& successor = *rig.network.peers().back();
  successor.Accept();
  SmppPeer after(successor);
  const Pdu bind = *after.Next();
  after.Send(IdAnswer(bind_transceiver_resp, ESME_ROK, bind.sequence_number(), "smsc"));
  rig.network.Advance(std::chrono::milliseconds(100));
  EXPECT_EQ(rig.TakeNext(after), To(2));
  before.Answer(first, ESME_ROK, "1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  rig.ExpectMoneyBalances();
}

TEST(Reload, AStatusMeansWhatTheConfigurationInForceSays) {
  store::Catalog catalog = TwoSuppliers();
  RelayRig rig(catalog);
  rig.beta();
  SmppPeer acme = rig.Customer();
  rig.alpha();
  acme.Send(Submit(2));
  const Pdu submit = *rig.alpha().Next();
  catalog.version = 2;
  catalog.suppliers[0].statuses[0x400] = store::StatusClass::kPermanent;
  rig.Use(catalog);
  rig.alpha().Answer(submit, smpp::Status{0x400}, "");
  EXPECT_EQ(acme.Next()->status(), smpp::Status{0x400});
  EXPECT_FALSE(rig.beta().Next()) << "it had been worth another route";
}

}  // namespace
}  // namespace hub::test
