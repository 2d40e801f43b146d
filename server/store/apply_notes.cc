#include "server/store/apply_notes.h"

#include "server/store/apply_mo_routes.h"

namespace hub::store {
namespace {

constexpr std::size_t kNamesMax = 10;  // of one note

// As MoRouteName says it.
constexpr char kMoRoutes[] =
    "route.mo_route r LEFT JOIN crm.supplier s ON s.supplier_id = r.supplier_id";
constexpr char kMoRouteName[] =
    "coalesce(r.number, r.prefix || '*', r.range_from || '..' || r.range_to)"
    " || CASE WHEN r.keyword = '' THEN '' ELSE ' ' || r.keyword END"
    " || coalesce(' from ' || s.name, '')";

Outcome<Done> NoteKind(Pg& pg, const char* kind, const char* table, const char* name_column,
                       const std::vector<std::string>& described, ApplyReport* report) {
  if (described.empty()) return Done{};
  const std::string name = name_column;
  const std::string sql = "SELECT " + name + " FROM " + table + " WHERE " + name +
                          " <> ALL ($1::text[]) ORDER BY " + name;
  auto others = pg.Run("look for what is not described", sql.c_str(), {ToArray(described)});
  if (!others) return Err{others.error()};
  std::vector<std::string> names;
  for (int i = 0; i < others->rows(); ++i) names.push_back(others->String(i, 0));
  if (!names.empty()) {
    report->notes.push_back(std::string(kind) + " stored and not described: " + ShortList(names));
  }
  return Done{};
}

template <class Entry, class Name>
std::vector<std::string> NamesOf(const std::vector<Entry>& entries, Name name) {
  std::vector<std::string> names;
  for (const Entry& entry : entries) names.push_back(name(entry));
  return names;
}

}  // namespace

std::string ShortList(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size() && i < kNamesMax; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kNamesMax)
    text += " and " + std::to_string(names.size() - kNamesMax) + " more";
  return text;
}

Outcome<Done> NoteUndescribed(Pg& pg, const Description& d, ApplyReport* report) {
  const auto deck = [](const DeckEntry& e) { return e.deck.name; };
  const auto client = [](const ClientEntry& e) { return e.client.system_id; };
  const auto supplier = [](const SupplierEntry& e) { return e.supplier.name; };
  const auto mo_route = [](const MoRouteEntry& e) {
    return MoRouteName(e).substr(std::string_view("mo_route ").size());
  };
  auto noted = NoteKind(pg, "decks", "rate.deck", "name", NamesOf(d.decks, deck), report);
  if (noted) {
    noted = NoteKind(pg, "clients", "crm.client", "system_id", NamesOf(d.clients, client), report);
  }
  if (noted) {
    noted =
        NoteKind(pg, "suppliers", "crm.supplier", "name", NamesOf(d.suppliers, supplier), report);
  }
  if (noted) {
    noted =
        NoteKind(pg, "mo_routes", kMoRoutes, kMoRouteName, NamesOf(d.mo_routes, mo_route), report);
  }
  return noted;
}

}  // namespace hub::store
