// The warm path of a decision asks the C++ heap for nothing (P6), with a rule or without.
#include <cstdlib>
#include <new>

#include "server/routing/script_heap.h"
#include "server/routing/script_vm.h"
#include "tests/unit/server/routing/world.h"

namespace {
std::size_t news = 0;  // one thread here
}  // namespace

// Not inlined: GCC 12 would see malloc and operator delete meet, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++news;
  void* block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) std::abort();
  return block;
}
// std::stable_sort asks this one, and gives back to the same delete.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++news;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }

namespace hub::routing {
namespace {

std::size_t NewsOfAThousand(Rig* rig) {
  for (int i = 0; i < 10; ++i) rig->Decide();
  const std::size_t before = news;
  for (int i = 0; i < 1'000; ++i) {
    ++rig->query.message_id;
    rig->Decide();
  }
  return news - before;
}

TEST(Allocations, NoneWhenWarm) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  EXPECT_EQ(NewsOfAThousand(&rig), 0u);
  EXPECT_EQ(rig.decision.plan_count, 3);
  rig.query.destination_addr = "12";
  EXPECT_EQ(NewsOfAThousand(&rig), 0u);
  rig.query.destination_addr = "447712345678";
  ASSERT_TRUE(rig.Load("function on_route(m, c) return c:without{ type = 'sim' }:take(1) end"));
  EXPECT_EQ(NewsOfAThousand(&rig), 0u) << "Lua has a heap of its own";
  EXPECT_EQ(rig.decision.plan_count, 1);
}

TEST(Allocations, NoneForTheLineOfAMessage) {
  World world;
  for (int i = 0; i < 100; ++i) world.Supplier(("s" + std::to_string(i)).c_str(), "direct", "0.02");
  Rig rig(world);
  rig.Decide();
  SummaryBuffer buffer;
  const std::size_t before = news;
  for (int i = 0; i < 100; ++i) EXPECT_GT(Summary(rig.decision, *rig.tables, &buffer).size(), 100u);
  EXPECT_EQ(news - before, 0u);
}

// Tables of conditions and strings of numbers are new with each call, and their blocks come from the one before.
TEST(Allocations, AWarmRuleAsksTheSystemForNothing) {
  World world;
  world.ThreeSuppliers();
  Rig rig(world);
  rig.Decide();
  Script script;
  script.path = "rule.lua";
  script.source =
      "function on_route(m, c)\n"
      "  local area = 'area ' .. m.dst.e164:sub(1, 6)\n"
      "  if contains(area, m.src.raw) then return c:take(1) end\n"
      "  return c:without{ type = one_of('sim', 'hq') }:take(2)\n"
      "end";
  const auto vm = ScriptVm::Load(script);
  ASSERT_TRUE(vm) << vm.error().Text();
  const auto run = [&](int calls) {
    const std::size_t before = (*vm)->system_blocks();
    for (int i = 0; i < calls; ++i) {
      const std::string number = "4477" + std::to_string(10'000'000 + i * 7'919 % 90'000'000);
      number.copy(rig.decision.e164.data(), number.size());
      const ScriptVerdict verdict = (*vm)->OnRoute(rig.query, *rig.tables, &rig.decision);
      EXPECT_EQ(verdict.act, ScriptVerdict::kChose) << verdict.text;
    }
    return (*vm)->system_blocks() - before;
  };
  EXPECT_GT(run(20'000), 0u) << "until the garbage of some rounds of the collector is there";
  EXPECT_EQ(run(20'000), 0u);
}

TEST(SpareBlocks, TakesAgainWhatWasGiven) {
  SpareBlocks blocks;
  void* const one = blocks.Take(40);
  EXPECT_EQ(blocks.asked(), 1u);
  blocks.Give(one, 40);
  void* const again = blocks.Take(33);
  EXPECT_EQ(again, one) << "of one kind";
  void* const other = blocks.Take(40);
  EXPECT_NE(other, again);
  EXPECT_EQ(blocks.asked(), 2u);
  blocks.Give(again, 33);
  blocks.Give(other, 40);
  EXPECT_EQ(blocks.Take(40), other);
  EXPECT_EQ(blocks.Take(40), again);
  blocks.Give(again, 40);
  blocks.Give(other, 40);
}

TEST(SpareBlocks, KeepsWhatABlockHoldsWhenItGrowsAndShrinks) {
  SpareBlocks blocks;
  const std::string text = "what it holds";
  auto* block = static_cast<char*>(blocks.Take(text.size()));
  text.copy(block, text.size());
  std::size_t size = text.size();
  for (const std::size_t next : {16u, 500u, 512u, 513u, 9'000u, 10'000u, 20u, 13u}) {
    block = static_cast<char*>(blocks.Resize(block, size, next));
    ASSERT_NE(block, nullptr);
    ASSERT_EQ(std::string_view(block, text.size()), text) << next;
    size = next;
  }
  blocks.Give(block, size);
}

}  // namespace
}  // namespace hub::routing
