// The steps of a decision, in order. Each either goes on or refuses.
#include "server/routing/router.h"

#include "server/base/check.h"
#include "server/routing/breaker.h"
#include "server/routing/candidates.h"
#include "server/routing/number.h"
#include "server/routing/script_vm.h"

namespace hub::routing {
namespace {

// Keeps the candidates' octets and the text's room: only counts and values that are read go back.
void Clear(Decision* decision) {
  decision->refusal = Refusal::kNone;
  decision->status = smpp::Status::ESME_ROK;
  decision->refusal_text.clear();
  decision->e164_length = 0;
  decision->network_id = 0;
  decision->network = nullptr;
  decision->sell_rate_id = 0;
  decision->sell_rate = decision->sell_amount = Nano{};
  decision->candidate_count = decision->plan_count = 0;
  decision->rest = 0;
  decision->rest_unpriced = false;
  decision->script_version = 0;
  decision->script_act = ScriptAct::kNone;
  decision->script_failed = false;
}

bool Refuse(Decision* decision, Refusal refusal) {
  decision->refusal = refusal;
  decision->status = DefaultStatus(refusal);
  return false;
}

bool FindNetwork(const Query& query, const RouteTables& tables, Decision* decision) {
  decision->e164_length =
      NormaliseNumber(query.destination_addr, query.destination_ton, &decision->e164);
  if (decision->e164_length == 0) return Refuse(decision, Refusal::kbad_number);
  decision->network = tables.NetworkOf(decision->number());
  if (decision->network == nullptr) return Refuse(decision, Refusal::kno_network);
  decision->network_id = decision->network->network_id;
  return true;
}

bool FindPrice(const Query& query, const RouteTables& tables, Decision* decision) {
  const store::ClientRow& client = *query.client;
  const billing::Price price = tables.prices().Find(
      client.deck_id, decision->network_id, decision->number(), client.message_class, query.at);
  decision->sell_rate_id = price.rate_id;
  decision->sell_rate = price.rate;
  if (price.state == billing::PriceState::kNone) return Refuse(decision, Refusal::kno_client_price);
  if (price.state == billing::PriceState::kBlocked) return Refuse(decision, Refusal::kclosed);
  if (!billing::AmountOf(price, query.segments, &decision->sell_amount)) {
    return Refuse(decision, Refusal::krate_error);
  }
  return true;
}

}  // namespace

struct Router::Impl {
  std::shared_ptr<const RouteTables> tables;
  std::shared_ptr<const Script> script;  // with vm; null: no script
  std::unique_ptr<ScriptVm> vm;
  ScriptCounts counts;
  Breaker breaker;

