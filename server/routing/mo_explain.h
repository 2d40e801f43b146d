// Why a mobile originated message is whose it is: every route that has to do with its destination, and where it stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/routing/mo_routes.h"

namespace hub::routing {

/// mo_fit.def
enum class MoFit : std::uint8_t {
#define MO_FIT(name, text) k##name,
#include "server/routing/mo_fit.def"
#undef MO_FIT
};
std::string_view Name(MoFit fit);
std::string_view Text(MoFit fit);

struct MoStanding {
  const store::MoRouteRow* row = nullptr;
  MoFit fit = MoFit::khas_it;
};

struct MoRanking {
  /// Those that fit in their order, the first one has the message; then those of its destination that do not.
  std::vector<MoStanding> routes;
  std::size_t other_destinations = 0;  // routes that are about other numbers
};

/// Says of each route what MoRoutes::Find does with it: the client of the first that fits is the one that Find finds.
///
/// rows  borrowed, must outlive the result
/// cost  looks at every row: for an operator who asks, not for messages
MoRanking RankMoRoutes(const std::vector<store::MoRouteRow>& rows, const MoRoutes::Asked& asked);

/// "number 10000", "range 4478000 to 4478050", "prefix 4477"
std::string DestinationText(const store::MoRouteRow& row);

}  // namespace hub::routing
