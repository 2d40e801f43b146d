#include "server/admin/json_values.h"

#include <ctime>

namespace hub::admin {
namespace {

// "2026-11-21T14:02:11Z"
std::string UtcText(std::int64_t micros) {
  const std::time_t seconds = micros / 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[sizeof("2026-11-21T14:02:11Z") + 8];
  text[std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc)] = '\0';
  return text;
}

Json ToJson(const store::SettleStats& s) {
  return {{"reachable", s.reachable},
          {"lost_since", s.reachable ? "" : UtcText(s.lost_since_us)},
          {"batches_settled", s.batches_settled},
          {"records_settled", s.records_settled},
          {"failures", s.failures},
          {"quarantined", s.quarantined},
          {"fenced", s.fenced},
          {"octets_waiting", s.octets_waiting},
          {"last_error", s.last_error}};
}

Json ToJson(const journal::Stats& s) {
  return {{"healthy", s.healthy},
          {"octets", s.octets},
          {"refuses", s.refuses},
          {"waiting_octets", s.appended_octets_waiting},
          {"frames", s.frames},
          {"syncs", s.syncs},
          {"sync_micros_max", s.sync_micros_max},
          {"failures", s.failures},
          {"last_error", s.last_error}};
}

Json ToJson(const SupplierStatus& s) {
  return {{"name", s.name},
          {"enabled", s.enabled},
          {"binds_up", s.binds_up},
          {"binds_wanted", s.binds_wanted},
          {"queue_messages", s.queue_messages},
          {"binds_paused", s.binds_paused},
          {"last_error", s.last_error}};
}

Json ToJson(const ClientStatus& c) {
  return {{"system_id", c.system_id},
          {"binds", c.binds},
          {"accepted", c.accepted},
          {"rejected", c.rejected},
          {"throttled", c.throttled}};
}

Json ToJson(const ExplainCandidate& c) {
  Json json = {{"supplier", c.supplier}, {"drop", c.drop}, {"plan_no", c.plan_no}};
  if (c.choked) json["choked"] = true;
  if (c.priced) {
    json["rate"] = FormatNano(c.rate);
    json["cost"] = FormatNano(c.cost);
    json["margin"] = FormatNano(c.margin);
  }
  return json;
}

Json ToJson(const ExplainMoRoute& r) {
  return {{"destination", r.destination}, {"keyword", r.keyword}, {"supplier", r.supplier},
          {"client", r.client},           {"fit", r.fit},         {"why", r.why}};
}

template <class Item>
Json ListOf(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const Item& item : items) list.push_back(ToJson(item));
  return list;
}

}  // namespace

Json ToJson(const HubStatus& s) {
  Json counters = Json::object();
  for (const auto& [name, value] : s.counters) counters[name] = value;
  return {{"version", s.version},
          {"pid", s.pid},
          {"uptime_ms", s.uptime_ms},
          {"node_id", s.node_id},
          {"epoch", s.epoch},
          {"loops", s.loops},
          {"draining", s.draining},
          {"listen", s.listen},
          {"listen_tls", s.listen_tls},
          {"catalog_version", s.catalog_version},
          {"script_version", s.script_version},
          {"script_path", s.script_path},
          {"script_last_error", s.script_last_error},
          {"settle", ToJson(s.settle)},
          {"journal", ToJson(s.journal)},
          {"suppliers", ListOf(s.suppliers)},
          {"clients", ListOf(s.clients)},
          {"counters", counters}};
}

Json ToJson(const BindInfo& b) {
  return {{"id", b.id},
          {"side", b.side},
          {"peer", b.peer},
          {"mode", b.mode},
          {"version", b.version},
          {"state", b.state},
          {"address", b.address},
          {"tls", b.tls},
          {"age_ms", b.age_ms},
          {"window_used", b.window_used},
          {"window_max", b.window_max},
          {"pdus_in", b.pdus_in},
          {"pdus_out", b.pdus_out},
          {"pace", b.pace}};
}

Json ToJson(const ExplainResult& r) {
  return {{"refusal", r.refusal},
          {"command_status", r.command_status},
          {"refusal_text", r.refusal_text},
          {"number", r.number},
          {"mcc", r.mcc},
          {"mnc", r.mnc},
          {"network", r.network},
          {"segments", r.segments},
          {"sell_rate_id", r.sell_rate_id},
          {"sell_rate", FormatNano(r.sell_rate)},
          {"sell_amount", FormatNano(r.sell_amount)},
          {"currency", r.currency},
          {"plan", r.plan},
          {"candidates", ListOf(r.candidates)},
          {"catalog_version", r.catalog_version},
          {"script_version", r.script_version},
          {"script_failed", r.script_failed},
          {"script_bypassed_loops", r.script_bypassed_loops},
          {"text", r.text}};
}

Json ToJson(const ExplainRequest& r) {
  Json json = {{"client", r.client},           {"source", r.source},
               {"destination", r.destination}, {"text", r.text},
               {"data_coding", r.data_coding}, {"destination_ton", r.destination_ton}};
  if (r.segments) json["segments"] = *r.segments;
  if (r.message_class) json["message_class"] = *r.message_class;
  if (r.at_us) json["at_us"] = *r.at_us;
  if (r.message_id) json["message_id"] = std::to_string(*r.message_id);
  if (r.concat) {
    json["concat_ref"] = r.concat->ref;
    json["concat_total"] = r.concat->total;
    json["concat_part"] = r.concat->part;
  }
  return json;
}

Json ToJson(const ExplainMoResult& r) {
  return {{"client", r.client},
          {"fate", r.fate},
          {"command_status", r.command_status},
          {"receivers", r.receivers},
          {"stores", r.stores},
          {"routes", ListOf(r.routes)},
          {"routes_left_out", r.routes_left_out},
          {"other_destinations", r.other_destinations},
          {"catalog_version", r.catalog_version},
          {"text", r.text}};
}

Json ToJson(const ExplainMoRequest& r) {
  return {{"supplier", r.supplier},
          {"destination", r.destination},
          {"text", r.text},
          {"data_coding", r.data_coding}};
}

Json ToJson(const Error& e) {
  Json json = {{"text", e.Text()}, {"doing", e.doing}, {"why", e.why}};
  if (!e.place.empty()) json["place"] = e.place;
  if (!e.sqlstate.empty()) json["sqlstate"] = e.sqlstate;
  if (!e.advice.empty()) json["advice"] = e.advice;
  return json;
}

std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace hub::admin
