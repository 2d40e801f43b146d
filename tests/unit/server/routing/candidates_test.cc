// The walk along the offers finds what a look at every supplier finds: the same order, the same reasons, the same prices.
#include "server/routing/candidates.h"

#include <algorithm>
#include <random>
#include <tuple>

#include "tests/unit/server/routing/world.h"

namespace hub::routing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kNoOpinion = "function on_route(m, c) end";

World ManySuppliers(int count, const char* price) {
  World world;
  for (int i = 0; i < count; ++i)
    world.Supplier(("s" + std::to_string(i)).c_str(), "direct", price);
  return world;
}

// --- against a look at all of them

struct Looked {
  Candidate candidate;
  std::int32_t priority;
  std::int64_t supplier_id;

  auto Order() const { return std::tuple(candidate.cost, priority, supplier_id); }
};

// By the definition: each supplier's own deck, the guards, then the order of those that stand.
std::vector<Looked> LookAtAll(const Rig& rig) {
  const store::ClientRow& client = *rig.query.client;
  std::vector<Looked> all;
  for (std::uint32_t i = 0; i < CatalogOf(*rig.tables).suppliers.size(); ++i) {
    const store::SupplierRow& row = CatalogOf(*rig.tables).suppliers[i];
    Candidate one;
    one.supplier = i;
    const billing::Price price =
        rig.tables->prices().Find(row.deck_id, rig.decision.network_id, rig.decision.number(),
                                  client.message_class, rig.query.at);
    one.rate_id = price.rate_id;
    if (row.currency != client.currency) {
      one.drop = Drop::kcurrency;
      one.rate_id = 0;
    } else if (price.state == billing::PriceState::kNone) {
      one.drop = Drop::kno_rate;
    } else if (price.state == billing::PriceState::kBlocked) {
      one.drop = Drop::kblocked;
    } else if (!billing::AmountOf(price, rig.query.segments, &one.cost)) {
      one.drop = Drop::krate_error;
    } else {
      one.drop = Guard(rig.query, *rig.tables, rig.up, rig.decision.sell_amount, one);
    }
    all.push_back({one, row.priority, row.supplier_id});
  }
  std::sort(all.begin(), all.end(), [](const Looked& a, const Looked& b) {
    const bool x = a.candidate.drop == Drop::kNone, y = b.candidate.drop == Drop::kNone;
    if (x != y) return x;
    return x ? a.Order() < b.Order() : a.supplier_id < b.supplier_id;
  });
  return all;
}

Refusal RefusalOf(const std::vector<Looked>& all) {
  const auto any = [&all](std::initializer_list<Drop> drops) {
    return std::any_of(all.begin(), all.end(), [&](const Looked& one) {
      return std::find(drops.begin(), drops.end(), one.candidate.drop) != drops.end();
    });
  };
  if (any({Drop::kNone})) return Refusal::kNone;
  if (any({Drop::klink_down, Drop::kdraining})) return Refusal::ksuppliers_down;
  return any({Drop::kmargin_guard}) ? Refusal::kmargin_guard : Refusal::kno_route;
}

void ExpectTheSame(const Rig& rig, const std::vector<Looked>& all) {
  ASSERT_EQ(rig.decision.refusal, RefusalOf(all));
  const std::vector<Candidate> untold = Untold(rig.query, rig.decision, *rig.tables, rig.up);
  ASSERT_EQ(rig.decision.candidate_count + untold.size(), all.size());
  std::vector<Candidate> told(rig.decision.candidates.begin(),
                              rig.decision.candidates.begin() + rig.decision.candidate_count);
  std::map<std::uint32_t, const Candidate*> by_supplier;
  for (const Candidate& one : told) by_supplier[one.supplier] = &one;
  for (const Candidate& one : untold) by_supplier[one.supplier] = &one;
  ASSERT_THAT(by_supplier, SizeIs(all.size())) << "each of them once";
  const auto told_standing = std::count_if(told.begin(), told.end(), [](const Candidate& one) {
    return one.drop == Drop::kNone || one.drop == Drop::kattempts_max;
  });
  for (std::size_t i = 0, standing = 0; i < all.size(); ++i) {
    const Candidate& expected = all[i].candidate;
    const Candidate& found = *by_supplier[expected.supplier];
    ASSERT_EQ(found.rate_id, expected.rate_id);
    ASSERT_EQ(found.cost, expected.cost);
    if (expected.drop != Drop::kNone) {
      ASSERT_EQ(Name(found.drop), Name(expected.drop));
      continue;
    }
    const std::size_t place = standing++;
    if (place < static_cast<std::size_t>(told_standing)) {
      ASSERT_EQ(told[place].supplier, expected.supplier) << place;
    }
    if (place < AttemptsMax(*rig.query.client)) {
      ASSERT_LT(place, rig.decision.plan_count);
      ASSERT_EQ(rig.decision.plan[place], place);
      ASSERT_EQ(found.drop, Drop::kNone);
    } else {
      ASSERT_EQ(found.drop, Drop::kattempts_max);
    }
  }
  if (rig.decision.rest_unpriced) {
    for (const Candidate& one : untold)
      ASSERT_TRUE(one.drop == Drop::kno_rate || one.drop == Drop::kcurrency) << Name(one.drop);
  }
}

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}
  int Below(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  bool OneIn(int n) { return Below(n) == 0; }
  template <class T>
  T Of(std::initializer_list<T> values) {
    return values.begin()[Below(static_cast<int>(values.size()))];
  }

 private:
  std::mt19937 random_;
};