  Outcome<Done> UseScript(std::shared_ptr<const Script> next);
  bool MayRun(const Query& query, Decision* decision);
  bool Submit(const Query& query, Decision* decision);
  bool Route(const Query& query, const Availability& availability, Decision* decision);
  bool Apply(const ScriptVerdict& verdict, Decision* decision);
  void Renew();
  bool Fail(const Query& query, const ScriptVerdict& verdict, Decision* decision);
  bool WithoutScript(Decision* decision, ScriptAct act);
  bool Plan(const Query& query, const Availability& availability, const CandidateSet& chosen,
            Decision* decision);
};

Outcome<Done> Router::Impl::UseScript(std::shared_ptr<const Script> next) {
  if (next->source.empty()) {
    vm.reset();
    script.reset();
    return Done{};
  }
  auto made = ScriptVm::Load(*next);
  if (!made) return Err{made.error()};
  vm = std::move(*made);
  script = std::move(next);
  breaker.Reset();
  counts.breaker_open = false;
  counts.breaker_until = {};
  return Done{};
}

// Whether hooks run for this message. If not, `on_error` may refuse it.
bool Router::Impl::MayRun(const Query& query, Decision* decision) {
  if (script == nullptr) return false;
  decision->script_version = script->version;
  counts.breaker_open = breaker.IsOpen(query.at);
  if (!counts.breaker_open) return true;
  ++counts.bypassed;
  WithoutScript(decision, ScriptAct::kBypassed);
  return false;
}

// on_error: true goes on with the default order.
bool Router::Impl::WithoutScript(Decision* decision, ScriptAct act) {
  decision->script_act = act;
  decision->script_failed = true;
  if (script->options.on_error == OnScriptError::kDefaultRoute) return true;
  return Refuse(decision, Refusal::kscript_error);
}

bool Router::Impl::Fail(const Query& query, const ScriptVerdict& verdict, Decision* decision) {
  switch (verdict.failure) {
    case ScriptFailure::kError:
      ++counts.errors;
      break;
    case ScriptFailure::kBudget:
      ++counts.budget;
      break;
    case ScriptFailure::kMemory:
      ++counts.memory;
      break;
  }
  counts.last_error.assign(verdict.text);
  breaker.OnError(query.at);
  counts.breaker_until = breaker.open_until();
  if (verdict.failure == ScriptFailure::kMemory) Renew();
  return WithoutScript(decision, ScriptAct::kFailed);
}

// What a script hoards in its locals would fail every later call: start it afresh.
void Router::Impl::Renew() {
  auto made = ScriptVm::Load(*script);
  if (made) vm = std::move(*made);  // else the old one goes on, failing cleanly
}

bool Router::Impl::Submit(const Query& query, Decision* decision) {
  ++counts.calls;
  const ScriptVerdict verdict = vm->OnSubmit(query, *tables, decision);
  switch (verdict.act) {
    case ScriptVerdict::kFailed:
      return Fail(query, verdict, decision);
    case ScriptVerdict::kRejected:
      return Apply(verdict, decision);
    default:
      decision->script_act = ScriptAct::kDefault;
      return true;
  }
}

// A refusal by the script: its status if it named one.
bool Router::Impl::Apply(const ScriptVerdict& verdict, Decision* decision) {
  Refuse(decision, Refusal::kscript);
  decision->script_act = ScriptAct::kRejected;
  if (verdict.status != smpp::Status::ESME_ROK) decision->status = verdict.status;
  decision->refusal_text.assign(verdict.text);
  return false;
}

bool Router::Impl::Route(const Query& query, const Availability& availability, Decision* decision) {
  ++counts.calls;
  const ScriptVerdict verdict = vm->OnRoute(query, *tables, decision);
  switch (verdict.act) {
    case ScriptVerdict::kFailed:
      if (!Fail(query, verdict, decision)) return false;
      break;
    case ScriptVerdict::kRejected:
      return Apply(verdict, decision);
    case ScriptVerdict::kDefault:
      decision->script_act = ScriptAct::kDefault;
      break;
    case ScriptVerdict::kChose:
      return Plan(query, availability, *verdict.chosen, decision);
  }
  PlanByCost(query, decision);
  return true;
}

// The script's plan: what it left out is dropped by it, what it kept passes the guards again.
bool Router::Impl::Plan(const Query& query, const Availability& availability,
                        const CandidateSet& chosen, Decision* decision) {
  decision->script_act = ScriptAct::kChose;
  for (std::uint8_t i = 0; i < decision->candidate_count; ++i) {
    Candidate& candidate = decision->candidates[i];
    if (candidate.drop == Drop::kNone && !chosen.Has(i)) candidate.drop = Drop::kscript;
  }
  std::array<std::uint8_t, kCandidatesMax> standing;
  std::size_t count = 0;
  for (std::uint8_t i = 0; i < chosen.count; ++i) {
    Candidate& candidate = decision->candidates[chosen.index[i]];
    candidate.drop = Guard(query, *tables, availability, decision->sell_amount, candidate);
    if (candidate.drop == Drop::kNone) standing[count++] = chosen.index[i];
  }
  MakePlan(query, std::span(standing).first(count), decision);
  if (decision->plan_count != 0) return true;
  Refuse(decision, Refusal::kscript);
  decision->refusal_text.assign("the script left no supplier");
  return false;
}

Router::Router() : impl_(std::make_unique<Impl>()) {}
Router::~Router() = default;

Outcome<Done> Router::Use(std::shared_ptr<const RouteTables> tables,
                          std::shared_ptr<const Script> script) {
  if (script !=
      nullptr) {  // first, for it may fail: tables and script change together or not at all
    if (auto used = impl_->UseScript(std::move(script)); !used) return used;
  }
  if (tables != nullptr) impl_->tables = std::move(tables);
  return Done{};
}

void Router::Decide(const Query& query, const Availability& availability, Decision* decision) {
  HUB_CHECK(impl_->tables != nullptr && query.client != nullptr);
  const RouteTables& tables = *impl_->tables;
  Clear(decision);
  if (!FindNetwork(query, tables, decision)) return;
  bool scripted = impl_->MayRun(query, decision);
  if (decision->refusal != Refusal::kNone) return;
  if (scripted && impl_->vm->has_on_submit()) {
    if (!impl_->Submit(query, decision)) return;
    scripted = !decision->script_failed;  // a script that failed has no say in the order either
  }
  if (!FindPrice(query, tables, decision)) return;
  scripted = scripted && impl_->vm->has_on_route();
  const bool looks_further = scripted || query.fitness != nullptr;
  FindCandidates(query, tables, availability, looks_further ? kCandidatesMax : kToldMax, decision);
  if (decision->candidate_count == 0 || decision->candidates[0].drop != Drop::kNone) {
    Refuse(decision, WhyNoRoute(*decision));
  } else if (scripted) {
    impl_->Route(query, availability, decision);
  } else {
    PlanByCost(query, decision);
  }
}

const ScriptCounts& Router::script_counts() const { return impl_->counts; }

}  // namespace hub::routing
