// The warm path of a decision asks the C++ heap for nothing (P6), with a rule or without.
#include <cstdlib>
#include <new>

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

}  // namespace
}  // namespace hub::routing