constexpr std::int64_t kChange = 1'795'000'000;  // seconds: when prices change

store::Validity TimesOf(Chance* chance) {
  const std::int64_t change_us = ToMicros(At(kChange));
  return chance->Of<store::Validity>({{}, {}, {INT64_MIN, change_us}, {change_us, INT64_MAX}});
}

// Each scope of a deck once, or once before a change and once behind it.
void AddRates(World* world, std::int64_t deck, Chance* chance) {
  for (const char* mnc : {"", "10"}) {
    for (const char* prefix : {"", "44", "44771"}) {
      for (const char* message_class : {"any", "otp"}) {
        if (chance->OneIn(2)) continue;
        const auto add = [&](store::Validity valid) {
          const std::string price = "0.0" + std::to_string(10 + chance->Below(30));
          store::RateRow& row = world->Rate(deck, "234", mnc, price.c_str());
          row.prefix = prefix;
          row.message_class = message_class;
          row.valid = valid;
          row.blocked = chance->OneIn(8);
          if (chance->OneIn(15)) row.price = Money("5000000000");
        };
        const store::Validity valid = TimesOf(chance);
        add(valid);
        if (valid.until_us != INT64_MAX && chance->OneIn(2)) add({valid.until_us, INT64_MAX});
      }
    }
  }
}

World RandomWorld(Chance* chance) {
  World world;
  const int suppliers = chance->Of({3, 10, 11, 25, 90});
  for (int i = 0; i < suppliers; ++i) {
    store::SupplierRow& row = world.Supplier(("s" + std::to_string(i)).c_str(), "direct", "");
    row.priority = chance->Below(3);
    row.enabled = !chance->OneIn(10);
    if (i != 0 && chance->OneIn(6)) {
      row.deck_id = world.catalog.suppliers[0].deck_id;  // as another account of the same company
      continue;
    }
    store::DeckRow& deck = world.catalog.decks.back();
    deck.unit = chance->OneIn(4) ? store::DeckUnit::kMessage : store::DeckUnit::kSegment;
    if (i != 0 && chance->OneIn(8)) deck.currency = row.currency = "USD";
    if (!chance->OneIn(5)) AddRates(&world, row.deck_id, chance);
    if (chance->OneIn(8)) world.up.down.insert(static_cast<std::uint32_t>(i));
  }
  world.client().message_class = chance->Of({"otp", "any", "promo"});
  world.client().attempts_max = 1 + chance->Below(8);
  world.client().guard_mode = chance->Of({store::GuardMode::kBlock, store::GuardMode::kOff});
  world.catalog.prefixes.push_back({"447712345678", 3});  // a number that went to another network
  return world;
}

void AskAll(Rig* rig, Chance* chance) {
  for (const char* number : {"442012345678", "447712345678", "447712345679", "447799345678"}) {
    rig->query.destination_addr = number;
    rig->query.segments = 1 + chance->Below(3);
    rig->query.at = At(kChange - chance->Below(2));
    rig->Decide();
    if (rig->decision.sell_rate_id == 0) continue;
    ASSERT_NO_FATAL_FAILURE(ExpectTheSame(*rig, LookAtAll(*rig))) << number;
  }
}

TEST(Candidates, AreWhatALookAtAllSuppliersFinds) {
  for (unsigned seed = 0; seed < 600; ++seed) {
    Chance chance(seed);
    const World world = RandomWorld(&chance);
    Rig rig(world);
    ASSERT_NO_FATAL_FAILURE(AskAll(&rig, &chance)) << "seed " << seed;
  }
}

// --- one by one

TEST(Candidates, ANumberThatWentToAnotherNetworkIsSoldAtThatNetworksPrice) {
  World world;
  world.Network(5, "234", "20", "GB", "Three");
  world.catalog.prefixes.push_back({"447712345678", 5});
  world.Supplier("a", "direct", "");
  world.Rate(10, "234", "10", "0.010");
  world.Rate(10, "234", "20", "0.025");
  world.Supplier("b", "direct", "0.020");
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("b", "a"));
  EXPECT_EQ(rig.Line(), "b 0.02 #1; a 0.025 #2");
  rig.query.destination_addr = "447712345679";
  EXPECT_THAT(rig.Plan(), ElementsAre("a", "b"));
}

