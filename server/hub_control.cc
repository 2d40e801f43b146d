#include "server/hub_control.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>

#include "protocol/text/segments.h"
#include "server/admin/explain_text.h"
#include "server/relay/supplier/link_choice.h"
#include "server/telemetry/log.h"

#ifndef HUB_VERSION
#define HUB_VERSION "unknown"
#endif

namespace hub {
namespace {

using admin::Code;
using admin::Denial;

std::int64_t MillisOf(Duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

// Which suppliers are up, asked from outside the loops.
class UpNow final : public routing::Availability {
 public:
  explicit UpNow(const relay::Snapshot& snapshot) : snapshot_(snapshot) {}
  bool IsUp(std::uint32_t supplier) const override {
    return snapshot_.suppliers[supplier].state->links_up.load() > 0;
  }
  routing::Drop WhyDown(std::uint32_t supplier) const override {
    return snapshot_.suppliers[supplier].WhyDown();
  }

 private:
  const relay::Snapshot& snapshot_;
};

std::string_view ModeOf(BindState state) {
  switch (state) {
    case BindState::BOUND_TX:
      return "tx";
    case BindState::BOUND_RX:
      return "rx";
    case BindState::BOUND_TRX:
      return "trx";
    default:
      return "";
  }
}

// "3.4" of 0x34.
std::string VersionOf(std::uint8_t version) {
  return version == 0 ? "" : std::to_string(version >> 4) + "." + std::to_string(version & 0xf);
}

admin::BindInfo InfoOf(const Session& session, std::string_view side, std::string_view peer,
                       TimePoint now) {
  admin::BindInfo info;
  info.id = session.name();
  info.side = side;
  info.peer = peer;
  info.mode = ModeOf(session.state());
  info.state = Name(session.state());
  info.address = session.peer();
  if (const net::TlsFacts tls = session.tls(); !tls.version.empty())
    info.tls = std::string(tls.version) + " " + std::string(tls.cipher);
  info.age_ms = MillisOf(now - session.since());
  info.window_used = session.outstanding();
  info.window_max = session.window_max();
  info.pdus_in = session.pdus_in();
  info.pdus_out = session.pdus_out();
  return info;
}

std::string PaceOf(const relay::LinkState& link) {
  switch (link.throttle.load()) {
    case relay::Throttle::kNone:
      break;
    case relay::Throttle::kPaused:
    case relay::Throttle::kProbe:
      return "paused";
    case relay::Throttle::kChoked:
    case relay::Throttle::kChokedProbe:
      return "choked";
  }
  const std::int64_t rate = link.rate.load();
  return rate == 0 ? "" : std::to_string(rate) + "/s";
}

void AddBinds(relay::Relay& relay, std::vector<admin::BindInfo>& binds, TimePoint now) {
  relay.front().ForEach([&](relay::EsmeEntry& entry) {
    binds.push_back(InfoOf(*entry.session, "client", entry.session->system_id(), now));
    binds.back().version = VersionOf(entry.session->interface_version());
  });
  relay.back().ForEach([&](relay::Back::Link& link) {
    if (link.link().session() != nullptr) {
      binds.push_back(InfoOf(*link.link().session(), "supplier", link.state().name, now));
      binds.back().pace = PaceOf(link.state());
      binds.back().version = VersionOf(link.link().session()->shown_version());
      if (link.stopped()) binds.back().state = "draining";
      return;
    }
    if (link.stopped()) return;  // it has left: AddDrained
    admin::BindInfo waiting;
    waiting.id = waiting.peer = link.state().name;
    waiting.side = "supplier";
    waiting.state = link.link().refused() ? "refused" : "waiting";
    waiting.address = link.link().address().host + ":" + std::to_string(link.link().address().port);
    binds.push_back(std::move(waiting));
  });
}

// What an operator took out of traffic, and what has left.
void AddDrained(const relay::Snapshot& snapshot, std::vector<admin::BindInfo>& binds) {
  const auto is_leaving = [&binds](const std::string& id) {
    return std::any_of(binds.begin(), binds.end(),
                       [&id](const admin::BindInfo& bind) { return bind.id == id; });
  };
  for (const store::SupplierBindRow& row : snapshot.catalog->supplier_binds) {
    const auto found = snapshot.supplier_by_id.find(row.supplier_id);
    if (found == snapshot.supplier_by_id.end()) continue;
    const store::SupplierRow& supplier = snapshot.catalog->suppliers[found->second];
    if (row.enabled && supplier.enabled) continue;
    for (int number = 0; number < row.sessions; ++number) {
      admin::BindInfo bind;
      bind.id = bind.peer = relay::LinkName(supplier, row, number);
      if (is_leaving(bind.id)) continue;
      bind.side = "supplier";
      bind.state = "drained";
      bind.address = row.host + ":" + std::to_string(row.port);
      binds.push_back(std::move(bind));
    }
  }
}

// They stand, for they are up; but what they are given waits, or takes another route.
void AddChoked(const routing::Decision& decision, const relay::Snapshot& snapshot,
               admin::ExplainResult& result) {
  for (std::uint8_t i = 0; i < decision.candidate_count; ++i) {
    const routing::Candidate& candidate = decision.candidates[i];
    const relay::SupplierEntry& supplier = snapshot.suppliers[candidate.supplier];
    if (candidate.drop != routing::Drop::kNone || relay::IsOpen(supplier) ||
        supplier.state->links_up.load() == 0)
      continue;
    result.candidates[i].choked = true;
    result.text += "choked      " + result.candidates[i].supplier +
                   " throttles every bind of it that is up: messages wait, or take another route\n";
  }
}

admin::ExplainCandidate CandidateOf(const routing::Candidate& from, const store::Catalog& catalog) {
  admin::ExplainCandidate to;
  to.supplier = catalog.suppliers[from.supplier].name;
  to.drop = from.drop == routing::Drop::kNone ? "" : Name(from.drop);
  to.priced = routing::HasCost(from);
  to.rate = from.rate;
  to.cost = from.cost;
  to.margin = from.margin;
  return to;
}

void FillCandidates(const routing::Decision& decision, std::span<const routing::Candidate> untold,
                    const store::Catalog& catalog, admin::ExplainResult& result) {
  for (std::uint8_t i = 0; i < decision.candidate_count; ++i)
    result.candidates.push_back(CandidateOf(decision.candidates[i], catalog));
  for (std::uint8_t n = 0; n < decision.plan_count; ++n) {
    admin::ExplainCandidate& planned = result.candidates[decision.plan[n]];
    planned.plan_no = n + 1;
    result.plan.push_back(planned.supplier);
  }
  for (const routing::Candidate& each : untold)
    result.candidates.push_back(CandidateOf(each, catalog));
}

Denial TooEarly(std::int64_t rates_since_us) {
  const std::time_t seconds = rates_since_us / 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[sizeof("2026-12-01T12:00:00Z") + 8];
  text[std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc)] = '\0';
  return {
      Code::kNotFound,
      Error{"explain", std::string("rates that ended before ") + text + " are not in the catalog",
            "", 0, "", "traffic.message.decision keeps what was decided then"}};
}

admin::Answer<std::int32_t> SegmentsOf(const admin::ExplainRequest& request) {
  if (request.segments) return static_cast<std::int32_t>(*request.segments);
  const auto octets = admin::OctetsOf(request.text, request.data_coding);
  if (!octets) return Err{octets.error()};
  return static_cast<std::int32_t>(
      smpp::SegmentCount(request.data_coding, 0, *octets, request.concat.has_value()));
}

routing::Query QueryOf(const admin::ExplainRequest& request, const store::ClientRow& client,
                       std::int32_t segments) {
  routing::Query query;
  query.at = request.at_us ? FromMicros(*request.at_us) : SystemClock().WallNow();
  query.message_id =
      request.message_id ? *request.message_id : MessageIdSource(0, 0, 0).Next(query.at);
  query.client = &client;
  query.source_addr = request.source;
  const bool digits = request.source.find_first_not_of("+0123456789") == std::string::npos;
  query.source_ton = digits ? 1 : 5;
  query.destination_addr = request.destination;
  query.destination_ton = request.destination_ton;
  query.data_coding = request.data_coding;
  query.segments = segments;
  if (request.concat) {
    query.multipart = true;
    query.concat_ref = request.concat->ref;
    query.concat_total = request.concat->total;
    query.concat_part = request.concat->part;
  }
  return query;
}

admin::ExplainResult ResultOf(const routing::Query& query, const routing::Decision& decision,
                              const relay::Snapshot& snapshot) {
  const std::vector<routing::Candidate> untold =
      routing::Untold(query, decision, *snapshot.tables, UpNow(snapshot));
  admin::ExplainResult result;
  if (decision.refusal != routing::Refusal::kNone) result.refusal = Name(decision.refusal);
  result.command_status = static_cast<std::uint32_t>(decision.status);
  result.refusal_text = decision.refusal_text;
  result.number = decision.number();
  if (decision.network != nullptr) {
    result.mcc = decision.network->mcc;
    result.mnc = decision.network->mnc;
    result.network = decision.network->name;
  }
  result.segments = query.segments;
  result.sell_rate_id = decision.sell_rate_id;
  result.sell_rate = decision.sell_rate;
  result.sell_amount = decision.sell_amount;
  result.currency = query.client->currency;
  FillCandidates(decision, untold, *snapshot.catalog, result);
  result.catalog_version = snapshot.catalog->version;
  result.script_version = decision.script_version;
  result.script_failed = decision.script_failed;
  result.text = routing::Explanation(query, decision, *snapshot.tables, untold);
  return result;
}

}  // namespace

admin::HubStatus HubControlImpl::Status() {
  admin::HubStatus status;
  status.version = HUB_VERSION;
  status.pid = getpid();
  status.uptime_ms = MillisOf(SystemClock().Now() - hub_.started());
  status.node_id = hub_.store().node().node_id;
  status.epoch = hub_.store().node().epoch;
  status.loops = hub_.loops();
  status.draining = hub_.draining();
  status.listen = hub_.listening();
  status.listen_tls = hub_.listening_tls();
  const relay::SnapshotPtr snapshot = hub_.snapshot();
  status.catalog_version = snapshot->catalog->version;
  if (snapshot->script != nullptr) {
    status.script_version = snapshot->script->version;
    status.script_path = snapshot->script->path;
  }
  status.settle = hub_.store().settler().stats();
  status.journal = hub_.store().journal().stats();
  const std::vector<const Metrics*> metrics = hub_.metrics();
  for (const MetricInfo& info : AllMetrics()) {
    const Metric metric = *FindMetric(info.name);
    const auto whole = hub_.Measure(metric);
    status.counters.emplace_back(info.name,
                                 whole ? *whole : static_cast<std::int64_t>(Sum(metrics, metric)));
  }
  AddSuppliers(status);
  for (const auto& client : snapshot->clients) {
    const std::int64_t binds = client->seats.taken();
    const std::uint64_t accepted = client->accepted(), rejected = client->rejected.load();
    const std::uint64_t throttled = client->throttled.load();
    if (binds + static_cast<std::int64_t>(accepted + rejected + throttled) == 0) continue;
    status.clients.push_back({client->system_id, binds, accepted, rejected, throttled});
  }
  for (unsigned i = 0; i < hub_.loops(); ++i) {
    hub_.Ask(i, [&](relay::Relay& relay) {
      const std::string& error = relay.flow().script_counts().last_error;
      if (!error.empty()) status.script_last_error = error;
    });
  }
  return status;
}

void HubControlImpl::AddSuppliers(admin::HubStatus& status) {
  const relay::SnapshotPtr snapshot = hub_.snapshot();
  for (std::size_t i = 0; i < snapshot->suppliers.size(); ++i) {
    const store::SupplierRow& row = snapshot->catalog->suppliers[i];
    const relay::SupplierEntry& entry = snapshot->suppliers[i];
    admin::SupplierStatus supplier;
    supplier.name = row.name;
    supplier.enabled = row.enabled;
    supplier.binds_wanted = static_cast<std::int64_t>(entry.links.size());
    for (const auto& link : entry.links) {
      supplier.binds_up += link->up.load() ? 1 : 0;
      supplier.queue_messages += link->queued.load();
      supplier.binds_paused += link->throttle.load() == relay::Throttle::kNone ? 0 : 1;
      if (link->failures.load() > 0) supplier.last_error = Name(link->last_reason.load());
    }
    status.suppliers.push_back(std::move(supplier));
  }
}

std::vector<admin::BindInfo> HubControlImpl::Binds() {
  std::vector<admin::BindInfo> binds;
  for (unsigned i = 0; i < hub_.loops(); ++i) {
    hub_.Ask(i, [&](relay::Relay& relay) { AddBinds(relay, binds, SystemClock().Now()); });
  }
  AddDrained(*hub_.snapshot(), binds);
  return binds;
}

admin::Answer<std::string> HubControlImpl::Reload() {
  if (auto reloaded = hub_.Reload(); !reloaded) return Err{Denial(reloaded.error())};
  const relay::SnapshotPtr now = hub_.snapshot();
  const std::string script = now->script == nullptr ? "none" : std::to_string(now->script->version);
  return "catalog " + std::to_string(now->catalog->version) + ", script " + script;
}

admin::Answer<admin::ExplainResult> HubControlImpl::Explain(const admin::ExplainRequest& request) {
  const relay::SnapshotPtr snapshot = hub_.snapshot();
  if (router_uses_ != snapshot) {
    if (auto used = router_.Use(snapshot->tables, snapshot->script); !used)
      return Err{Denial(used.error())};
    router_uses_ = snapshot;
  }
  const auto client = snapshot->client_by_system_id.find(request.client);
  if (client == snapshot->client_by_system_id.end()) {
    return Err{Denial(Code::kNotFound, Error{"explain", "no client has system_id " + request.client,
                                             "", 0, "", "see hubctl balances for the names"})};
  }
  if (request.at_us && *request.at_us < snapshot->catalog->rates_since_us) {
    return Err{TooEarly(snapshot->catalog->rates_since_us)};
  }
  const auto segments = SegmentsOf(request);
  if (!segments) return Err{segments.error()};
  store::ClientRow row = snapshot->catalog->clients[client->second];
  if (request.message_class) row.message_class = *request.message_class;
  const routing::Query query = QueryOf(request, row, *segments);
  auto decision = std::make_unique<routing::Decision>();
  router_.Decide(query, UpNow(*snapshot), decision.get());
  admin::ExplainResult result = ResultOf(query, *decision, *snapshot);
  AddChoked(*decision, *snapshot, result);
  AddBypassed(result);
  return result;
}

// Explain's own router knows nothing of the errors that made a loop leave the script alone.
void HubControlImpl::AddBypassed(admin::ExplainResult& result) {
  const WallTime now = SystemClock().WallNow();
  for (unsigned i = 0; i < hub_.loops(); ++i) {
    hub_.Ask(i, [&](relay::Relay& relay) {
      result.script_bypassed_loops += relay.flow().script_counts().breaker_until > now ? 1 : 0;
    });
  }
  if (result.script_bypassed_loops == 0) return;
  result.text += "breaker     script bypassed on " + std::to_string(result.script_bypassed_loops) +
                 " loops after too many errors; on_error decides there\n";
}

admin::Answer<std::string> HubControlImpl::Shutdown() {
  shutdown_();
  return std::string("draining");
}

}  // namespace hub
