#include "server/relay/receipts/slot_index.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace hub::relay {
namespace {

auto Is(SlotIndex::Slot wanted) {
  return [wanted](SlotIndex::Slot slot) { return slot == wanted; };
}

TEST(SlotIndexTest, AsksForEachOfAHashUntilOneIsIt) {
  SlotIndex index;
  EXPECT_EQ(index.Find(5, Is(1)), SlotIndex::kNone);
  index.Add(5, 1);
  index.Add(5, 2);
  index.Add(6, 3);
  EXPECT_EQ(index.Find(5, Is(2)), 2u);
  EXPECT_EQ(index.Find(5, Is(3)), SlotIndex::kNone) << "it is of another hash";
  index.Remove(5, 1);
  EXPECT_EQ(index.Find(5, Is(1)), SlotIndex::kNone);
  EXPECT_EQ(index.Find(5, Is(2)), 2u);
  EXPECT_EQ(index.size(), 2u);
}

// Few hashes, all near each other and round the end of the table: gaps close in every way there is.
TEST(SlotIndexTest, FindsWhatAPlainMapWouldFind) {
  SlotIndex index;
  std::map<SlotIndex::Slot, std::uint32_t> plain;
  std::mt19937 random(3);
  const auto below = [&random](std::uint32_t end) {
    return static_cast<std::uint32_t>(random()) % end;
  };
  for (int step = 0; step < 200'000; ++step) {
    const SlotIndex::Slot slot = below(150);
    const auto found = plain.find(slot);
    if (found == plain.end()) {
      const std::uint32_t hash = below(40) - 20;
      index.Add(hash, slot);
      plain[slot] = hash;
    } else {
      index.Remove(found->second, slot);
      plain.erase(found);
    }
    ASSERT_EQ(index.size(), plain.size());
    const SlotIndex::Slot other = below(150);
    const auto there = plain.find(other);
    if (there != plain.end()) {
      ASSERT_EQ(index.Find(there->second, Is(other)), other) << step;
    }
  }
  for (const auto& [slot, hash] : plain) EXPECT_EQ(index.Find(hash, Is(slot)), slot);
}

}  // namespace
}  // namespace hub::relay
