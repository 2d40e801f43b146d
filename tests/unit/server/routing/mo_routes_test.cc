// Which route has a mobile originated message: the most specific one, in the order that mo_routes.h writes down.
#include "server/routing/mo_routes.h"

#include <gtest/gtest.h>

namespace hub::routing {
namespace {

using store::MoRouteRow;

constexpr std::int64_t kAlpha = 101, kBeta = 102;

MoRouteRow Number(std::string_view number, std::int64_t client) {
  MoRouteRow row;
  row.number = number;
  row.client_id = client;
  return row;
}
MoRouteRow Prefix(std::string_view prefix, std::int64_t client) {
  MoRouteRow row;
  row.prefix = prefix;
  row.client_id = client;
  return row;
}
MoRouteRow Range(std::string_view from, std::string_view to, std::int64_t client) {
  MoRouteRow row;
  row.range_from = from;
  row.range_to = to;
  row.client_id = client;
  return row;
}
MoRouteRow With(std::string_view keyword, MoRouteRow row) {
  row.keyword = keyword;
  return row;
}
MoRouteRow From(std::int64_t supplier_id, MoRouteRow row) {
  row.supplier_id = supplier_id;
  return row;
}

// Clients 1 to 20 have the index of their id.
MoRoutes Routes(const std::vector<MoRouteRow>& rows) {
  std::unordered_map<std::int64_t, MoRoutes::Client> clients;
  for (std::uint32_t id = 1; id <= 20; ++id) clients.emplace(id, id);
  return {rows, clients};
}
MoRoutes::Client Find(const MoRoutes& routes, std::string_view destination,
                      std::string_view keyword = {}, std::int64_t supplier_id = kAlpha) {
  return routes.Find({supplier_id, destination, keyword});
}

constexpr MoRoutes::Client kNone = MoRoutes::kNone;

TEST(MoRoutes, WithoutRoutesNobodyHasAnything) {
  EXPECT_EQ(Find(MoRoutes(), "4477", "STOP"), kNone);
  EXPECT_FALSE(MoRoutes().HasKeywordsFor(kAlpha, "4477"));
}

TEST(MoRoutes, ANumberIsThisOneOnlyAShortCodeToo) {
  const MoRoutes routes = Routes({Number("10000", 1)});
  EXPECT_EQ(Find(routes, "10000"), 1u);
  for (const char* other : {"1000", "100000", "010000", "10001", "", "1000x", "10000x"})
    EXPECT_EQ(Find(routes, other), kNone) << other;
}

TEST(MoRoutes, APrefixIsAllThatBeginWithItAndTheLongerOneWins) {
  const MoRoutes routes = Routes({Prefix("44", 1), Prefix("4477", 2)});
  EXPECT_EQ(Find(routes, "44"), 1u);
  EXPECT_EQ(Find(routes, "4478123"), 1u);
  EXPECT_EQ(Find(routes, "4477"), 2u);
  EXPECT_EQ(Find(routes, "44771234567890123"), 2u);  // longer than a number may be
  EXPECT_EQ(Find(routes, "49"), kNone);
}

TEST(MoRoutes, ARangeIsItsNumbersOfItsLengthBothEndsIncluded) {
  const MoRoutes routes = Routes(
      {Range("4478100", "4478199", 2), Range("4478000", "4478050", 1), Range("0100", "0199", 3)});
  EXPECT_EQ(Find(routes, "4478000"), 1u);
  EXPECT_EQ(Find(routes, "4478050"), 1u);
  EXPECT_EQ(Find(routes, "4478051"), kNone);
  EXPECT_EQ(Find(routes, "4478100"), 2u);
  EXPECT_EQ(Find(routes, "4478200"), kNone);
  EXPECT_EQ(Find(routes, "44780501"), kNone);
  EXPECT_EQ(Find(routes, "447805"), kNone);
  EXPECT_EQ(Find(routes, "0150"), 3u);
  EXPECT_EQ(Find(routes, "150"), kNone);
}

TEST(MoRoutes, TheMostSpecificFormHasIt) {
  const MoRoutes routes =
      Routes({Prefix("4478", 1), Prefix("447800", 2), Range("4478000", "4478050", 3),
              Number("4478007", 4), From(kAlpha, Range("4478010", "4478019", 5))});
  EXPECT_EQ(Find(routes, "4478007"), 4u);  // the number before the range
  EXPECT_EQ(Find(routes, "4478001"), 3u);  // the range before the longer prefix
  EXPECT_EQ(Find(routes, "4478012"), 5u);  // the narrower range
  EXPECT_EQ(Find(routes, "4478012", "", kBeta), 3u);
  EXPECT_EQ(Find(routes, "4478009999"), 2u);
  EXPECT_EQ(Find(routes, "4478999"), 1u);
}

TEST(MoRoutes, AKeywordGoesBeforeNoneWhateverItsDestination) {
  const MoRoutes routes = Routes({Number("10000", 1), With("STOP", Prefix("1", 2)),
                                  With("STOP", Number("10000", 3)), With("WIN", Prefix("1", 4))});
  EXPECT_EQ(Find(routes, "10000"), 1u);
  EXPECT_EQ(Find(routes, "10000", "HELLO"), 1u);
  EXPECT_EQ(Find(routes, "10000", "STOP"), 3u);
  EXPECT_EQ(Find(routes, "10000", "WIN"), 4u);
  EXPECT_EQ(Find(routes, "10001", "STOP"), 2u);
  EXPECT_EQ(Find(routes, "10001", "HELLO"), kNone);
  EXPECT_EQ(Find(routes, "20000", "STOP"), kNone);
}

TEST(MoRoutes, ASupplierDecidesAmongEqualsOnly) {
  const MoRoutes routes =
      Routes({Number("10000", 1), From(kBeta, Number("10000", 2)), Prefix("44", 3),
              From(kBeta, Prefix("4", 4)), From(kBeta, Prefix("44", 5))});
  EXPECT_EQ(Find(routes, "10000", "", kAlpha), 1u);
  EXPECT_EQ(Find(routes, "10000", "", kBeta), 2u);
  EXPECT_EQ(Find(routes, "4477", "", kAlpha), 3u);
  EXPECT_EQ(Find(routes, "4477", "", kBeta), 5u);
  EXPECT_EQ(Find(routes, "4977", "", kBeta), 4u);
  EXPECT_EQ(Find(routes, "4977", "", kAlpha), kNone);
}

TEST(MoRoutes, ALongerPrefixOfAnySupplierGoesBeforeAShorterOneOfThisOne) {
  const MoRoutes routes = Routes({From(kAlpha, Prefix("44", 1)), Prefix("4477", 2)});
  EXPECT_EQ(Find(routes, "4477123"), 2u);
  EXPECT_EQ(Find(routes, "4478123"), 1u);
}

TEST(MoRoutes, TellWhetherAWordMakesADifference) {
  const MoRoutes routes =
      Routes({Number("10000", 1), With("A", Number("20000", 1)), With("B", Range("300", "350", 1)),
              With("C", Range("340", "399", 2)), With("D", Range("345", "346", 3)),
              From(kBeta, With("E", Prefix("44", 1)))});
  EXPECT_FALSE(routes.HasKeywordsFor(kAlpha, "10000"));
  EXPECT_TRUE(routes.HasKeywordsFor(kAlpha, "20000"));
  for (const char* in_a_range : {"300", "345", "350", "360", "399"})
    EXPECT_TRUE(routes.HasKeywordsFor(kAlpha, in_a_range)) << in_a_range;
  EXPECT_FALSE(routes.HasKeywordsFor(kAlpha, "400"));
  EXPECT_FALSE(routes.HasKeywordsFor(kAlpha, "4477"));
  EXPECT_TRUE(routes.HasKeywordsFor(kBeta, "4477"));
}

TEST(MoRoutes, KeywordsWrittenByHandAreFolded) {
  EXPECT_EQ(Find(Routes({With("stop", Number("1", 1))}), "1", "STOP"), 1u);
}

// What the order above says, said by looking at every route.
MoRoutes::Client ByTheBook(const std::vector<MoRouteRow>& rows, std::string_view destination,
                           std::string_view keyword, std::int64_t supplier_id) {
  const MoRouteRow* best = nullptr;
  std::vector<std::int64_t> best_rank;
  for (const MoRouteRow& row : rows) {
    if (!row.keyword.empty() && row.keyword != keyword) continue;
    if (row.supplier_id != 0 && row.supplier_id != supplier_id) continue;
    std::int64_t form = 0, breadth = 0;
    if (!row.number.empty()) {
      if (row.number != destination) continue;
      form = 3;
    } else if (!row.range_from.empty()) {
      if (row.range_from.size() != destination.size() || destination < row.range_from ||
          destination > row.range_to)
        continue;
      form = 2;
      breadth = std::stoll(row.range_from) - std::stoll(row.range_to);
    } else {
      if (!destination.starts_with(row.prefix)) continue;
      form = 1;
      breadth = static_cast<std::int64_t>(row.prefix.size());
    }
    std::vector<std::int64_t> rank = {!row.keyword.empty(), form, breadth, row.supplier_id != 0};
    if (best == nullptr || rank > best_rank) {
      best = &row;
      best_rank = rank;
    }
  }
  return best == nullptr ? kNone : static_cast<MoRoutes::Client>(best->client_id);
}

TEST(MoRoutes, FindWhatALookAtEveryRouteFinds) {
  const std::string_view keywords[] = {"", "A", "B"};
  const std::int64_t suppliers[] = {0, kAlpha, kBeta};
  std::uint64_t state = 7;
  const auto draw = [&](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  std::vector<MoRouteRow> rows;
  for (const std::string_view keyword : keywords) {
    for (const std::int64_t supplier : suppliers) {
      const auto add = [&](MoRouteRow row) {
        rows.push_back(From(supplier, With(keyword, std::move(row))));
      };
      const auto client = [&] { return static_cast<std::int64_t>(draw(20) + 1); };
      for (int n = 0; n < 10; ++n) add(Number(std::to_string(100 + 20 * n + draw(20)), client()));
      for (int n = 0; n < 10; ++n) {
        const std::uint64_t from = 100 + 40 * static_cast<std::uint64_t>(n) + draw(10);
        add(Range(std::to_string(from), std::to_string(from + 1 + draw(25)), client()));
      }
      for (int n = 0; n < 10; ++n) {
        if (draw(2) == 0) add(Prefix(std::to_string(n), client()));
        if (draw(2) == 0) add(Prefix("1" + std::to_string(n), client()));
      }
    }
  }
  const MoRoutes routes = Routes(rows);
  for (int number = 0; number < 600; ++number) {
    for (const std::string_view keyword : {"", "A", "B", "C"}) {
      for (const std::int64_t supplier : {kAlpha, kBeta, std::int64_t{103}}) {
        const std::string destination = std::to_string(number);
        ASSERT_EQ(Find(routes, destination, keyword, supplier),
                  ByTheBook(rows, destination, keyword, supplier))
            << destination << " " << keyword << " " << supplier;
      }
    }
  }
}

}  // namespace
}  // namespace hub::routing
