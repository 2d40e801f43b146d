// What an operator is told about MO routes: the words fit, and whom they name is whom the hub finds.
#include "server/routing/mo_explain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/base/random.h"

namespace hub::routing {
namespace {

using store::MoRouteRow;

constexpr std::int64_t kAlpha = 101, kBeta = 102;

struct RouteOf {
  const char* number = "";
  const char* prefix = "";
  const char* from = "";
  const char* to = "";
  const char* keyword = "";
  std::int64_t supplier_id = 0;
};

std::vector<MoRouteRow> Rows(const std::vector<RouteOf>& routes) {
  std::vector<MoRouteRow> rows;
  for (const RouteOf& each : routes) {
    MoRouteRow& row = rows.emplace_back();
    row.number = each.number;
    row.prefix = each.prefix;
    row.range_from = each.from;
    row.range_to = each.to;
    row.keyword = each.keyword;
    row.supplier_id = each.supplier_id;
    row.client_id = static_cast<std::int64_t>(rows.size());
  }
  return rows;
}

// "1 has_it, 3 narrower_first; 2 others"
std::string Said(const std::vector<MoRouteRow>& rows, const MoRoutes::Asked& asked) {
  const MoRanking ranking = RankMoRoutes(rows, asked);
  std::string text;
  for (const MoStanding& each : ranking.routes) {
    text += (text.empty() ? "" : ", ") + std::to_string(each.row->client_id) + " ";
    text += Name(each.fit);
  }
  return text + "; " + std::to_string(ranking.other_destinations) + " others";
}

TEST(MoExplain, SaysOfEachRouteWhyItIsNotTheOne) {
  const auto rows = Rows({{.prefix = "1"},
                          {.number = "10000"},
                          {.from = "10000", .to = "10099"},
                          {.prefix = "100"},
                          {.number = "10000", .supplier_id = kBeta},
                          {.prefix = "10", .keyword = "win"},
                          {.number = "10000", .keyword = "stop"},
                          {.number = "10000", .supplier_id = kAlpha},
                          {.prefix = "44"}});
  EXPECT_EQ(
      Said(rows, {kAlpha, "10000", {}}),
      "8 has_it, 2 supplier_first, 3 form_first, 4 form_first, 1 form_first, 7 other_keyword, "
      "6 other_keyword, 5 other_supplier; 1 others");
  EXPECT_EQ(Said(rows, {kBeta, "10000", "WIN"}),
            "6 has_it, 5 keyword_first, 2 keyword_first, 3 keyword_first, 4 keyword_first, "
            "1 keyword_first, 7 other_keyword, 8 other_supplier; 1 others");
  EXPECT_EQ(Said(rows, {kBeta, "1009", {}}),
            "4 has_it, 1 narrower_first, 6 other_keyword; 6 others");
  EXPECT_EQ(Said(rows, {kBeta, "777", "WIN"}), "; 9 others");
}

TEST(MoExplain, NamesDestinationsAsTheyAreDescribed) {
  const auto rows = Rows({{.number = "10000"}, {.prefix = "44"}, {.from = "100", .to = "199"}});
  EXPECT_EQ(DestinationText(rows[0]), "number 10000");
  EXPECT_EQ(DestinationText(rows[1]), "prefix 44");
  EXPECT_EQ(DestinationText(rows[2]), "range 100 to 199");
  EXPECT_EQ(Text(MoFit::khas_it), "has the message");
}

// A destination of few digits, so that many routes fit it.
std::string Digits(Random& random, std::uint64_t most) {
  std::string digits;
  for (std::uint64_t n = random.Below(most) + 1; n > 0; --n)
    digits += static_cast<char>('1' + random.Below(2));
  return digits;
}

// Each route once, as PostgreSQL keeps it; ranges that do not overlap: one a keyword, supplier and length.
std::vector<MoRouteRow> RandomRows(Random& random) {
  const char* const kWords[] = {"", "STOP", "win"};
  const std::int64_t kSuppliers[] = {0, kAlpha, kBeta};
  std::vector<MoRouteRow> rows;
  for (int i = 0; i < 12; ++i) {
    MoRouteRow row;
    row.keyword = kWords[random.Below(3)];
    row.supplier_id = kSuppliers[random.Below(3)];
    const std::string digits = Digits(random, 4);
    switch (random.Below(3)) {
      case 0:
        row.number = digits;
        break;
      case 1:
        row.prefix = digits;
        break;
      default:
        row.range_from = digits;
        row.range_to = std::string(digits.size(), '3');
    }
    const bool known = std::any_of(rows.begin(), rows.end(), [&](const MoRouteRow& other) {
      return other.keyword == row.keyword && other.supplier_id == row.supplier_id &&
             other.number == row.number && other.prefix == row.prefix &&
             other.range_from.size() == row.range_from.size();
    });
    row.client_id = static_cast<std::int64_t>(rows.size()) + 1;
    if (!known) rows.push_back(row);
  }
  return rows;
}

TEST(MoExplain, AgreesWithWhatTheHubFinds) {
  Random random(7);
  std::unordered_map<std::int64_t, MoRoutes::Client> clients;
  for (std::uint32_t id = 1; id <= 12; ++id) clients.emplace(id, id);
  int found = 0;
  for (int world = 0; world < 500; ++world) {
    const std::vector<MoRouteRow> rows = RandomRows(random);
    const MoRoutes routes(rows, clients);
    for (int n = 0; n < 20; ++n) {
      const std::string destination = Digits(random, 5);
      const char* const kWords[] = {"", "STOP", "WIN", "HELLO"};
      const MoRoutes::Asked asked{random.Below(2) == 0 ? kAlpha : kBeta, destination,
                                  kWords[random.Below(4)]};
      const MoRoutes::Client client = routes.Find(asked);
      const MoRanking ranking = RankMoRoutes(rows, asked);
      const bool has = !ranking.routes.empty() && ranking.routes[0].fit == MoFit::khas_it;
      ASSERT_EQ(has, client != MoRoutes::kNone) << destination << " " << asked.keyword;
      if (!has) continue;
      ++found;
      ASSERT_EQ(ranking.routes[0].row->client_id, client)
          << destination << " " << asked.keyword << " " << Said(rows, asked);
    }
  }
  EXPECT_GT(found, 3'000);
}

}  // namespace
}  // namespace hub::routing
