// The malformed families from a client at the door of the whole relay: each gets its exact answer, its session lives or dies as it
// should, and no supplier, no row and no cent knows of it.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"
#include "tests/support/bad_pdus.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

struct StateCase {
  const char* name;
  smpp::CommandId bind;  // generic_nack: none
};
constexpr StateCase kStates[] = {{"OPEN", generic_nack},
                                 {"BOUND_TX", bind_transmitter},
                                 {"BOUND_RX", bind_receiver},
                                 {"BOUND_TRX", bind_transceiver}};

std::string Text(const Octets& octets) { return {octets.begin(), octets.end()}; }

class MalformedFromClient : public testing::TestWithParam<StateCase> {
 protected:
  SmppPeer Comes() {
    if (GetParam().bind != generic_nack) return rig_.Customer("acme", GetParam().bind);
    return SmppPeer(rig_.network.PeerConnects(
        [this](net::Stream& stream) { return rig_.relay->Accept(stream); }));
  }
  void Leaves(SmppPeer& client) {
    client.raw().Hangup();
    rig_.network.RunUntilQuiet();
  }
  void ExpectNothingCameOfIt(const BadPdu& bad) {
    EXPECT_EQ(rig_.alpha().raw().TakeReceived(), "") << bad.name;
    EXPECT_EQ(rig_.beta().raw().TakeReceived(), "") << bad.name;
    EXPECT_TRUE(rig_.All<store::MessageRecord>().empty()) << bad.name;
  }

  RelayRig rig_;
};

TEST_P(MalformedFromClient, GetsItsExactAnswerAndNoSupplierHearsOfIt) {
  rig_.alpha();
  rig_.beta();
  ASSERT_GE(BadPdus().size(), 400u);
  for (const BadPdu& bad : BadPdus()) {
    SmppPeer client = Comes();
    client.Send(bad.octets);
    const Owed owed = OwedFor(bad, GetParam().name);
    EXPECT_EQ(client.raw().TakeReceived(), Text(owed.octets())) << bad.name;
    EXPECT_EQ(client.connected(), owed.lives) << bad.name;
    ExpectNothingCameOfIt(bad);
    if (HasFailure()) return;
    Leaves(client);
  }
  EXPECT_EQ(rig_.Count(Metric::messages_accepted), 0u);
  EXPECT_EQ(rig_.Count(Metric::messages_in_flight), 0u);
  rig_.ExpectMoneyBalances();
}

// One session hears all that it survives, and serves on.
TEST_P(MalformedFromClient, LeavesASessionThatServesOn) {
  rig_.limits.esme.bad_pdus_max = rig_.limits.esme.unbound_bad_pdus_max = 1'000'000;
  rig_.limits.esme.unsolicited_responses_max = 1'000'000;
  rig_.alpha();
  rig_.beta();
  SmppPeer client = Comes();
  for (const BadPdu& bad : BadPdus()) {
    const Owed owed = OwedFor(bad, GetParam().name);
    if (!owed.lives) continue;
    client.Send(bad.octets);
    EXPECT_EQ(client.raw().TakeReceived(), Text(owed.octets())) << bad.name;
    ExpectNothingCameOfIt(bad);
    ASSERT_FALSE(HasFailure());
  }
  const bool may_send = GetParam().bind == bind_transmitter || GetParam().bind == bind_transceiver;
  client.Send(Submit(2));
  EXPECT_EQ(rig_.alpha().Next().has_value(), may_send) << "what is good goes upstream";
}

INSTANTIATE_TEST_SUITE_P(InEachState, MalformedFromClient, testing::ValuesIn(kStates),
                         [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace hub::test
