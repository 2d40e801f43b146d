#include "server/relay/hub.h"

#include <future>

#include "server/base/thread_name.h"
#include "server/net/deal.h"
#include "server/relay/hub_limits.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

unsigned LoopCount(const Settings& settings) {
  const unsigned wanted =
      settings.loops_count != 0 ? settings.loops_count : std::thread::hardware_concurrency();
  return std::clamp(wanted, 1u, kLoopsMax);
}

constexpr std::int64_t kCloseLeasesMillis = 5'000;
constexpr std::chrono::seconds kLoadWaitingMax{30};
constexpr std::chrono::seconds kSuppliersLeave{
    1};  // behind node.drain_ms, if the customers took all of it

}  // namespace

Hub::Hub(const Settings& settings, std::function<void()> on_fenced)
    : settings_(settings),
      on_fenced_(std::move(on_fenced)),
      limits_(LimitsOf(settings, LoopCount(settings))),
      dedupe_(settings.relay_dedupe_entries_max),
      guard_(key_, GuardLimitsOf(settings)),
      passwords_(clock_, key_, PoolLimitsOf(settings)),
      started_(clock_.Now()) {}

Outcome<std::unique_ptr<Hub>> Hub::Start(const Settings& settings,
                                         std::function<void()> on_fenced) {
  std::unique_ptr<Hub> hub(new Hub(settings, std::move(on_fenced)));
  if (auto begun = hub->Begin(); !begun) return Err{begun.error()};
  return hub;
}

Hub::~Hub() {
  StopLoops();
  store_.reset();  // its desk wakes loops: before they are gone
}

// --- start -----------------------------------------------------------------------------------------------------

Outcome<Done> Hub::Begin() {
  if (const std::string bad = BadNetwork(settings_); !bad.empty()) {
    return Err{Error{"read access.unlimited_from", bad, "", 0, "", "\"127.0.0.0/8, ::1\""}};
  }
  auto tls = ReadTls();
  if (!tls) return Err{tls.error()};
  UseTls(std::move(tls).value());
  store::Options options = StoreOptionsOf(settings_);
  options.on_fenced = on_fenced_;
  options.writers = LoopCount(settings_);
  options.wake_writer = [this](unsigned writer) {
    // A loop writes only once it runs; the start itself writes as a writer beyond them.
    if (writer < LoopCount(settings_)) loops_[writer]->loop->Wake();
  };
  auto store = store::Store::Start(std::move(options));
  if (!store) return Err{store.error()};
  store_ = std::move(store).value();
  Log(Event::database_connected,
      {{"node", store_->node().node_id}, {"epoch", store_->node().epoch}});
  credit_ = std::make_unique<billing::CreditBook>(store_->leases(), clock_);
  const unsigned loops = LoopCount(settings_);
  builder_ = std::make_unique<SnapshotBuilder>(*credit_, loops, limits_.rate_margin);
  post_ = std::make_unique<PostOffice>(loops);
  auto snapshot = ReadSnapshot();
  if (!snapshot) return Err{snapshot.error()};
  snapshot_ = std::move(snapshot).value();
  MakeLoops();
  for (auto& each : loops_) {
    if (auto used = each->relay->Use(snapshot_); !used) return used;
  }
  // Who works off what PostgreSQL shows writes down that it is done, or does it again with the next page.
  if (store_->journal().keeps()) {
    loops_.front()->relay->LookForOverdue();
    loops_.front()->relay->TellFailed(store_->recovery().failed);
  }
  if (auto loaded = LoadWaiting(); !loaded) return loaded;
  credit_->SetWaker([this] {
    for (auto& each : loops_) each->loop->Wake();
  });
  return Listen();
}

void Hub::Run() {
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    loops_[i]->thread = std::thread([i, &loop = *loops_[i]->loop] {
      NameThread("loop " + std::to_string(i));
      loop.Run();
    });
  }
  running_ = true;
}

