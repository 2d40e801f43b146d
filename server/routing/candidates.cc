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

// Rate, cost and margin of one supplier, by its deck; the reason when there is none.
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

// The same of an offer.
Candidate Judge(const Query& query, const RouteTables& tables, const Availability& availability,
                Nano sell_amount, const billing::Offer& offer) {
  Candidate candidate;
  candidate.supplier = tables.SupplierOf(offer);
  candidate.rate_id = offer.price.rate_id;
  candidate.rate = offer.price.rate;
  if (!offer.has_cost) {
    const bool is_blocked = offer.price.state == billing::PriceState::kBlocked;
    candidate.drop = is_blocked ? Drop::kblocked : Drop::krate_error;
    return candidate;
  }
  candidate.cost = offer.cost;
  const auto margin = CheckedSub(sell_amount, offer.cost);
  if (margin) candidate.margin = *margin;
  candidate.drop =
      margin ? Guard(query, tables, availability, sell_amount, candidate) : Drop::krate_error;
  return candidate;
}

// Decision::candidates while they are found: those that stand from the front, the others from the back. A full list gives up the dearest
// of the others.
class Places {
 public:
  explicit Places(Decision* decision) : all_(decision->candidates) {}

  void Add(const Candidate& candidate) {
    const bool is_full = standing_ + fallen_ == kCandidatesMax;
    all_fit_ = all_fit_ && !is_full;
    if (Stands(candidate)) {
      if (is_full) --fallen_;
      all_[standing_++] = candidate;
    } else if (!is_full) {
      all_[kCandidatesMax - ++fallen_] = candidate;
    }
  }

  std::size_t standing() const { return standing_; }
  std::size_t count() const { return standing_ + fallen_; }
  bool all_fit() const { return all_fit_; }
  bool Has(std::uint32_t supplier) const {
    const auto is = [supplier](const Candidate& one) { return one.supplier == supplier; };
    const auto front = all_.begin() + Signed(standing_);
    return std::any_of(all_.begin(), front, is) ||
           std::any_of(all_.end() - Signed(fallen_), all_.end(), is);
  }

  /// Those that stand are in order already.
  void Close(const std::vector<store::SupplierRow>& suppliers) {
    const auto first = all_.begin() + Signed(standing_);
    const auto last = std::move(all_.end() - Signed(fallen_), all_.end(), first);
    std::sort(first, last, [&](const Candidate& a, const Candidate& b) {
      return suppliers[a.supplier].supplier_id < suppliers[b.supplier].supplier_id;
    });
  }

 private:
  static std::ptrdiff_t Signed(std::size_t n) { return static_cast<std::ptrdiff_t>(n); }

  std::array<Candidate, kCandidatesMax>& all_;
  std::size_t standing_ = 0, fallen_ = 0;
  bool all_fit_ = true;
};

// Those of a small catalog that the walk did not meet, for they have no price: they are told of all the same.
void AddUnpriced(const Query& query, const std::vector<store::SupplierRow>& suppliers,
                 Places* places) {
  if (suppliers.size() > kToldMax || places->count() == suppliers.size()) return;
  for (std::uint32_t i = 0; i < suppliers.size(); ++i) {
    if (places->Has(i)) continue;
    Candidate candidate;
    candidate.supplier = i;
    candidate.drop =
        suppliers[i].currency == query.client->currency ? Drop::kno_rate : Drop::kcurrency;
    places->Add(candidate);
  }
}

// Whether those that stood when they were looked for take all places: else it ended where a plan is full. What drops them later is told in
// their place.
bool FilledByStanding(const Decision& decision) {
  const auto stood = [](const Candidate& one) {
    return Stands(one) || one.drop == Drop::kscript || one.drop == Drop::kunfit ||
           one.drop == Drop::kattempts_max;
  };
  return decision.candidate_count == kCandidatesMax &&
         std::all_of(decision.candidates.begin(), decision.candidates.end(), stood);
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
                    std::size_t standing_max, Decision* decision) {
  const auto& suppliers = tables.catalog().suppliers;
  const store::ClientRow& client = *query.client;
  billing::OfferWalk walk(tables.offers(), client.currency, decision->network_id,
                          decision->number(), client.message_class, query.segments, query.at);
  Places places(decision);
  billing::Offer offer;
  bool is_over = false, more = true;  // over: what follows costs as much or more
  while (places.standing() < standing_max && !(is_over && places.count() >= kToldMax) &&
         (more = walk.Next(&offer))) {
    const Candidate candidate = Judge(query, tables, availability, decision->sell_amount, offer);
    places.Add(candidate);
    is_over = !offer.has_cost || candidate.drop == Drop::kmargin_guard;
  }
  AddUnpriced(query, suppliers, &places);
  places.Close(suppliers);
  decision->candidate_count = static_cast<std::uint8_t>(places.count());
  decision->rest = static_cast<std::uint32_t>(suppliers.size() - places.count());
  decision->rest_unpriced = places.all_fit() && !(more && walk.Next(&offer));
}

// Whoever would stand was not looked for, since those before it are cheaper.
std::vector<Candidate> Untold(const Query& query, const Decision& decision,
                              const RouteTables& tables, const Availability& availability) {
  std::vector<Candidate> untold;
  if (decision.rest == 0) return untold;
  const auto& suppliers = tables.catalog().suppliers;
  const Drop beyond = FilledByStanding(decision) ? Drop::kcandidates_max : Drop::kattempts_max;
  std::vector<bool> is_told(suppliers.size());
  for (std::size_t i = 0; i < decision.candidate_count; ++i)
    is_told[decision.candidates[i].supplier] = true;
  for (std::uint32_t i = 0; i < suppliers.size(); ++i) {
    if (is_told[i]) continue;
    Candidate& one = untold.emplace_back();
    one.supplier = i;
    one.drop = PriceOne(query, tables, suppliers[i], decision, &one);
    if (!Stands(one)) continue;
    one.drop = Guard(query, tables, availability, decision.sell_amount, one);
    if (!Stands(one)) continue;
    one.drop = beyond;
  }
  return untold;
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
