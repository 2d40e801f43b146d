#include "server/routing/mo_explain.h"

#include <algorithm>
#include <compare>
#include <cstdlib>

#include "protocol/text/first_word.h"

namespace hub::routing {
namespace {

struct FitRow {
  std::string_view name, text;
};
constexpr FitRow kFits[] = {
#define MO_FIT(name, text) {#name, text},
#include "server/routing/mo_fit.def"
#undef MO_FIT
};

enum class Form : std::uint8_t { kNumber, kRange, kPrefix };

// The smaller goes first: mo_routes.h.
struct Rank {
  bool plain = false;  // without a keyword
  Form form = Form::kNumber;
  std::int64_t width = 0;  // how many numbers a range has; of prefixes the longer is the narrower
  bool any = false;        // of any supplier
  auto operator<=>(const Rank&) const = default;
};

std::int64_t ValueOf(const std::string& digits) {
  return std::strtoll(digits.c_str(), nullptr, 10);
}

Rank RankOf(const store::MoRouteRow& row) {
  Rank rank{row.keyword.empty(), Form::kPrefix, -static_cast<std::int64_t>(row.prefix.size()),
            row.supplier_id == 0};
  if (!row.number.empty()) {
    rank.form = Form::kNumber;
    rank.width = 0;
  } else if (!row.range_from.empty()) {
    rank.form = Form::kRange;
    rank.width = ValueOf(row.range_to) - ValueOf(row.range_from);
  }
  return rank;
}

bool IsDigits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool IsFor(const store::MoRouteRow& row, std::string_view destination) {
  if (!row.number.empty()) return row.number == destination;
  if (row.range_from.empty()) return destination.starts_with(row.prefix);
  // Of one length, so that their order is that of their digits.
  return IsDigits(destination) && destination.size() == row.range_from.size() &&
         row.range_from <= destination && destination <= row.range_to;
}

// khas_it: it fits, as perhaps others do.
MoFit FitOf(const store::MoRouteRow& row, const MoRoutes::Asked& asked) {
  const bool has_word =
      row.keyword.empty() ||
      (!asked.keyword.empty() && smpp::KeywordOf(row.keyword).view() == asked.keyword);
  if (!has_word) return MoFit::kother_keyword;
  if (row.supplier_id != 0 && row.supplier_id != asked.supplier_id) return MoFit::kother_supplier;
  return MoFit::khas_it;
}

MoFit WhyBehind(const Rank& first, const Rank& rank) {
  if (first.plain != rank.plain) return MoFit::kkeyword_first;
  if (first.form != rank.form) return MoFit::kform_first;
  if (first.width != rank.width) return MoFit::knarrower_first;
  return MoFit::ksupplier_first;
}

}  // namespace

std::string_view Name(MoFit fit) { return kFits[static_cast<std::size_t>(fit)].name; }
std::string_view Text(MoFit fit) { return kFits[static_cast<std::size_t>(fit)].text; }

MoRanking RankMoRoutes(const std::vector<store::MoRouteRow>& rows, const MoRoutes::Asked& asked) {
  MoRanking ranking;
  for (const store::MoRouteRow& row : rows) {
    if (IsFor(row, asked.destination)) {
      ranking.routes.push_back({&row, FitOf(row, asked)});
    } else {
      ++ranking.other_destinations;
    }
  }
  std::stable_sort(ranking.routes.begin(), ranking.routes.end(),
                   [](const MoStanding& a, const MoStanding& b) {
                     if (a.fit != b.fit) return a.fit < b.fit;
                     return RankOf(*a.row) < RankOf(*b.row);
                   });
  for (MoStanding& each : ranking.routes) {
    if (&each == ranking.routes.data() || each.fit != MoFit::khas_it) continue;
    each.fit = WhyBehind(RankOf(*ranking.routes.front().row), RankOf(*each.row));
  }
  return ranking;
}

std::string DestinationText(const store::MoRouteRow& row) {
  if (!row.number.empty()) return "number " + row.number;
  if (!row.range_from.empty()) return "range " + row.range_from + " to " + row.range_to;
  return "prefix " + row.prefix;
}

}  // namespace hub::routing
