// Settings become limits: the one place where a name of hub.toml meets a limit of the relay.
#include "server/relay/hub_limits.h"

#include <algorithm>

#include "server/base/memory.h"

namespace hub::relay {

using std::chrono::milliseconds;

Limits LimitsOf(const Settings& s, unsigned loops) {
  Limits limits;
  limits.system_id = s.smpp_system_id;
  // Limits of the process are shared out to its loops; each has room for one at least.
  limits.sessions_max = s.smpp_connections_max / loops + 1;
  limits.unbound_sessions_max = s.smpp_unbound_max / loops + 1;
  limits.receipts_correlated_max = s.relay_receipts_correlated_max / loops + 1;

  limits.esme.pdu_octets_max = static_cast<std::uint32_t>(s.session_pdu_octets_max);
  limits.esme.frames_per_turn_max = s.session_frames_per_turn_max;
  limits.esme.window_requests_max = s.session_window_requests_max;
  limits.esme.session_init_timeout = milliseconds(s.session_init_timeout_ms);
  limits.esme.enquire_link_interval = milliseconds(s.session_enquire_link_ms);
  limits.esme.response_timeout = milliseconds(s.session_response_timeout_ms);
  limits.esme.inactivity_timeout = milliseconds(s.session_inactivity_timeout_ms);
  limits.esme.unsolicited_responses_max = s.session_unsolicited_responses_max;
  limits.esme.pdu_assembly_timeout = milliseconds(s.session_pdu_assembly_ms);
  limits.esme.bad_pdus_max = static_cast<std::uint32_t>(s.session_bad_pdus_max);
  limits.esme.pdu_reads_max = s.session_pdu_reads_max;
  limits.esme.pdu_tlvs_max = s.session_pdu_tlvs_max;
  limits.esme.unbound_bad_pdus_max = s.session_unbound_bad_pdus_max;
  limits.esme.unbind_grace = milliseconds(s.session_unbind_grace_ms);
  limits.esme.stream.output_octets_high = s.session_output_octets_high;
  limits.esme.stream.output_octets_max = s.session_output_octets_max;

  limits.esme.stream.input_octets_max =
      std::max<std::size_t>(limits.esme.stream.input_octets_max, 2 * s.session_pdu_octets_max);

  limits.smsc = limits.esme;
  limits.smsc.enquire_link_interval = milliseconds(s.supplier_enquire_link_ms);
  limits.smsc.enquire_link_misses_max =
      static_cast<std::uint32_t>(s.supplier_enquire_link_misses_max);
  limits.smsc.inactivity_timeout = Duration{0};
  limits.smsc.unbind_grace = milliseconds(s.supplier_unbind_grace_ms);
  limits.smsc.deliveries_owed_max = static_cast<std::uint32_t>(s.supplier_deliveries_owed_max);
  limits.smsc.late_answers_max = s.supplier_late_answers_max;
  limits.smsc.stream.connect_timeout = milliseconds(s.supplier_connect_timeout_ms);
  // A supplier that does not read must not be closed for what its window allows.
  limits.smsc.stream.output_octets_max = s.session_output_octets_max * 16;

  limits.reconnect.min = milliseconds(s.supplier_reconnect_min_ms);
  limits.reconnect.max = milliseconds(s.supplier_reconnect_max_ms);
  limits.reconnect.bind_timeout = milliseconds(s.supplier_bind_timeout_ms);
  limits.reconnect.refused = milliseconds(s.supplier_refused_pause_ms);
  limits.throttle_pause = milliseconds(s.supplier_throttle_pause_ms);
  limits.rate_margin = milliseconds(s.supplier_rate_margin_ms);
  limits.link_queue_messages_max = s.supplier_queue_messages_max;
  limits.link_queue_wait = milliseconds(s.supplier_queue_wait_ms);

  limits.overload_octets_max =
      s.overload_memory_octets_max == 0 ? MemoryOctetsMax() : s.overload_memory_octets_max;
  limits.overload_lag = milliseconds(s.overload_lag_ms);
  limits.messages_max = s.relay_messages_max;
  const std::size_t share = limits.messages_max * s.relay_client_share_percent / 100;
  limits.client_messages_max = std::max<std::size_t>(share, 1);
  limits.receipt_park = milliseconds(s.relay_receipt_park_ms);
  limits.receipts_parked_max = s.relay_receipt_parked_max;
  limits.credit_wait = milliseconds(s.relay_credit_wait_ms);
  limits.credit_waiting_max = s.relay_credit_waiting_max;
  limits.deliver_queue_max = s.relay_deliver_queue_max;
  limits.delivery_wait = milliseconds(s.relay_delivery_wait_ms);
  limits.multi_octets_max = s.relay_multi_octets_max;
  limits.multi_destinations_max = s.relay_multi_destinations_max;
  limits.outbind_pause = milliseconds(s.supplier_outbind_pause_ms);
  limits.query_waiting_max = s.relay_query_waiting_max;
  limits.query_wait = milliseconds(s.relay_query_wait_ms);
  limits.query_relayed_max = s.relay_query_relayed_max;
  limits.change_waiting_max = s.relay_change_waiting_max;
  limits.change_wait = milliseconds(s.relay_change_wait_ms);
  limits.receipt_ask = milliseconds(s.relay_receipt_ask_ms);
  limits.kept_messages_max = s.relay_kept_messages_max / loops + 1;
  limits.kept_lane_max = s.relay_kept_lane_max / loops + 1;
  limits.kept_held_max = s.relay_kept_held_max;
  limits.kept_page = static_cast<std::int32_t>(s.relay_kept_page);
  limits.overdue_every = milliseconds(s.relay_overdue_every_ms);
  limits.outbox_under_way_max = s.relay_stored_receipts_under_way_max;
  limits.outbox_page = static_cast<std::int32_t>(s.relay_stored_receipts_page);
  limits.outbox_held_max = s.relay_stored_receipts_held_max;
  limits.recent_ends_max = s.relay_recent_ends_max;
  limits.outbox_blind_after = milliseconds(s.relay_receipt_blind_after_ms);
  limits.mo_long_messages_max = s.relay_mo_long_messages_max;
  limits.mo_parts_kept = milliseconds(s.relay_mo_parts_kept_ms);
  limits.mo_parts_waiting_max = s.relay_mo_parts_waiting_max;
  limits.mo_part_wait = milliseconds(s.relay_mo_part_wait_ms);
  limits.mo_stored_max = s.relay_mo_stored_max;
  limits.mo_stored_total_max = s.relay_mo_stored_total_max;
  limits.outbox_pause_min = milliseconds(s.relay_receipt_pause_min_ms);
  limits.outbox_pause_max = milliseconds(s.relay_receipt_pause_max_ms);
  return limits;
}

namespace {

// "127.0.0.0/8, ::1"
std::vector<std::string> Words(std::string_view list) {
  std::vector<std::string> words(1);
  for (const char c : list) {
    if (c != ',' && c != ' ') {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

}  // namespace

std::string BadNetwork(const Settings& s) {
  return access::AddressList(Words(s.access_unlimited_from)).bad();
}

std::string NeedsJournal(const Settings& s, const store::Catalog& catalog) {
  if (s.journal_durability == "disk") return {};
  const auto found = std::ranges::find(catalog.clients, store::AnswerMode::kAccepted,
                                       [](const store::ClientRow& each) { return each.answer; });
  return found == catalog.clients.end() ? std::string() : found->system_id;
}

access::GuardLimits GuardLimitsOf(const Settings& s) {
  access::GuardLimits limits;
  limits.unbound_per_address_max = s.access_unbound_per_address_max;
  limits.accepts_per_second_address =
      static_cast<std::int64_t>(s.access_accepts_per_second_address);
  limits.accepts_per_second_max = static_cast<std::int64_t>(s.access_accepts_per_second_max);
  limits.failures_per_minute_address =
      static_cast<std::int32_t>(s.access_failures_per_minute_address);
  limits.failures_per_minute_id = static_cast<std::int32_t>(s.access_failures_per_minute_id);
  limits.ban = milliseconds(s.access_ban_ms);
  limits.ban_max = milliseconds(s.access_ban_max_ms);
  limits.tarpit = milliseconds(s.access_tarpit_ms);
  limits.entries_max = s.access_addresses_max;
  limits.unlimited_from = access::AddressList(Words(s.access_unlimited_from));
  return limits;
}

access::PoolLimits PoolLimitsOf(const Settings& s) {
  access::PoolLimits limits;
  limits.known_waiting_max = s.access_binds_waiting_max;
  limits.strangers_waiting_max = s.access_strangers_waiting_max;
  limits.verified_clients_max = s.access_verified_clients_max;
  limits.verified_for = milliseconds(s.access_verified_ms);
  return limits;
}

store::Options StoreOptionsOf(const Settings& s) {
  store::Options options;
  options.conninfo = s.database_conninfo;
  options.node_id = static_cast<std::int32_t>(s.node_id);
  options.statement_timeout_ms = s.database_statement_timeout_ms;
  options.leases_waiting_max = s.database_leases_waiting_max;
  options.settle.batch_rows_max = s.settle_batch_rows_max;
  options.settle.interval_ms = s.settle_interval_ms;
  options.settle.retry_ms = s.settle_retry_ms;
  options.archive_waiting_max = s.database_archive_waiting_max;
  options.dedupe_loaded_max =
      std::min(options.dedupe_loaded_max, static_cast<std::int64_t>(s.relay_dedupe_entries_max));
  options.durable = s.journal_durability == "disk";
  options.journal.folder = s.journal_folder;
  options.journal.segment_octets = s.journal_segment_octets;
  options.journal.octets_max = s.journal_octets_max;
  options.journal.octets_free_min = s.journal_octets_free_min;
  options.journal.waiting_octets_max = s.journal_waiting_octets_max;
  options.journal.sync_window_us = static_cast<std::int64_t>(s.journal_sync_window_us);
  options.journal.sync_frames_max = static_cast<std::int64_t>(s.journal_sync_frames_max);
  options.journal.retry_ms = s.journal_retry_ms;
  options.journal.keep_settled_s = static_cast<std::int64_t>(s.journal_keep_settled_s);
  return options;
}

routing::ScriptOptions ScriptOptionsOf(const Settings& s) {
  routing::ScriptOptions options;
  options.path = s.routing_script;
  options.on_error = s.routing_on_error == "reject" ? routing::OnScriptError::kReject
                                                    : routing::OnScriptError::kDefaultRoute;
  options.instructions_max = s.routing_instructions_max;
  options.heap_octets_max = s.routing_heap_octets_max;
  return options;
}

net::TlsServerFiles TlsFilesOf(const Settings& s) {
  net::TlsServerFiles files;
  // As many of the one as of the other: Loader::CheckTls.
  const auto certificates = SplitPaths(s.smpp_tls_certificate), keys = SplitPaths(s.smpp_tls_key);
  files.certificate = certificates.front();
  files.key = keys.front();
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    files.others.push_back({certificates[i], keys[i]});
  }
  files.client_ca = s.smpp_tls_client_ca;
  using enum net::ClientVerify;
  files.client_verify = s.smpp_tls_client_verify == "required"   ? kRequired
                        : s.smpp_tls_client_verify == "optional" ? kOptional
                                                                 : kOff;
  return files;
}

net::ListenOptions ListenOptionsOf(const Settings& s, const std::string& proxy_protocol,
                                   unsigned loops) {
  net::ListenOptions options;
  options.proxy_v2 = proxy_protocol == "v2";
  options.proxy_timeout = milliseconds(s.session_init_timeout_ms);
  options.proxy_waiting_max = s.smpp_unbound_max / loops + 1;
  return options;
}

}  // namespace hub::relay
