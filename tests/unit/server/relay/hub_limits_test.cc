#include "server/relay/hub_limits.h"

#include <gtest/gtest.h>

#include <type_traits>

#include "server/base/message_id.h"

namespace hub::relay {
namespace {

// Settings whose numbers are all different.
Settings Different() {
  Settings settings;
  std::int64_t next = 1'000;
  const auto give = [&next]<class T>(T& field) {
    if constexpr (std::is_integral_v<T>) field = static_cast<T>(next++);
  };
#define SECTION(...)
#define SETTING(section, name, ...) give(settings.section##_##name);
#include "server/config/settings.def"
#undef SETTING
#undef SECTION
  return settings;
}

// A number, or milliseconds.
template <class T>
std::int64_t Plain(T value) {
  if constexpr (std::is_same_v<T, Duration>) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(value).count();
  } else {
    return static_cast<std::int64_t>(value);
  }
}

// What a limit is, and the setting that it must be.
#define EXPECT_FROM(limit, setting) EXPECT_EQ(Plain(limit), Plain(s.setting)) << #setting
#define EXPECT_SHARE(limit, setting) EXPECT_EQ(Plain(limit), Plain(s.setting) + 1) << #setting

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

struct LimitCase {
  const char* setting;
  std::int64_t (*limit)(const Limits&);
  std::int64_t (*expected)(const Settings&);
};

// A limit and its setting; the share of a single loop is one more.
// clang-format off
#define LIMIT(name, setting) \
  {#setting, [](const Limits& l) { return Plain(l.name); }, [](const Settings& s) { return Plain(s.setting); }}
#define SHARE(name, setting) \
  {#setting, [](const Limits& l) { return Plain(l.name); }, [](const Settings& s) { return Plain(s.setting) + 1; }}
// clang-format on

const LimitCase kLimitCases[] = {
    SHARE(sessions_max, smpp_connections_max),
    SHARE(unbound_sessions_max, smpp_unbound_max),
    SHARE(receipts_correlated_max, relay_receipts_correlated_max),
    SHARE(kept_messages_max, relay_kept_messages_max),
    SHARE(kept_lane_max, relay_kept_lane_max),
    LIMIT(overload_octets_max, overload_memory_octets_max),
    LIMIT(overload_lag, overload_lag_ms),
    LIMIT(messages_max, relay_messages_max),
    LIMIT(link_queue_messages_max, supplier_queue_messages_max),
    LIMIT(link_queue_wait, supplier_queue_wait_ms),
    LIMIT(throttle_pause, supplier_throttle_pause_ms),
    LIMIT(rate_margin, supplier_rate_margin_ms),
    LIMIT(outbind_pause, supplier_outbind_pause_ms),
    LIMIT(credit_wait, relay_credit_wait_ms),
    LIMIT(credit_waiting_max, relay_credit_waiting_max),
    LIMIT(deliver_queue_max, relay_deliver_queue_max),
    LIMIT(delivery_wait, relay_delivery_wait_ms),
    LIMIT(multi_octets_max, relay_multi_octets_max),
    LIMIT(multi_destinations_max, relay_multi_destinations_max),
    LIMIT(query_waiting_max, relay_query_waiting_max),
    LIMIT(query_wait, relay_query_wait_ms),
    LIMIT(query_relayed_max, relay_query_relayed_max),
    LIMIT(change_waiting_max, relay_change_waiting_max),
    LIMIT(change_wait, relay_change_wait_ms),
    LIMIT(receipt_ask, relay_receipt_ask_ms),
    LIMIT(receipt_park, relay_receipt_park_ms),
    LIMIT(receipts_parked_max, relay_receipt_parked_max),
    LIMIT(kept_page, relay_kept_page),
    LIMIT(kept_held_max, relay_kept_held_max),
    LIMIT(overdue_every, relay_overdue_every_ms),
    LIMIT(recent_ends_max, relay_recent_ends_max),
    LIMIT(outbox_under_way_max, relay_stored_receipts_under_way_max),
    LIMIT(outbox_page, relay_stored_receipts_page),
    LIMIT(outbox_held_max, relay_stored_receipts_held_max),
    LIMIT(outbox_blind_after, relay_receipt_blind_after_ms),
    LIMIT(outbox_pause_min, relay_receipt_pause_min_ms),
    LIMIT(outbox_pause_max, relay_receipt_pause_max_ms),
    LIMIT(mo_long_messages_max, relay_mo_long_messages_max),
    LIMIT(mo_parts_kept, relay_mo_parts_kept_ms),
    LIMIT(mo_parts_waiting_max, relay_mo_parts_waiting_max),
    LIMIT(mo_part_wait, relay_mo_part_wait_ms),
    LIMIT(mo_stored_max, relay_mo_stored_max),
    LIMIT(mo_stored_total_max, relay_mo_stored_total_max),
};

TEST(HubLimits, EachIsTheSettingOfItsNameAndNoOther) {
  const Settings s = Different();
  const Limits limits = LimitsOf(s, 1);
  for (const LimitCase& c : kLimitCases) EXPECT_EQ(c.limit(limits), c.expected(s)) << c.setting;
  EXPECT_EQ(limits.client_messages_max, limits.messages_max * s.relay_client_share_percent / 100);
}

TEST(HubLimits, EachOfASessionToo) {
  const Settings s = Different();
  const Limits limits = LimitsOf(s, 1);
  EXPECT_FROM(limits.esme.session_init_timeout, session_init_timeout_ms);
  EXPECT_FROM(limits.esme.enquire_link_interval, session_enquire_link_ms);
  EXPECT_FROM(limits.esme.inactivity_timeout, session_inactivity_timeout_ms);
  EXPECT_FROM(limits.smsc.enquire_link_interval, supplier_enquire_link_ms);
  EXPECT_FROM(limits.smsc.enquire_link_misses_max, supplier_enquire_link_misses_max);
  EXPECT_EQ(limits.smsc.inactivity_timeout, Duration{0});
  EXPECT_FROM(limits.smsc.deliveries_owed_max, supplier_deliveries_owed_max);
  EXPECT_FROM(limits.smsc.late_answers_max, supplier_late_answers_max);
  EXPECT_FROM(limits.esme.unbind_grace, session_unbind_grace_ms);
  EXPECT_FROM(limits.smsc.unbind_grace, supplier_unbind_grace_ms);
  EXPECT_FROM(limits.smsc.stream.connect_timeout, supplier_connect_timeout_ms);
  EXPECT_FROM(limits.esme.stream.output_octets_max, session_output_octets_max);
  EXPECT_FROM(limits.smsc.stream.output_octets_max / 16, session_output_octets_max);
  EXPECT_FROM(limits.reconnect.min, supplier_reconnect_min_ms);
  EXPECT_FROM(limits.reconnect.max, supplier_reconnect_max_ms);
  EXPECT_FROM(limits.reconnect.bind_timeout, supplier_bind_timeout_ms);
  EXPECT_FROM(limits.reconnect.refused, supplier_refused_pause_ms);
  for (const SessionLimits& session : {limits.esme, limits.smsc}) {
    EXPECT_FROM(session.pdu_octets_max, session_pdu_octets_max);
    EXPECT_FROM(session.frames_per_turn_max, session_frames_per_turn_max);
    EXPECT_FROM(session.window_requests_max, session_window_requests_max);
    EXPECT_FROM(session.response_timeout, session_response_timeout_ms);
    EXPECT_FROM(session.unsolicited_responses_max, session_unsolicited_responses_max);
    EXPECT_FROM(session.pdu_assembly_timeout, session_pdu_assembly_ms);
    EXPECT_FROM(session.bad_pdus_max, session_bad_pdus_max);
    EXPECT_FROM(session.unbound_bad_pdus_max, session_unbound_bad_pdus_max);
    EXPECT_FROM(session.pdu_reads_max, session_pdu_reads_max);
    EXPECT_FROM(session.pdu_tlvs_max, session_pdu_tlvs_max);
    EXPECT_FROM(session.stream.output_octets_high, session_output_octets_high);
  }
}

TEST(HubLimits, EachOfTheGuardAndOfPasswordsToo) {
  const Settings s = Different();
  const access::GuardLimits guard = GuardLimitsOf(s);
  EXPECT_FROM(guard.unbound_per_address_max, access_unbound_per_address_max);
  EXPECT_FROM(guard.accepts_per_second_address, access_accepts_per_second_address);
  EXPECT_FROM(guard.accepts_per_second_max, access_accepts_per_second_max);
  EXPECT_FROM(guard.failures_per_minute_address, access_failures_per_minute_address);
  EXPECT_FROM(guard.failures_per_minute_id, access_failures_per_minute_id);
  EXPECT_FROM(guard.ban, access_ban_ms);
  EXPECT_FROM(guard.ban_max, access_ban_max_ms);
  EXPECT_FROM(guard.tarpit, access_tarpit_ms);
  EXPECT_FROM(guard.entries_max, access_addresses_max);
  const access::PoolLimits passwords = PoolLimitsOf(s);
  EXPECT_FROM(passwords.known_waiting_max, access_binds_waiting_max);
  EXPECT_FROM(passwords.strangers_waiting_max, access_strangers_waiting_max);
  EXPECT_FROM(passwords.verified_clients_max, access_verified_clients_max);
  EXPECT_FROM(passwords.verified_for, access_verified_ms);
  const routing::ScriptOptions script = ScriptOptionsOf(s);
  EXPECT_FROM(script.instructions_max, routing_instructions_max);
  EXPECT_FROM(script.heap_octets_max, routing_heap_octets_max);
  const net::ListenOptions listen = ListenOptionsOf(s, "v2", 1);
  EXPECT_FROM(listen.proxy_timeout, session_init_timeout_ms);
  EXPECT_SHARE(listen.proxy_waiting_max, smpp_unbound_max);
}

TEST(HubLimits, EachOfTheStoreAndItsJournalToo) {
  const Settings s = Different();
  const store::Options store = StoreOptionsOf(s);
  EXPECT_FROM(store.node_id, node_id);
  EXPECT_FROM(store.statement_timeout_ms, database_statement_timeout_ms);
  EXPECT_FROM(store.leases_waiting_max, database_leases_waiting_max);
  EXPECT_FROM(store.archive_waiting_max, database_archive_waiting_max);
  EXPECT_FROM(store.dedupe_loaded_max, relay_dedupe_entries_max);
  EXPECT_FROM(store.settle.batch_rows_max, settle_batch_rows_max);
  EXPECT_FROM(store.settle.interval_ms, settle_interval_ms);
  EXPECT_FROM(store.settle.retry_ms, settle_retry_ms);
  EXPECT_FROM(store.journal.segment_octets, journal_segment_octets);
  EXPECT_FROM(store.journal.octets_max, journal_octets_max);
  EXPECT_FROM(store.journal.octets_free_min, journal_octets_free_min);
  EXPECT_FROM(store.journal.waiting_octets_max, journal_waiting_octets_max);
  EXPECT_FROM(store.journal.sync_window_us, journal_sync_window_us);
  EXPECT_FROM(store.journal.sync_frames_max, journal_sync_frames_max);
  EXPECT_FROM(store.journal.retry_ms, journal_retry_ms);
  EXPECT_FROM(store.journal.keep_settled_s, journal_keep_settled_s);
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