Outcome<SnapshotPtr> Hub::ReadSnapshot() {
  auto catalog = store_->ReadCatalog();
  if (!catalog) return Err{catalog.error()};
  if (const std::string client = NeedsJournal(settings_, **catalog); !client.empty()) {
    return Err{Error{"read the catalog",
                     "client " + client + " has answer = accepted, and journal.durability is none",
                     "", 0, "", "set its answer to upstream, or the durability to disk"}};
  }
  std::shared_ptr<const routing::Script> script;
  const routing::ScriptOptions options = ScriptOptionsOf(settings_);
  if (!options.path.empty()) {
    auto loaded = routing::LoadScript(options, scripts_loaded_ + 1);
    if (!loaded) {
      Log(Event::script_refused, {{"why", loaded.error().Text()}});
      return Err{loaded.error()};
    }
    script = std::move(loaded).value();
    const bool same = snapshot_ != nullptr && snapshot_->script != nullptr &&
                      snapshot_->script->source == script->source;
    if (same) script = snapshot_->script;
    if (!same) {
      ++scripts_loaded_;
      Log(Event::script_loaded, {{"path", script->path}, {"version", script->version}});
    }
  }
  Log(Event::catalog_loaded, {{"version", (*catalog)->version},
                              {"clients", (*catalog)->clients.size()},
                              {"suppliers", (*catalog)->suppliers.size()},
                              {"networks", (*catalog)->networks.size()},
                              {"rates", (*catalog)->rates.size()}});
  return builder_->Build(std::move(catalog).value(), std::move(script));
}

void Hub::MakeLoops() {
  net::Loop::Options options;
  options.slab_octets = static_cast<std::uint32_t>(settings_.loops_slab_octets);
  options.slab_octets_max = settings_.loops_slab_octets_max;
  options.posts_max = settings_.loops_posts_max;
  for (unsigned i = 0; i < post_->loops(); ++i) {
    auto made = std::make_unique<LoopThread>();
    made->loop = std::make_unique<net::Loop>(clock_, options);
    net::Loop* loop = made->loop.get();
    post_->SetWaker(i, [loop] { loop->Wake(); });
    const Context context{
        *loop, made->metrics, limits_, store_->journal(), store_->settler(), store_->archive(),
        passwords_, guard_, dedupe_, *parts_, *multis_, *post_,
        static_cast<unsigned>(settings_.node_id), i,
        // Answers to questions that archive_waiting_max and access.*_waiting_max have admitted.
        [loop](std::function<void()> work) { loop->PostAlways(std::move(work)); }};
    made->relay = std::make_unique<Relay>(context, store_->node().last_message_id);
    loop->EachTurn([relay = made->relay.get()] { relay->EachTurn(); });
    loops_.push_back(std::move(made));
  }
}

Outcome<Done> Hub::Listen() {
  auto listening = ListenOn(settings_.smpp_listen,
                            ListenOptionsOf(settings_, settings_.smpp_proxy_protocol, loops()));
  if (!listening) return Err{listening.error()};
  listening_ = *listening;
  if (settings_.smpp_tls_listen.empty()) return Done{};
  net::ListenOptions options =
      ListenOptionsOf(settings_, settings_.smpp_tls_proxy_protocol, loops());
  options.tls = tls_;
  listening = ListenOn(settings_.smpp_tls_listen, options);
  if (!listening) return Err{listening.error()};
  listening_tls_ = *listening;
  return Done{};
}

// One listener a loop on one port; returns the address with the port really in use.
Outcome<std::string> Hub::ListenOn(const std::string& where, net::ListenOptions options) {
  auto address = SplitAddress(where);
  if (!address) return Err{address.error()};
  std::uint16_t port = address->port;
  options.deal = std::make_shared<net::Deal>(clock_.Now().time_since_epoch().count());
  for (auto& each : loops_) {
    Relay* relay = each->relay.get();
    auto listening = each->loop->Listen(
        {address->host, port}, [relay](net::Stream& stream) { return relay->Accept(stream); },
        limits_.esme.stream, options);
    if (!listening) return Err{listening.error()};
    port = *listening;
  }
  const std::string listening = where.substr(0, where.rfind(':') + 1) + std::to_string(port);
  Log(Event::listen_opened, {{"address", listening},
                             {"loops", loops()},
                             {"tls", options.tls == nullptr ? "off" : "on"},
                             {"proxy", options.proxy_v2 ? "v2" : "off"}});
  return listening;
}

