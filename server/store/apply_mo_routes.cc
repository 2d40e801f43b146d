#include "server/store/apply_mo_routes.h"

#include "server/store/apply_row.h"

namespace hub::store {
namespace {

Param OrNull(const std::string& text) { return text.empty() ? Param{} : Param{text}; }

// The id of what the entry names, in `table`.
Outcome<std::string> IdOf(Pg& pg, const MoRouteEntry& entry, const char* sql, const char* kind,
                          const std::string& name) {
  auto found = pg.Run("look up the end of a mo_route", sql, {name});
  if (!found) return Err{Placed(found.error(), entry.place, MoRouteName(entry))};
  if (found->rows() == 1) return found->String(0, 0);
  return Err{Refusal(entry.place, MoRouteName(entry),
                     std::string("no ") + kind + " is called \"" + name + "\"")};
}

}  // namespace

std::string MoRouteName(const MoRouteEntry& entry) {
  const MoRouteRow& row = entry.route;
  std::string name = "mo_route " + row.number;
  if (!row.prefix.empty()) name += row.prefix + "*";
  if (!row.range_from.empty()) name += row.range_from + ".." + row.range_to;
  if (!row.keyword.empty()) name += " " + row.keyword;
  if (!entry.supplier.empty()) name += " from " + entry.supplier;
  return name;
}

Outcome<Done> ApplyMoRoute(Pg& pg, const MoRouteEntry& entry, ApplyReport* report) {
  const MoRouteRow& row = entry.route;
  auto client = IdOf(pg, entry, "SELECT client_id FROM crm.client WHERE system_id = $1", "client",
                     entry.client);
  if (!client) return Err{client.error()};
  Param supplier;
  if (!entry.supplier.empty()) {
    auto id = IdOf(pg, entry, "SELECT supplier_id FROM crm.supplier WHERE name = $1", "supplier",
                   entry.supplier);
    if (!id) return Err{id.error()};
    supplier = *id;
  }
  auto applied = ApplyRow(
      pg, {"route.mo_route", "mo_route_id", MoRouteName(entry), entry.place},
      {{"number", "text", OrNull(row.number)},
       {"prefix", "text", OrNull(row.prefix)},
       {"range_from", "text", OrNull(row.range_from)},
       {"keyword", "text", row.keyword},
       {"supplier_id", "bigint", supplier}},
      {{"range_to", "text", OrNull(row.range_to)}, {"client_id", "bigint", *client}}, report);
  if (!applied) return Err{applied.error()};
  return Done{};
}

}  // namespace hub::store