TEST(Candidates, OfASupplierItsMostSpecificRowCountsAndNoOther) {
  World world;
  world.Supplier("a", "direct", "0.001");  // any network of the country
  world.Rate(10, "234", "10", "0.025");
  world.Supplier("b", "direct", "0.020");
  world.Rate(20, "234", "10", "0.022").message_class = "otp";
  Rig rig(world);
  rig.Plan();
  EXPECT_EQ(rig.Line(), "b 0.02 #1; a 0.025 #2");
}

TEST(Candidates, ASpecificRowThatHoldsNoMoreGivesWayToTheWiderOne) {
  World world;
  world.Supplier("a", "direct", "0.012");
  world.Rate(10, "234", "10", "0.025").valid = {INT64_MIN, ToMicros(At())};
  world.Supplier("b", "direct", "0.020");
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("a", "b"));
  rig.query.at = At() - std::chrono::microseconds(1);
  EXPECT_THAT(rig.Plan(), ElementsAre("b", "a"));
}

TEST(Candidates, PricesAMessageAndPricesASegmentStandInOneOrder) {
  World world;
  world.Supplier("whole", "direct", "0.025");
  world.catalog.decks.back().unit = store::DeckUnit::kMessage;
  world.Supplier("parts", "direct", "0.010");
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("parts", "whole"));
  rig.query.segments = 3;
  EXPECT_THAT(rig.Plan(), ElementsAre("whole", "parts"));
}

TEST(Candidates, EnoughStandWhereNobodyAsksForMore) {
  World world = ManySuppliers(150, "0.02");
  world.Supplier("best", "direct", "0.001");
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("best", "s0", "s1"));
  EXPECT_EQ(rig.decision.candidate_count, kToldMax);
  EXPECT_THAT(rig.Line(), testing::EndsWith("s8 0.02 attempts_max; +141"));
  ASSERT_TRUE(rig.Load(kNoOpinion));
  EXPECT_THAT(rig.Plan(), ElementsAre("best", "s0", "s1"));
  EXPECT_EQ(rig.decision.candidate_count, kCandidatesMax);
  const auto untold = Untold(rig.query, rig.decision, *rig.tables, rig.up);
  ASSERT_THAT(untold, SizeIs(151 - kCandidatesMax));
  EXPECT_EQ(untold[0].drop, Drop::kcandidates_max);
}

TEST(Candidates, WhoeverStandsBehindAFullPlanIsNotSaidToBeBehindAFullList) {
  World world = ManySuppliers(150, "0.02");
  for (std::uint32_t i = 0; i < kCandidatesMax; ++i) world.up.down.insert(i);
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), SizeIs(3));
  EXPECT_EQ(rig.decision.candidate_count, kCandidatesMax) << "of those that are down most";
  const auto untold = Untold(rig.query, rig.decision, *rig.tables, rig.up);
  ASSERT_THAT(untold, testing::Not(IsEmpty()));
  EXPECT_EQ(Name(untold.back().drop), Name(Drop::kattempts_max));
}

// Whoever asks later why the cheaper one was left finds it in the line, and nowhere else.
TEST(Candidates, ACheaperOneThatFellIsToldOfBeforeThoseBehindThePlan) {
  World world = ManySuppliers(20, "0.02");
  world.Supplier("down", "direct", "0.001");
  world.up.down = {20};
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("s0", "s1", "s2"));
  EXPECT_THAT(rig.Line(), testing::HasSubstr("; down 0.001 link_down"));
  EXPECT_THAT(rig.Line(), testing::Not(testing::HasSubstr("s9 ")));
}

TEST(Candidates, RowsOfACountryThatNetworksSupersedeAreNoOffers) {
  World world = ManySuppliers(100, "0.001");  // of the country
  for (const store::SupplierRow& supplier : std::vector(world.catalog.suppliers))
    world.Rate(supplier.deck_id, "234", "10", "0.02");
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("s0", "s1", "s2"));
  EXPECT_THAT(rig.Line(), testing::StartsWith("s0 0.02 #1; s1 0.02 #2"));
}

// The plan goes on behind those that cannot be sent the message, however many.
TEST(Candidates, ManyThatAreDownOrUnfitDoNotShortenAPlan) {
  World world = ManySuppliers(40, "0.02");
  for (std::uint32_t i = 0; i < 30; ++i) world.up.down.insert(i);
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("s30", "s31", "s32"));
  rig.up.down.clear();
  struct Unfit final : Fitness {
    Drop Judge(std::uint32_t i) const override { return i < 30 ? Drop::kunfit : Drop::kNone; }
  } fitness;
  rig.query.fitness = &fitness;
  EXPECT_THAT(rig.Plan(), ElementsAre("s30", "s31", "s32"));
}

