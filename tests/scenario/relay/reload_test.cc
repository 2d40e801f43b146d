// Another catalog comes into force under traffic.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

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

}  // namespace
}  // namespace hub::test