// What earlier runs left in PostgreSQL for the loops to do. Before they run.
Outcome<Done> Hub::LoadWaiting() {
  auto answer = std::make_shared<std::promise<store::Archive::Waiting>>();
  std::future<store::Archive::Waiting> waiting = answer->get_future();
  const bool asked = store_->archive().LoadWaiting(
      [answer](store::Archive::Waiting w) { answer->set_value(std::move(w)); });
  if (!asked || waiting.wait_for(kLoadWaitingMax) != std::future_status::ready)
    return Err{Error{"load what waits", "PostgreSQL did not answer", "", 0, "", "start again"}};
  const store::Archive::Waiting found = waiting.get();
  if (!found.reachable)
    return Err{Error{"load what waits", "PostgreSQL is away", "", 0, "", "start again"}};
  dedupe_.Load(found.dedupe);
  if (!store_->journal().keeps()) return Done{};
  for (const std::int64_t client_id : found.clients_with_receipts) {
    const auto home = static_cast<std::size_t>(client_id) % loops_.size();
    loops_[home]->relay->OnReceiptsWaiting(client_id);
  }
  for (const store::WaitingMo& mo : found.mo) {
    loops_[static_cast<std::size_t>(mo.client_id) % loops_.size()]->relay->OnMoWaiting(mo);
  }
  for (const auto& [name, count] : found.queued_by_class) {
    const auto c = ParseMessageClass(name);
    for (auto& each : loops_) {
      if (c) each->relay->OnMessagesQueued(*c, count);
    }
  }
  return Done{};
}

// --- reload ----------------------------------------------------------------------------------------------------

SnapshotPtr Hub::snapshot() const {
  std::lock_guard lock(snapshot_mutex_);
  return snapshot_;
}

Outcome<Done> Hub::Reload() {
  std::lock_guard one_at_a_time(reload_mutex_);
  if (draining()) return Err{Error{"reload", "the hub is draining", "", 0, "", ""}};
  auto tls = ReadTls();  // first: a snapshot that was built has changed the clients' rates
  if (!tls) return ReloadFailed(tls.error());
  auto snapshot = ReadSnapshot();
  if (!snapshot) return ReloadFailed(snapshot.error());
  UseTls(std::move(tls).value());
  const SnapshotPtr now = std::move(snapshot).value();
  // All loops are told before any is waited for; one that is late takes it when it comes to it.
  for (auto& each : loops_) {
    const bool told =
        each->loop->Post([loop = each->loop.get(), relay = each->relay.get(), now, tls = tls_] {
          loop->UseTls(tls);
          // Catalog and script were checked before they came here: a loop that refuses them is out of memory.
          if (auto used = relay->Use(now); !used)
            Log(Event::reload_failed, {{"why", used.error().Text()}});
        });
    if (!told) return Err{Error{"reload", "a loop's mailbox is full", "", 0, "", "reload again"}};
  }
  {
    std::lock_guard lock(snapshot_mutex_);
    snapshot_ = now;
  }
  for (unsigned i = 0; i < loops_.size(); ++i) Ask(i, [](Relay&) {});
  control_metrics_.Add(Metric::reloads);
  Log(Event::reload_done, {{"catalog", now->catalog->version},
                           {"script", now->script == nullptr ? 0 : now->script->version}});
  return Done{};
}

Err<Error> Hub::ReloadFailed(const Error& error) {
  control_metrics_.Add(Metric::reload_failures);
  Log(Event::reload_failed, {{"why", error.Text()}});
  return Err{error};
}

Outcome<net::TlsContextPtr> Hub::ReadTls() {
  if (settings_.smpp_tls_listen.empty()) return net::TlsContextPtr();
  return net::TlsContext::ForServer(TlsFilesOf(settings_));
}

void Hub::UseTls(net::TlsContextPtr tls) {
  tls_ = std::move(tls);
  certificate_ends_.store(tls_ == nullptr ? 0 : tls_->certificate_ends());
}

bool Hub::Ask(unsigned loop, const std::function<void(Relay&)>& ask) {
  // Shared: the loop may come to it after we gave up.
  auto state = std::make_shared<std::pair<std::promise<void>, std::atomic<bool>>>();
  state->second.store(false);
  std::future<void> done = state->first.get_future();
  Relay* relay = loops_[loop]->relay.get();
  const bool posted = loops_[loop]->loop->Post([state, relay, &ask] {
    if (state->second.exchange(true)) return;  // nobody waits any more: `ask` is gone
    ask(*relay);
    state->first.set_value();
  });
  if (!posted) return false;
  if (done.wait_for(kAskTimeout) == std::future_status::ready) return true;
  if (!state->second.exchange(true)) return false;
  done.wait();  // it has just begun
  return true;
}

std::vector<const Metrics*> Hub::metrics() const {
  std::vector<const Metrics*> all{&control_metrics_};
  for (const auto& each : loops_) all.push_back(&each->metrics);
  return all;
}