TEST(Candidates, ThoseThatAreDownAreToldOfBeforeThoseThatAreTooDear) {
  World world = ManySuppliers(200, "0.9");
  world.Supplier("down", "direct", "0.01");
  world.Supplier("drained", "direct", "0.02").enabled = false;
  world.up.down = {200};
  Rig rig(world);
  EXPECT_EQ(rig.Decide().refusal, Refusal::ksuppliers_down);
  EXPECT_EQ(rig.DropOf("down"), "link_down");
  EXPECT_EQ(rig.DropOf("drained"), "draining");
  EXPECT_EQ(rig.decision.candidate_count, kToldMax) << "nobody behind the first dear one can stand";
}

TEST(Candidates, ThoseWithoutAPriceAreCountedInALargeCatalog) {
  World world = ManySuppliers(90, "");
  world.Supplier("a", "direct", "0.01");
  Rig rig(world);
  EXPECT_THAT(rig.Plan(), ElementsAre("a"));
  EXPECT_EQ(rig.Line(), "a 0.01 #1; +90 unpriced");
  world.catalog.suppliers.back().enabled = false;
  Rig drained(world);
  EXPECT_EQ(drained.Decide().refusal, Refusal::ksuppliers_down);
  EXPECT_EQ(drained.Line(), "a 0.01 draining; +90 unpriced");
}

TEST(Candidates, NobodySellsInACurrencyThatNobodyHas) {
  World world = ManySuppliers(12, "0.01");
  world.client().currency = world.catalog.decks[0].currency = "CHF";
  Rig rig(world);
  EXPECT_EQ(rig.Decide().refusal, Refusal::kno_route);
  EXPECT_EQ(rig.Line(), "+12 unpriced");
  EXPECT_THAT(Explanation(rig.query, rig.decision, *rig.tables,
                          Untold(rig.query, rig.decision, *rig.tables, rig.up)),
              testing::HasSubstr("s11            dropped, currency: "));
}

// --- rules see all that stand

TEST(Candidates, ARuleFindsSuppliersFarBehindTheFirstOnes) {
  World world = ManySuppliers(60, "0.02");
  world.Supplier("dear", "sim", "0.025");
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_route(m, c) return c:pin('dear') end"));
  EXPECT_THAT(rig.Plan(), ElementsAre("dear"));
  EXPECT_THAT(rig.Line(), testing::EndsWith("s8 0.02 script; dear 0.025 #1; +51"))
      << "whom the plan takes is told of, however far behind";
  ASSERT_TRUE(rig.Load("function on_route(m, c) return c:without{ type = 'direct' } end"));
  EXPECT_THAT(rig.Plan(), ElementsAre("dear"));
  world.catalog.suppliers.back().priority = -1;
  Rig ordered(world);
  ASSERT_TRUE(ordered.Load("function on_route(m, c) return c:order('priority'):take(2) end"));
  EXPECT_THAT(ordered.Plan(), ElementsAre("dear", "s0"));
}

TEST(Candidates, ASplitFindsItsMembersFarBehindTheFirstOnes) {
  World world = ManySuppliers(40, "0.02");
  world.Supplier("x", "sim", "0.025");
  world.Supplier("y", "sim", "0.026");
  Rig rig(world);
  ASSERT_TRUE(rig.Load("function on_route(m, c) return c:split{ x = 70, y = 30 } end"));
  int first = 0;
  for (rig.query.message_id = 1; rig.query.message_id <= 2'000; ++rig.query.message_id) {
    const auto plan = rig.Plan();
    ASSERT_THAT(plan, SizeIs(2));
    first += plan[0] == "x";
  }
  EXPECT_NEAR(first, 1'400, 80);
  rig.up.down = {40};
  EXPECT_THAT(rig.Plan(), ElementsAre("y"));
}

TEST(Candidates, EqualCostsShareARankHoweverManyThereAre) {
  World world = ManySuppliers(30, "0.02");
  world.Supplier("best", "direct", "0.01");
  world.Supplier("dear", "direct", "0.025");
  Rig rig(world);
  const auto of_rank = [&rig](const char* rank) {
    EXPECT_TRUE(rig.Load(std::string("function on_route(m, c) return c:where{ price_rank = ") +
                         rank + " } end"));
    rig.Decide();
    return std::count_if(rig.decision.candidates.begin(),
                         rig.decision.candidates.begin() + rig.decision.candidate_count,
                         [](const Candidate& one) { return one.drop != Drop::kscript; });
  };
  EXPECT_EQ(of_rank("1"), 1);
  EXPECT_EQ(of_rank("2"), 30);
  EXPECT_EQ(of_rank("3"), 0);
  EXPECT_EQ(of_rank("32"), 1);
}

}  // namespace
}  // namespace hub::routing
