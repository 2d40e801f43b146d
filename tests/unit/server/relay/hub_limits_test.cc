#include "server/relay/hub_limits.h"

#include <gtest/gtest.h>

#include "server/base/message_id.h"

namespace hub::relay {
namespace {

// The least that the settings allow, over the most loops: a share of nothing would refuse everything.
TEST(HubLimits, EveryLoopHasAShareOfWhatIsSharedOut) {
  Settings settings;
  settings.smpp_connections_max = settings.smpp_unbound_max = 1;
  settings.relay_receipts_correlated_max = settings.relay_kept_messages_max = 1;
  settings.relay_kept_lane_max = 1;
  const Limits limits = LimitsOf(settings, kLoopsMax);
  EXPECT_GE(limits.sessions_max, 1u);
  EXPECT_GE(limits.unbound_sessions_max, 1u);
  EXPECT_GE(limits.receipts_correlated_max, 1u);
  EXPECT_GE(limits.kept_messages_max, 1u);
  EXPECT_GE(limits.kept_lane_max, 1u);
}

}  // namespace
}  // namespace hub::relay
