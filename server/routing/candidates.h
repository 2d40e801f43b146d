// Each supplier's own most specific price, and whether it may be used at that price.
//
// Specificity is judged inside a supplier, then suppliers are compared by cost: a supplier with a finer deck must
// not win at any price.
#pragma once

#include <span>

#include "server/routing/route_tables.h"
#include "server/routing/router.h"

namespace hub::routing {

/// sell - cost >= max(margin_min_abs, margin_min_bp x sell / 10,000), exact; equality passes.
bool MarginHolds(const store::ClientRow& client, Nano sell_amount, Nano cost);

/// The guards that run before the script and again on what it returns: margin (mode block), then whether it is drained, then the link.
Drop Guard(const Query& query, const RouteTables& tables, const Availability& availability,
           Nano sell_amount, const Candidate& candidate);

/// Fills and orders Decision::candidates: a walk along the offers, by cost, until enough suppliers stand or nobody behind could, and at least
/// kToldMax are told of. number(), network and sell_amount stand already. With more than kCandidatesMax those that stand keep their place.
/// standing_max  1 to kCandidatesMax
void FindCandidates(const Query& query, const RouteTables& tables, const Availability& availability,
                    std::size_t standing_max, Decision* decision);

/// The plan: of those that stand, in this order, at most attempts_max that can be sent the message. Who cannot takes no place; when nobody
/// can, the first ones stand in it all the same, so that who tries them may say why.
/// standing  indexes into candidates, each once; none is dropped
void MakePlan(const Query& query, std::span<const std::uint8_t> standing, Decision* decision);
/// The default one: by cost.
void PlanByCost(const Query& query, Decision* decision);
/// How many attempts a client's message may have: its attempts_max within 1 and kPlanMax.
std::uint8_t AttemptsMax(const store::ClientRow& client);

/// Why a message without a standing candidate is refused.
Refusal WhyNoRoute(const Decision& decision);

}  // namespace hub::routing
