// outbind at our door: a hint to a bind of ours that is down, and never more than that.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

Octets Outbind(std::string_view system_id, std::string_view password) {
  smpp::Outbind outbind;
  outbind.system_id = system_id;
  outbind.password = password;
  return smpp::Encode(outbind, ESME_ROK, 1);
}

struct OutbindRig : RelayRig {
  explicit OutbindRig(access::GuardLimits guarded = NoGuard())
      : RelayRig(Catalog(), Slow(), std::move(guarded)) {}
  static store::Catalog Catalog() {
    store::Catalog catalog = TwoSuppliers();
    catalog.supplier_binds[0].system_id = "hub-a";
    return catalog;
  }
  static relay::Limits Slow() {
    relay::Limits limits;
    limits.reconnect.min = limits.reconnect.max = 60s;
    return limits;
  }
  /// Somebody connects and says so; whether it is let stay.
  bool Calls(std::string_view system_id, std::string_view password) {
    SmppPeer peer(network.PeerConnects(
        [this](net::Stream& stream) { return relay->Accept(stream); }, limits.esme.stream));
    peer.Send(Outbind(system_id, password));
    EXPECT_FALSE(peer.Next()) << "it has no response";
    return peer.connected();
  }
  int connections(std::uint16_t port) {
    return static_cast<int>(
        std::count_if(network.peers().begin(), network.peers().end(),
                      [port](const ScriptedPeer* each) { return each->address().port == port; }));
  }
};

TEST(Outbind, ABindThatIsDownTriesAgainAtOnceAtItsOwnAddress) {
  OutbindRig rig;
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.connections(1001), 1);
  EXPECT_FALSE(rig.Calls("hub-a", "pw"));
  EXPECT_EQ(rig.connections(1001), 2);
  EXPECT_EQ(rig.connections(1002), 1) << "the other supplier's is another bind";
  EXPECT_EQ(rig.Count(Metric::outbinds_heard), 1u);
  rig.alpha();
  EXPECT_EQ(rig.Count(Metric::binds_smsc), 1u);
}

TEST(Outbind, NotAgainWithinThePause) {
  OutbindRig rig;
  for (int n = 0; n < 20; ++n) {
    rig.Supplier(1001).raw().Break();
    rig.network.RunUntilQuiet();
    rig.Calls("hub-a", "pw");
    if (n == 0) continue;
    EXPECT_EQ(rig.connections(1001), n + 1) << "the last one is too young";
    rig.network.Advance(rig.limits.outbind_pause);
    rig.Calls("hub-a", "pw");
    EXPECT_EQ(rig.connections(1001), n + 2);
  }
}

TEST(Outbind, ABindThatIsUpIsLeftAlone) {
  OutbindRig rig;
  rig.alpha();
  EXPECT_FALSE(rig.Calls("hub-a", "pw"));
  EXPECT_EQ(rig.connections(1001), 1);
  EXPECT_TRUE(rig.alpha().connected());
  EXPECT_EQ(rig.Count(Metric::outbinds_heard), 0u);
}

TEST(Outbind, WhoNamesNoBindIsHeardByNobodyAndBannedInTheEnd) {
  access::GuardLimits guarded;
  guarded.failures_per_minute_address = 3;
  OutbindRig rig(guarded);
  rig.alpha().raw().Break();
  rig.network.RunUntilQuiet();
  for (int n = 0; n < 4; ++n) EXPECT_FALSE(rig.Calls("hub-a", n % 2 == 0 ? "wrong" : ""));
  EXPECT_EQ(rig.connections(1001), 1);
  EXPECT_EQ(rig.Count(Metric::outbinds_received), 4u);
  EXPECT_EQ(rig.Count(Metric::addresses_banned), 1u);
}

// Asking again changes nothing, and looks like an attack.
TEST(Outbind, ABindWhoseCredentialsAreRefusedKeepsItsPause) {
  OutbindRig rig;
  ScriptedPeer& raw = *rig.network.peers().front();
  ASSERT_EQ(raw.address().port, 1001);
  raw.Accept();
  SmppPeer peer(raw);
  const Pdu bind = *peer.Next();
  peer.Send(Bare(smpp::ResponseOf(bind.id()), bind.sequence_number(), ESME_RINVPASWD));
  rig.Calls("hub-a", "pw");
  EXPECT_EQ(rig.connections(1001), 1);
}

}  // namespace
}  // namespace hub::test
