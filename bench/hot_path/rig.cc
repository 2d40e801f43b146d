#include "bench/hot_path/rig.h"

#include "bench/hot_path/turns.h"
#include "server/base/check.h"
#include "server/journal/no_journal.h"
#include "server/relay/hub_limits.h"

namespace hub::bench {
namespace {

constexpr std::int64_t kClientId = 1, kAccountId = 11, kAlpha = 101, kBeta = 102;
constexpr Duration kTurn = std::chrono::milliseconds(1);  // of our clock
constexpr std::uint64_t kCorrelatedMax = 4'000;           // full before anything is counted
constexpr unsigned kTurnsMax =
    10'000;  // of a round, or until all are bound: more is a hub that stands still

Settings SettingsOf(const std::string& rule, const Load& load) {
  Settings settings;
  settings.routing_script = rule;
  settings.session_window_requests_max = load.sessions * load.window;
  settings.access_unlimited_from = "127.0.0.0/8";
  settings.relay_receipts_correlated_max = kCorrelatedMax;
  return settings;
}

Load LoadOf(const Form& form) {
  Load load;
  load.receipts = form.receipts;
  return load;
}

store::ClientRow Client(std::int32_t window) {
  store::ClientRow client;
  client.client_id = kClientId;
  client.system_id = kClient;
  client.password_hash = kPassword;
  client.account_id = kAccountId;
  client.currency = "EUR";
  client.deck_id = 1;
  client.window_requests_max = window;
  return client;
}

void AddSupplier(store::Catalog& catalog, std::int64_t id, const char* name, std::int64_t deck) {
  store::SupplierRow& supplier = catalog.suppliers.emplace_back();
  supplier.supplier_id = id;
  supplier.name = name;
  supplier.type = "direct";
  supplier.currency = "EUR";
  supplier.deck_id = deck;
}

void AddDeck(store::Catalog& catalog, std::int64_t id, const char* name, std::int64_t price) {
  catalog.decks.push_back(
      {id, name, "EUR", store::DeckUnit::kSegment, store::ChargeBasis::kSubmit});
  store::RateRow& rate = catalog.rates.emplace_back();
  rate.rate_id = 300 + id;
  rate.deck_id = id;
  rate.mcc = "262";
  rate.price = Nano{price};
}

// One network, one client, two suppliers: the cheaper one is bound, the other one is priced and found to be down.
store::CatalogPtr CatalogOf(const Peers& peers, const Load& load) {
  const auto window = static_cast<std::int32_t>(load.sessions * load.window);
  auto catalog = std::make_shared<store::Catalog>();
  catalog->version = 1;
  catalog->clients = {Client(window)};
  catalog->networks = {
      {.network_id = 7, .mcc = "262", .mnc = "01", .country = "DE", .name = "Net"}};
  catalog->prefixes = {{kPrefix, 7}};
  AddDeck(*catalog, 1, "retail", 50'000'000);
  AddDeck(*catalog, 2, "alpha", 20'000'000);
  AddDeck(*catalog, 3, "beta", 30'000'000);
  AddSupplier(*catalog, kAlpha, "alpha", 2);
  AddSupplier(*catalog, kBeta, "beta", 3);
  store::SupplierBindRow& bind = catalog->supplier_binds.emplace_back();
  bind.bind_id = 201;
  bind.supplier_id = kAlpha;
  bind.host = "127.0.0.1";
  bind.port = peers.supplier_port();
  bind.system_id = "hub";
  bind.password = "pw";
  bind.sessions = static_cast<std::int32_t>(load.sessions);
  bind.window_requests_max = window;
  return catalog;
}

}  // namespace

Rig::Rig(const Form& form, const std::string& rule)
    : form_(form),
      settings_(SettingsOf(rule, LoadOf(form))),
      none_(form.journal ? nullptr : std::make_unique<journal::NoJournal>()),
      journal_(form.journal ? kept_ : *none_),
      guard_(key_, relay::GuardLimitsOf(settings_)),
      limits_(relay::LimitsOf(settings_, 1)),
      dedupe_(settings_.relay_dedupe_entries_max),
      credit_(desk_, clock_),
      builder_(credit_, 1, limits_.rate_margin),
      peers_(LoadOf(form)),
      relay_({loop_, metrics_, limits_, journal_, settler_, archive_, passwords_, guard_, dedupe_,
              *parts_, *multis_, post_, 1, 0,
              [this](std::function<void()> work) { loop_.PostAlways(std::move(work)); }},
             0) {
  post_.SetWaker(0, [this] { loop_.Wake(); });
  archive_.settled = [this] { return settler_.settled(); };
  loop_.EachTurn([this] { relay_.EachTurn(); });
  TakeCatalog();
  const auto port = loop_.Listen(
      {"127.0.0.1", 0}, [this](net::Stream& stream) { return relay_.Accept(stream); },
      limits_.esme.stream);
  HUB_CHECK_SAY(port.ok(), "no port on loopback");
  peers_.ConnectTo(*port);
  Begin(0, false);
}

void Rig::TakeCatalog() {
  auto script = routing::LoadScript(relay::ScriptOptionsOf(settings_), 1);
  HUB_CHECK_SAY(script.ok(), "the rule does not load");
  auto snapshot = builder_.Build(CatalogOf(peers_, LoadOf(form_)), std::move(script).value());
  HUB_CHECK(snapshot.ok() && relay_.Use(*snapshot).ok());
}

void Rig::Run(unsigned rounds) { Begin(rounds, false); }
void Rig::RunCounted(unsigned rounds) { Begin(rounds, true); }

// The loop never waits: at the end of each of its turns the peers have theirs, and ask for the next one.
void Rig::Begin(unsigned rounds, bool counted) {
  rounds_left_ = rounds;
  counted_ = counted;
  turns_without_end_ = 0;
  loop_.Defer([this] { EndTurn(); });
  const auto run = [](void* loop) { static_cast<net::Loop*>(loop)->Run(); };
  if (counted) {
    hot_path_hub_runs(run, &loop_);
  } else {
    run(&loop_);
  }
}

void Rig::EndTurn() {
  const auto serve = [](void* rig) { static_cast<Rig*>(rig)->ServePeers(); };
  if (counted_) {
    hot_path_peers_run(serve, this);
  } else {
    serve(this);
  }
}

void Rig::ServePeers() {
  HUB_CHECK_SAY(++turns_without_end_ < kTurnsMax, peers_.State());
  clock_.Advance(kTurn);
  kept_.Sync();
  peers_.Serve();
  if (peers_.bound() && peers_.idle()) {
    if (rounds_left_ == 0) return loop_.Stop();
    --rounds_left_;
    turns_without_end_ = 0;
    peers_.SubmitAll();
  }
  loop_.Defer([this] { EndTurn(); });
}

}  // namespace hub::bench
