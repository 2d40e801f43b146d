#include "server/store/apply_broadcasts.h"

#include "server/store/apply_row.h"

namespace hub::store {
namespace {

Outcome<std::string> SupplierOf(Pg& pg, const ClientEntry& entry, const std::string& label) {
  auto found = pg.Run("look up a supplier of broadcasts",
                      "SELECT supplier_id, currency, broadcast_cost IS NOT NULL FROM crm.supplier"
                      " WHERE name = $1",
                      {entry.broadcast_supplier});
  if (!found) return Err{Placed(found.error(), entry.place, label)};
  const std::string name = "\"" + entry.broadcast_supplier + "\"";
  if (found->rows() == 0) return Err{Refusal(entry.place, label, "no supplier is called " + name)};
  if (found->Text(0, 1) != entry.client.currency) {
    return Err{Refusal(entry.place, label,
                       "the supplier " + name + " is in " + found->String(0, 1) + ", this is in " +
                           entry.client.currency)};
  }
  if (!found->Bool(0, 2)) {
    return Err{Refusal(entry.place, label, "the supplier " + name + " has no broadcast_cost",
                       "give it one")};
  }
  return found->String(0, 0);
}

}  // namespace

Outcome<Done> ApplyBroadcasts(Pg& pg, const ClientEntry& entry, ApplyReport* report) {
  const std::string label = "client " + entry.client.system_id;
  auto stored = pg.Run("look whether a client broadcasts",
                       "SELECT broadcast_supplier_id IS NOT NULL FROM crm.client"
                       " WHERE system_id = $1",
                       {entry.client.system_id});
  if (!stored) return Err{Placed(stored.error(), entry.place, label)};
  const bool wanted = !entry.broadcast_supplier.empty();
  if (!wanted && !stored->Bool(0, 0)) return Done{};
  Param supplier, price;
  if (wanted) {
    auto id = SupplierOf(pg, entry, label);
    if (!id) return Err{id.error()};
    supplier = *id;
    price = FormatNano(entry.client.broadcast_price);
  }
  auto applied = ApplyRow(
      pg, {"crm.client", "client_id", label + ": broadcasts", entry.place},
      {{"system_id", "text", entry.client.system_id}},
      {{"broadcast_supplier_id", "bigint", supplier}, {"broadcast_price", "numeric", price}},
      report);
  if (!applied) return Err{applied.error()};
  return Done{};
}

}  // namespace hub::store
