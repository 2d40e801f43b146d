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

TEST(HubLimits, WhatASessionAllowsIsWhatTheSettingsSay) {
  Settings settings;
  settings.session_pdu_assembly_ms = 1'234;
  settings.session_bad_pdus_max = 17;
  settings.supplier_deliveries_owed_max = 19;
  settings.supplier_late_answers_max = 23;
  settings.relay_kept_held_max = 29;
  const Limits limits = LimitsOf(settings, 1);
  for (const SessionLimits& session : {limits.esme, limits.smsc}) {
    EXPECT_EQ(session.pdu_assembly_timeout, std::chrono::milliseconds(1'234));
    EXPECT_EQ(session.bad_pdus_max, 17u);
  }
  EXPECT_EQ(limits.smsc.deliveries_owed_max, 19u);
  EXPECT_EQ(limits.smsc.late_answers_max, 23u);
  EXPECT_EQ(limits.kept_held_max, 29u);
}

TEST(HubLimits, NetworksWithoutLimitsAreAListWithCommas) {
  Settings settings;
  EXPECT_EQ(BadNetwork(settings), "");
  const auto has = [&](const char* address) {
    return GuardLimitsOf(settings).unlimited_from.Contains(*access::ParseAddress(address));
  };
  EXPECT_TRUE(has("127.0.0.1"));
  EXPECT_TRUE(has("::1"));
  EXPECT_FALSE(has("192.0.2.1"));
  settings.access_unlimited_from = "";
  EXPECT_FALSE(has("127.0.0.1"));
  settings.access_unlimited_from = "192.0.2.0/24,2001:db8::/32 , 198.51.100.1";
  EXPECT_EQ(BadNetwork(settings), "");
  EXPECT_TRUE(has("2001:db8::1"));
  EXPECT_TRUE(has("198.51.100.1"));
  settings.access_unlimited_from = "192.0.2.0/24, here";
  EXPECT_EQ(BadNetwork(settings), "\"here\" is no address and no network");
}

}  // namespace
}  // namespace hub::relay
