// Binds at suppliers that come and go with the configuration, while messages are under way on them.
#include <gtest/gtest.h>

#include "tests/scenario/relay/kept_rig.h"

namespace hub::test {
namespace {

using enum smpp::Status;
using namespace std::chrono_literals;

enum class What { kBind, kSupplier };
enum class Answered { kBefore, kBehind, kNever };
struct OffAndOnCase {
  const char* name;
  What what;
  Answered answered;  // what was outstanding: seen from the moment it is on again
};

store::Catalog OneAtATime(bool enabled, What what) {
  store::Catalog catalog = AlphaAlone();
  catalog.supplier_binds[0].window_requests_max = 1;
  (what == What::kBind ? catalog.supplier_binds[0].enabled : catalog.suppliers[0].enabled) =
      enabled;
  return catalog;
}

// The newest connection to alpha, bound.
SmppPeer Renewed(RelayRig& rig) {
  ScriptedPeer& connection = *rig.network.peers().back();
  EXPECT_EQ(connection.address().port, 1001);
  connection.Accept();
  SmppPeer peer(connection);
  peer.Answer(*peer.Next(), ESME_ROK, "smsc");
  return peer;
}

class OffAndOn : public testing::TestWithParam<OffAndOnCase> {};

TEST_P(OffAndOn, WhileItsWindowIsFullTakesMessagesAgain) {
  const OffAndOnCase& c = GetParam();
  KeptRig rig(OneAtATime(true, c.what));
  SmppPeer before = rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 3; ++n) rig.Accepted(acme, Submit(n + 2, 0, To(n)));
  const Pdu outstanding = *before.Next();
  rig.Use(OneAtATime(false, c.what));
  if (c.answered == Answered::kBefore) before.Answer(outstanding, ESME_ROK, "1");
  rig.Use(OneAtATime(true, c.what));
  SmppPeer after = Renewed(rig);
  if (c.answered == Answered::kBehind) before.Answer(outstanding, ESME_ROK, "1");
  EXPECT_EQ(rig.TakeAll(after, 1min), (std::vector{To(1), To(2)}));
  const relay::LinkState& link = *rig.relay->front().snapshot()->suppliers[0].links[0];
  EXPECT_EQ(link.load, 0);
  EXPECT_EQ(link.queued, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Links, OffAndOn,
    testing::Values(OffAndOnCase{"ABindAnsweredBefore", What::kBind, Answered::kBefore},
                    OffAndOnCase{"ABindAnsweredBehind", What::kBind, Answered::kBehind},
                    OffAndOnCase{"ABindNeverAnswered", What::kBind, Answered::kNever},
                    OffAndOnCase{"ASupplierAnsweredBefore", What::kSupplier, Answered::kBefore},
                    OffAndOnCase{"ASupplierAnsweredBehind", What::kSupplier, Answered::kBehind}),
    [](const auto& each) { return std::string(each.param.name); });

// The timer of the old queue runs on; what it counts is not its successor's.
TEST(Links, APredecessorCountsNothingForItsSuccessor) {
  store::Catalog catalog = TwoSuppliers();  // the client waits for its answer: links queue
  catalog.suppliers[1].enabled = false;
  catalog.supplier_binds[0].window_requests_max = 2;
  KeptRig rig(catalog);
  SmppPeer before = rig.alpha();
  SmppPeer acme = rig.Customer();
  for (std::uint32_t n = 0; n < 3; ++n) acme.Send(Submit(n + 2, 0, To(n)));
  ASSERT_TRUE(before.Next() && before.Next());
  rig.network.Advance(5s);
  const relay::LinkState& link = *rig.relay->front().snapshot()->suppliers[0].links[0];
  EXPECT_EQ(link.load, 3);
  EXPECT_EQ(link.queued, 1);
  store::Catalog off = catalog;
  off.supplier_binds[0].enabled = false;
  rig.Use(off);
  rig.Use(catalog);
  SmppPeer after = Renewed(rig);
  EXPECT_EQ(link.load, 0);
  EXPECT_EQ(link.queued, 0);
  acme.Send(Submit(5, 0, To(5)));
  ASSERT_TRUE(after.Next());
  rig.network.Advance(5s);  // the two of the old link time out, and the one that it never sent
  EXPECT_EQ(link.load, 2);  // has found the new one
}

}  // namespace
}  // namespace hub::test
