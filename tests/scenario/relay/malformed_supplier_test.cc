// The malformed families from a supplier, in each state of our bind there: the exact answer, the session lives or dies as it should, and
// no client hears of it. What answers a request of ours is good or fails that request, once.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"
#include "tests/support/bad_pdus.h"
#include "tests/support/pdu_layout.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

struct StateCase {
  const char* name;
  const char* mode;  // of the supplier's bind
  bool bound = true;
};
constexpr StateCase kStates[] = {
    {"OPEN", "trx", false}, {"BOUND_TX", "tx"}, {"BOUND_RX", "rx"}, {"BOUND_TRX", "trx"}};

std::string Text(const Octets& octets) { return {octets.begin(), octets.end()}; }

// Whatever the families' numbers name is acme's: were it relayed, acme would get it.
store::Catalog AlphaAs(const char* mode) {
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.supplier_binds[0].mode = mode;
  catalog.mo_routes[0].prefix = "7";
  return catalog;
}

relay::Limits Patient() {
  relay::Limits limits;
  limits.smsc.bad_pdus_max = limits.smsc.unsolicited_responses_max = 1'000'000;
  return limits;
}

/// A relay whose only supplier has its bind in a state, and a client that would hear of what it sends.
struct World {
  explicit World(const StateCase& state)
      : rig(AlphaAs(state.mode), Patient()), alpha(state.bound ? rig.alpha() : Unanswered()) {}

  SmppPeer Unanswered() {
    ScriptedPeer& peer = *rig.network.peers().back();
    peer.Accept();
    SmppPeer supplier(peer);
    bind_number = supplier.Next()->sequence_number();
    return supplier;
  }

  RelayRig rig;
  std::uint32_t bind_number = 0;
  SmppPeer alpha;
  SmppPeer acme = rig.Customer();
};

class MalformedFromSupplier : public testing::TestWithParam<StateCase> {};

TEST_P(MalformedFromSupplier, GetsItsExactAnswerAndNoClientHearsOfIt) {
  ASSERT_GE(BadPdus().size(), 400u);
  std::unique_ptr<World> world;
  for (const BadPdu& bad : BadPdus()) {
    if (world == nullptr) world = std::make_unique<World>(GetParam());
    world->alpha.Send(bad.octets);
    const Owed owed = OwedToSupplier(bad, GetParam().name);
    EXPECT_EQ(world->alpha.raw().TakeReceived(), Text(owed.octets())) << bad.name;
    EXPECT_EQ(world->alpha.connected(), owed.lives) << bad.name;
    EXPECT_EQ(world->acme.raw().TakeReceived(), "") << bad.name;
    EXPECT_TRUE(world->acme.connected()) << bad.name;
    ASSERT_FALSE(HasFailure());
    if (!owed.lives) world.reset();
  }
}

TEST_P(MalformedFromSupplier, LeavesABindThatServesOn) {
  World world(GetParam());
  for (const BadPdu& bad : BadPdus()) {
    if (!OwedToSupplier(bad, GetParam().name).lives) continue;
    world.alpha.Send(bad.octets);
    world.alpha.raw().TakeReceived();
    world.alpha.Send(Bare(enquire_link, 4711));
    ASSERT_EQ(world.alpha.raw().TakeReceived(), Text(Bare(enquire_link_resp, 4711))) << bad.name;
  }
  const smpp::test::PduLayout& layout = smpp::test::LayoutOf(deliver_sm);
  world.alpha.Send(smpp::test::WholePdu(deliver_sm, 5, smpp::test::GoodBody(layout).Join()));
  const bool may_send = GetParam().bound && GetParam().mode != std::string_view("tx");
  EXPECT_EQ(world.acme.Next().has_value(), may_send) << "what is good is relayed";
}

INSTANTIATE_TEST_SUITE_P(InEachState, MalformedFromSupplier, testing::ValuesIn(kStates),
                         [](const auto& c) { return std::string(c.param.name); });

// --- responses that name a request of ours -----------------------------------------------------------------------

Octets Numbered(Octets pdu, std::uint32_t sequence_number) {
  smpp::PatchSequenceNumber(pdu.data(), sequence_number);
  return pdu;
}

TEST(MalformedResponse, ToASubmitIsItsSuccessOrFailsItOnce) {
  World world(kStates[3]);
  std::uint32_t number = 1;
  for (const BadPdu& bad : BadPdus()) {
    if (bad.family != BadPdu::kResponse) continue;
    world.acme.Send(Submit(++number));
    world.alpha.Send(Numbered(bad.octets, world.alpha.Next()->sequence_number()));
    const bool fits = smpp::ReadHeader(bad.octets.data()).command_id == submit_sm_resp;
    const std::optional<Pdu> answer = world.acme.Next();
    ASSERT_TRUE(answer) << bad.name;
    EXPECT_EQ(answer->id(), submit_sm_resp) << bad.name;
    EXPECT_EQ(answer->sequence_number(), number) << bad.name;
    EXPECT_EQ(answer->status() == ESME_ROK, fits) << bad.name;
    EXPECT_FALSE(world.acme.Next()) << bad.name;
    EXPECT_EQ(world.alpha.raw().TakeReceived(), "") << bad.name;
    ASSERT_TRUE(world.alpha.connected()) << bad.name;
  }
  world.rig.ExpectMoneyBalances();
}

TEST(MalformedResponse, ToOurBindIsNoBindUnlessItIsOfItsType) {
  for (const BadPdu& bad : BadPdus()) {
    if (bad.family != BadPdu::kResponse) continue;
    World world(kStates[0]);
    world.alpha.Send(Numbered(bad.octets, world.bind_number));
    const bool fits = smpp::ReadHeader(bad.octets.data()).command_id == bind_transceiver_resp;
    EXPECT_EQ(world.rig.Count(Metric::binds_smsc), fits ? 1u : 0u) << bad.name;
    EXPECT_EQ(world.alpha.connected(), fits) << bad.name;
    EXPECT_EQ(world.acme.raw().TakeReceived(), "") << bad.name;
  }
}

}  // namespace
}  // namespace hub::test
