#include "server/store/apply_prefixes.h"

#include <algorithm>
#include <span>

namespace hub::store {
namespace {

constexpr std::size_t kPage = 50'000;  // prefixes of one statement: seconds, far from its timeout

using Entries = std::span<const PrefixEntry>;

std::string LabelOf(const PrefixEntry& entry) { return "prefix " + entry.prefix; }

// A row an entry, in their order: the network it should have and the one it has, NULL when there is none.
Outcome<PgResult> Find(Pg& pg, Entries entries) {
  std::vector<std::string> prefixes, mcc, mnc;
  for (const PrefixEntry& entry : entries) {
    prefixes.push_back(entry.prefix);
    mcc.push_back(entry.mcc);
    mnc.push_back(entry.mnc);
  }
  return pg.Run("look up prefixes",
                "SELECT n.network_id::text, p.network_id::text"
                " FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY"
                " AS d(prefix, mcc, mnc, nth)"
                " LEFT JOIN ref.network n ON n.mcc = d.mcc AND coalesce(n.mnc, '') = d.mnc"
                " LEFT JOIN ref.number_prefix p ON p.prefix = d.prefix ORDER BY d.nth",
                {ToArray(prefixes), ToArray(mcc), ToArray(mnc)});
}

struct Changes {
  std::vector<std::string> prefixes, networks;

  void Add(const PrefixEntry& entry, std::string network_id) {
    prefixes.push_back(entry.prefix);
    networks.push_back(std::move(network_id));
  }
};

Outcome<Done> Write(Pg& pg, const char* doing, const char* sql, const Changes& changes) {
  if (changes.prefixes.empty()) return Done{};
  auto ran = pg.Run(doing, sql, {ToArray(changes.prefixes), ToArray(changes.networks)});
  if (!ran) return Err{ran.error()};
  return Done{};
}

Outcome<Done> ApplyPage(Pg& pg, Entries entries, ApplyReport* report) {
  auto found = Find(pg, entries);
  if (!found) return Err{Placed(found.error(), entries.front().place, LabelOf(entries.front()))};
  Changes added, moved;
  for (int i = 0; i < found->rows(); ++i) {
    const PrefixEntry& entry = entries[static_cast<std::size_t>(i)];
    if (found->IsNull(i, 0)) {
      return Err{
          Refusal(entry.place, LabelOf(entry), "there is no " + NetworkName(entry.mcc, entry.mnc))};
    }
    if (found->IsNull(i, 1)) {
      added.Add(entry, found->String(i, 0));
      report->added.push_back(LabelOf(entry));
    } else if (found->Text(i, 0) == found->Text(i, 1)) {
      ++report->same;
    } else {
      moved.Add(entry, found->String(i, 0));
      report->changed.push_back(LabelOf(entry) + ": network_id " + found->String(i, 1) + " -> " +
                                found->String(i, 0));
    }
  }
  auto written = Write(pg, "add prefixes",
                       "INSERT INTO ref.number_prefix (prefix, network_id)"
                       " SELECT * FROM unnest($1::text[], $2::bigint[])",
                       added);
  if (!written) return written;
  return Write(pg, "move prefixes",
               "UPDATE ref.number_prefix p SET network_id = d.network_id"
               " FROM unnest($1::text[], $2::bigint[]) AS d(prefix, network_id)"
               " WHERE p.prefix = d.prefix",
               moved);
}

}  // namespace

Outcome<Done> ApplyPrefixes(Pg& pg, const std::vector<PrefixEntry>& entries, ApplyReport* report) {
  Entries rest = entries;
  while (!rest.empty()) {
    const Entries page = rest.first(std::min(kPage, rest.size()));
    auto applied = ApplyPage(pg, page, report);
    if (!applied) return applied;
    rest = rest.subspan(page.size());
  }
  return Done{};
}

}  // namespace hub::store
