#include "server/store/open_handed.h"

#include <gtest/gtest.h>

#include <map>

#include "server/base/random.h"
#include "server/store/id_index.h"

namespace hub::test {
namespace {

using store::IdIndex;
using store::OpenHanded;

TEST(OpenHanded, KnowsTheOldest) {
  OpenHanded open;
  EXPECT_EQ(open.Oldest(), std::nullopt);
  open.End(1, 1);
  open.Add(7, 1, 100);
  open.Add(8, 1, 200);
  open.Add(7, 2, 300);
  EXPECT_EQ(open.Oldest(), 100u);
  open.End(7, 3);
  open.End(7, 1);
  EXPECT_EQ(open.Oldest(), 200u);
  open.Add(8, 1, 400);  // read again
  EXPECT_EQ(open.Oldest(), 300u);
  EXPECT_EQ(open.size(), 2u);
}

// Against a map: what stands behind a removed slot must still be found.
TEST(OpenHanded, AgreesWithAMap) {
  OpenHanded open;
  std::map<std::pair<MessageId, std::int16_t>, journal::Position> model;
  Random random(9);
  for (journal::Position at = 1; at < 200'000; ++at) {
    const MessageId id = 1 + random.Below(300);
    const auto no = static_cast<std::int16_t>(random.Below(2));
    if (random.Below(2) == 0) {
      open.Add(id, no, at);
      model[{id, no}] = at;
    } else {
      open.End(id, no);
      model.erase({id, no});
    }
    ASSERT_EQ(open.size(), model.size());
    if (at % 1'000 != 0) continue;
    std::optional<journal::Position> oldest;
    for (const auto& [key, position] : model)
      oldest = std::min(oldest.value_or(position), position);
    ASSERT_EQ(open.Oldest(), oldest);
  }
}

TEST(IdIndex, FindsWhatWasAddedSinceItWasCleared) {
  IdIndex index;
  EXPECT_EQ(index.Find(5), IdIndex::kNone);
  for (std::uint32_t round = 0; round < 3; ++round) {
    for (std::uint32_t i = 1; i <= 5'000; ++i) index.Add(std::uint64_t{i} << 22, i + round);
    for (std::uint32_t i = 1; i <= 5'000; ++i)
      ASSERT_EQ(index.Find(std::uint64_t{i} << 22), i + round);
    EXPECT_EQ(index.Find(3), IdIndex::kNone);
    index.Clear();
    EXPECT_EQ(index.Find(std::uint64_t{7} << 22), IdIndex::kNone);
  }
}

}  // namespace
}  // namespace hub::test
