#include "server/routing/candidates.h"

#include <algorithm>

namespace hub::routing {
namespace {

using Wide = __int128;
constexpr Wide kBasisPoints = 10'000;

bool Stands(const Candidate& candidate) { return candidate.drop == Drop::kNone; }

Drop DropOf(billing::PriceState state) {
  switch (state) {
    case billing::PriceState::kPriced:
      return Drop::kNone;
    case billing::PriceState::kNone:
      return Drop::kno_rate;
    case billing::PriceState::kBlocked:
      return Drop::kblocked;
  }
  return Drop::kno_rate;
}

// Rate, cost and margin of one supplier; the reason when there is none.
Drop PriceOne(const Query& query, const RouteTables& tables, const store::SupplierRow& supplier,
              const Decision& decision, Candidate* candidate) {
  if (supplier.currency != query.client->currency) return Drop::kcurrency;
  const billing::Price price =
      tables.prices().Find(supplier.deck_id, decision.network_id, decision.number(),
                           query.client->message_class, query.at);
  candidate->rate_id = price.rate_id;
  candidate->rate = price.rate;
  if (price.state != billing::PriceState::kPriced) return DropOf(price.state);
  if (!billing::AmountOf(price, query.segments, &candidate->cost)) return Drop::krate_error;
  const auto margin = CheckedSub(decision.sell_amount, candidate->cost);
  if (!margin) return Drop::krate_error;
  candidate->margin = *margin;
  return Drop::kNone;
}

struct ByCost {
  const std::vector<store::SupplierRow>& suppliers;

  bool operator()(const Candidate& a, const Candidate& b) const {
    if (Stands(a) != Stands(b)) return Stands(a);
    const store::SupplierRow &x = suppliers[a.supplier], &y = suppliers[b.supplier];
    if (!Stands(a)) return x.supplier_id < y.supplier_id;
    if (a.cost != b.cost) return a.cost < b.cost;
    if (x.priority != y.priority) return x.priority < y.priority;
    return x.supplier_id < y.supplier_id;  // two nodes always agree
  }
};

// A full list gives up its last in order: a dropped one first, then the dearest.
void Keep(const Candidate& candidate, const ByCost& before, Decision* decision) {
  const auto begin = decision->candidates.begin();
  if (decision->candidate_count < kCandidatesMax) {
    begin[decision->candidate_count++] = candidate;
    return;
  }
  const auto last = std::max_element(begin, begin + kCandidatesMax, before);
  if (before(candidate, *last)) *last = candidate;
}

}  // namespace

bool MarginHolds(const store::ClientRow& client, Nano sell_amount, Nano cost) {
  const Wide margin = Wide{sell_amount.units} - cost.units;
  return margin >= client.margin_min_abs.units &&
         margin * kBasisPoints >= Wide{client.margin_min_bp} * sell_amount.units;
}

Drop Guard(const Query& query, const RouteTables& tables, const Availability& availability,
           Nano sell_amount, const Candidate& candidate) {
  if (query.client->guard_mode == store::GuardMode::kBlock &&
      !MarginHolds(*query.client, sell_amount, candidate.cost)) {
    return Drop::kmargin_guard;
  }
  if (!tables.catalog().suppliers[candidate.supplier].enabled) return Drop::kdraining;
  if (availability.IsUp(candidate.supplier)) return Drop::kNone;
  return availability.WhyDown(candidate.supplier);
}

void FindCandidates(const Query& query, const RouteTables& tables, const Availability& availability,
                    Decision* decision) {
  const auto& suppliers = tables.catalog().suppliers;
  const ByCost before{suppliers};
  for (std::uint32_t i = 0; i < suppliers.size(); ++i) {
    Candidate candidate;
    candidate.supplier = i;
    candidate.drop = PriceOne(query, tables, suppliers[i], *decision, &candidate);
    if (Stands(candidate)) {
      candidate.drop = Guard(query, tables, availability, decision->sell_amount, candidate);
    }
    Keep(candidate, before, decision);
  }
  std::sort(decision->candidates.begin(), decision->candidates.begin() + decision->candidate_count,
            before);
}

std::uint8_t AttemptsMax(const store::ClientRow& client) {
  return static_cast<std::uint8_t>(
      std::clamp(client.attempts_max, 1, static_cast<std::int32_t>(kPlanMax)));
}

void MakePlan(const Query& query, std::span<const std::uint8_t> standing, Decision* decision) {
  const std::size_t attempts = AttemptsMax(*query.client);
  const auto add = [decision](std::uint8_t i) { decision->plan[decision->plan_count++] = i; };
  for (const std::uint8_t i : standing) {
    Candidate& candidate = decision->candidates[i];
    if (decision->plan_count == attempts) {
      candidate.drop = Drop::kattempts_max;
      continue;
    }
    if (query.fitness != nullptr) candidate.drop = query.fitness->Judge(candidate.supplier);
    if (Stands(candidate)) add(i);
  }
  if (decision->plan_count != 0) return;
  for (const std::uint8_t i : standing.first(std::min(attempts, standing.size()))) {
    decision->candidates[i].drop = Drop::kNone;
    add(i);
  }
}

void PlanByCost(const Query& query, Decision* decision) {
  static constexpr auto kInOrder = [] {
    std::array<std::uint8_t, kCandidatesMax> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::uint8_t>(i);
    return all;
  }();
  std::size_t standing = 0;  // ordered: nothing behind one that does not stand does
  while (standing < decision->candidate_count && Stands(decision->candidates[standing])) ++standing;
  MakePlan(query, std::span(kInOrder).first(standing), decision);
}

Refusal WhyNoRoute(const Decision& decision) {
  const auto begin = decision.candidates.begin(), end = begin + decision.candidate_count;
  const auto any = [&](Drop drop) {
    return std::any_of(begin, end, [drop](const Candidate& c) { return c.drop == drop; });
  };
  // It would have stood otherwise, and will again: a drain is no end of a route.
  if (any(Drop::klink_down) || any(Drop::kdraining)) return Refusal::ksuppliers_down;
  if (any(Drop::kmargin_guard)) return Refusal::kmargin_guard;
  return Refusal::kno_route;
}

}  // namespace hub::routing