std::int64_t Hub::SumOf(net::Counter net::LoopCounters::*counter) const {
  std::uint64_t sum = 0;
  for (const auto& each : loops_) sum += (each->loop->counters().*counter).value();
  return static_cast<std::int64_t>(sum);
}

std::optional<std::int64_t> Hub::Measure(Metric metric) const {
  switch (metric) {
    case Metric::log_lines_dropped:
      return static_cast<std::int64_t>(LogLinesDropped());
    case Metric::dedupe_entries:
      return static_cast<std::int64_t>(dedupe_.counts().entries);
    case Metric::dedupe_forgotten:
      return static_cast<std::int64_t>(dedupe_.counts().forgotten);
    case Metric::access_entries:
      return static_cast<std::int64_t>(guard_.stats().entries);
    case Metric::access_forgotten:
      return static_cast<std::int64_t>(guard_.stats().forgotten);
    case Metric::binds_waiting:
      return static_cast<std::int64_t>(passwords_.stats().known_waiting);
    case Metric::binds_waiting_strangers:
      return static_cast<std::int64_t>(passwords_.stats().strangers_waiting);
    case Metric::passwords_hashed:
      return static_cast<std::int64_t>(passwords_.stats().hashed);
    case Metric::passwords_remembered:
      return static_cast<std::int64_t>(passwords_.stats().remembered);
    case Metric::archive_waiting:
      return store_->archive().counts().waiting;
    case Metric::archive_refused:
      return store_->archive().counts().refused;
    case Metric::posts_refused:
      return SumOf(&net::LoopCounters::posts_refused);
    case Metric::accept_pauses:
      return SumOf(&net::LoopCounters::accept_pauses);
    case Metric::tls_handshakes:
      return SumOf(&net::LoopCounters::tls_handshakes);
    case Metric::tls_handshakes_failed:
      return SumOf(&net::LoopCounters::tls_handshakes_failed);
    case Metric::tls_broken:
      return SumOf(&net::LoopCounters::tls_broken);
    case Metric::tls_certificate_ends_s:
      return certificate_ends_.load();
    case Metric::proxy_waiting:
      return SumOf(&net::LoopCounters::proxy_waiting);
    case Metric::proxy_refused:
      return SumOf(&net::LoopCounters::proxy_refused);
    default:
      return std::nullopt;
  }
}

// --- the end ---------------------------------------------------------------------------------------------------

bool Hub::AwaitAll(TimePoint until, const std::function<bool(Relay&)>& done) {
  constexpr auto kPause = std::chrono::milliseconds(10);
  while (true) {
    bool all = true;
    for (unsigned i = 0; i < loops_.size(); ++i) {
      bool one = false;
      all = Ask(i, [&](Relay& relay) { one = done(relay); }) && one && all;
    }
    if (all) return true;
    if (clock_.Now() >= until) return false;
    std::this_thread::sleep_for(kPause);
  }
}

bool Hub::Drain() {
  draining_.store(true);
  const TimePoint until = clock_.Now() + std::chrono::milliseconds(settings_.node_drain_ms);
  for (auto& each : loops_) {
    each->loop->PostAlways([&each = *each] {
      each.loop->StopListening();
      each.relay->DrainCustomers();
    });
  }
  bool clean = AwaitAll(until, [](Relay& relay) { return relay.customers_gone(); });
  for (auto& each : loops_)
    each->loop->PostAlways([&each = *each] { each.relay->DrainSuppliers(); });
  // Customers that would not go must not cost the suppliers their unbind.
  const TimePoint last = std::max(until, clock_.Now() + kSuppliersLeave);
  clean = AwaitAll(last, [](Relay& relay) { return relay.suppliers_gone(); }) && clean;
  StopLoops();
  const bool settled =
      store_->settler().Drain(std::max<std::int64_t>(settings_.node_drain_ms, 1'000));
  if (settled) {
    if (auto closed = store_->leases().CloseAll(kCloseLeasesMillis); !closed) {
      Log(Event::drain_timeout, {{"what", "leases"}, {"why", closed.error().Text()}});
      return false;
    }
  }
  if (!clean || !settled) {
    Log(Event::drain_timeout,
        {{"clean", clean ? 1 : 0}, {"unsettled", store_->settler().stats().octets_waiting}});
  }
  return clean && settled;
}

void Hub::StopLoops() {
  if (!running_) return;
  running_ = false;
  for (auto& each : loops_) each->loop->Stop();
  for (auto& each : loops_) each->thread.join();
}

}  // namespace hub::relay
