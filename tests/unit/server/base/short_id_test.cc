#include "server/base/short_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace hub {
namespace {

using namespace std::chrono_literals;
using namespace std::string_view_literals;

constexpr WallTime kNow = std::chrono::sys_days{std::chrono::year{2026} / 11 / 20} + 12h;
constexpr std::uint64_t kAll = ShortIdSource::kSeconds * short_id::kPlaces[0].per_second;

std::string Text(MessageId id) { return std::string(ClientText(id)); }
bool IsShort(MessageId id) { return Text(id).size() == short_id::kTextSize; }

std::vector<MessageId> TakeAll(ShortIdSource& source, WallTime now) {
  std::vector<MessageId> ids;
  while (const auto id = source.Next(now)) ids.push_back(*id);
  return ids;
}

// --- text ------------------------------------------------------------------------------------------------------

// Typed, so that no change moves what clients were told: sql/migrations has the same in SQL.
static_assert(ClientText(511) == "00000000"sv);
static_assert(short_id::Parse("00000000") == MessageId{511});
static_assert(ClientText(id_layout::kShortSmallBlock) == "0000001A"sv);
static_assert(ClientText(id_layout::kLargeFrom) == "0000001E"sv);
static_assert(ClientText(250'000'000'000'000'000) == "250000000000000000"sv);
static_assert(ClientText(MessageId{1'000} << 22 | 511) == "00001NFA"sv);
static_assert(ClientText(510) == "510"sv && ClientText(512) == "512"sv && ClientText(0) == "0"sv);
static_assert(ClientText(UINT64_MAX) == "18446744073709551360"sv);
static_assert(short_id::CodeOf(short_id::IdAt(short_id::kSecondsEnd - 1, short_id::kOwners - 1,
                                              short_id::kPlaces[2], 3)) < short_id::kCodes);

TEST(ClientText, IsEightCharactersOfAShortIdAndTellsItBack) {
  for (const std::uint64_t second :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{59'500'800}, short_id::kSecondsEnd - 1}) {
    for (const std::uint64_t owner : {0u, 1u, 63u, 64u, 4'095u}) {
      for (const short_id::Places& places : short_id::kPlaces) {
        for (std::uint64_t n = 0; n < places.per_second; ++n) {
          const MessageId id = short_id::IdAt(second, owner, places, n);
          const std::string text = Text(id);
          ASSERT_EQ(text.size(), 8u);
          ASSERT_EQ(ParseClientText(text), id) << text;
          // As versions before wrote it: digits are 8 only in the first milliseconds of 2025.
          ASSERT_TRUE(second == 0 || ParseClientText(std::to_string(id)) == id) << id;
        }
      }
    }
  }
}

TEST(ClientText, EachCodeIsOneIdsAndNoOthers) {
  constexpr std::uint64_t kEnd =
      short_id::kSecondsEnd * short_id::kOwners * short_id::kPlacesPerSecond;
  for (const std::uint64_t from : {std::uint64_t{0}, kEnd / 2, kEnd - 10'000}) {
    std::set<MessageId> seen;
    for (std::uint64_t code = from; code < from + 10'000; ++code) {
      const auto id = short_id::IdOf(code);
      ASSERT_TRUE(id);
      ASSERT_TRUE(seen.insert(*id).second);
      ASSERT_EQ(short_id::CodeOf(*id), code);
    }
  }
  EXPECT_FALSE(short_id::IdOf(kEnd));
  EXPECT_FALSE(short_id::IdOf(short_id::kCodes - 1));
}

TEST(ClientText, IsDigitsOfAnIdBesideThePlaces) {
  const std::uint64_t millis = 59'500'800'000;
  const auto at = [&](std::uint64_t in, std::uint64_t counter) {
    return Text((millis + in) << id_layout::kMillisShift | counter);
  };
  EXPECT_EQ(at(0, 511).size(), 8u);
  for (const auto& [in, counter] : {std::pair(0u, 0u),
                                    {0u, 510u},
                                    {1u, 511u},
                                    {936u, 511u},
                                    {999u, 511u},
                                    {0u, 736u},
                                    {1u, 752u},
                                    {249u, 768u}})
    EXPECT_EQ(at(in, counter).size(), 18u) << in << " " << counter;
  EXPECT_EQ(at(923, 511).size(), 8u) << "the last one";
}

TEST(ClientText, OfAMessageInABlockIsItsBlocks) {
  ShortIdSource source(3, 5, 0);
  for (const std::size_t messages : {1u, 15u, 16u, 255u}) {
    const MessageId block = *source.NextBlock(kNow, messages);
    ASSERT_TRUE(IsShort(block));
    EXPECT_GT(BlockOf(block), messages);
    for (std::size_t i = 1; i <= messages; ++i) EXPECT_EQ(Text(block + i), Text(block));
  }
}

TEST(ClientText, NothingElseIsRead) {
  for (const char* text :
       {"", "0", "-1", "01", "000000000", "zzzzzzzz", "0000000-", "0000000 ", "12 ",
        "9223372036854775808", "99999999999999999999", "1e5", "ABCDEFG", "ABCDEFGHI"})
    EXPECT_FALSE(ParseClientText(text)) << text;
  EXPECT_EQ(ParseClientText("9223372036854775807"), MessageId{INT64_MAX});
  EXPECT_EQ(ParseClientText("1"), MessageId{1});
}

// --- the source ------------------------------------------------------------------------------------------------

TEST(ShortIds, NoOtherIdIsOneOfThem) {
  MessageIdSource source(3, 5, 0);
  for (int i = 0; i < 100'000; ++i) ASSERT_FALSE(IsShort(source.Next(kNow)));
  for (int i = 0; i < 5'000; ++i) {
    const WallTime now = kNow + std::chrono::milliseconds(i);
    ASSERT_FALSE(IsShort(source.NextBlock(now, 200)));
    for (int small = 0; small < 40; ++small) ASSERT_FALSE(IsShort(source.NextBlock(now, 2)));
  }
}

TEST(ShortIds, OfASecondAreTakenBeforeThoseOfTheSecondsBehindIt) {
  ShortIdSource source(3, 5, 0);
  const WallTime now = kNow + 999ms;
  std::set<MessageId> seen;
  const auto ids = TakeAll(source, now);
  ASSERT_EQ(ids.size(), kAll);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ASSERT_TRUE(IsShort(ids[i]));
    ASSERT_TRUE(seen.insert(ids[i]).second);
    EXPECT_EQ(ids[i] >> 10 & 4'095, 3u << 6 | 5u);
    ASSERT_GE(TimeOf(ids[i]), kNow - 5s);
    ASSERT_LT(TimeOf(ids[i]), kNow + 2s);
    if (i < short_id::kPlaces[0].per_second) {
      EXPECT_GE(TimeOf(ids[i]), kNow);
      EXPECT_LE(TimeOf(ids[i]), now);
    }
  }
  EXPECT_GT(TimeOf(ids.back()), now) << "the next second's come last";
}

TEST(ShortIds, ComeBackAsTimeGoesOn) {
  ShortIdSource source(0, 0, 0);
  std::set<MessageId> seen;
  for (int second = 0; second < 100; ++second) {
    for (const MessageId id : TakeAll(source, kNow + std::chrono::seconds(second)))
      ASSERT_TRUE(seen.insert(id).second);
    EXPECT_FALSE(source.Next(kNow + std::chrono::seconds(second) + 900ms));
  }
  EXPECT_EQ(seen.size(), kAll + 99 * short_id::kPlaces[0].per_second);
}

TEST(ShortIds, BlocksHavePlacesOfTheirOwn) {
  ShortIdSource source(0, 0, 0);
  std::set<MessageId> seen;
  for (const std::size_t messages : {15u, 16u}) {
    std::size_t blocks = 0;
    for (; const auto block = source.NextBlock(kNow, messages); ++blocks) {
      for (std::size_t i = 0; i <= messages; ++i) ASSERT_TRUE(seen.insert(*block + i).second);
    }
    EXPECT_EQ(blocks, 4 * ShortIdSource::kSeconds);
  }
  EXPECT_EQ(TakeAll(source, kNow).size(), kAll);
}

// An earlier run may have used any id up to the newest that is known.
TEST(ShortIds, AreNewAfterARestart) {
  std::set<MessageId> seen;
  MessageId after = 0;
  WallTime now = kNow;
  for (int run = 0; run < 20; ++run, now += 300ms) {
    ShortIdSource source(5, 2, after);
    MessageIdSource others(5, 2, after);
    const MessageId before = after;
    for (const MessageId id : TakeAll(source, now)) {
      ASSERT_GT(id, before);
      ASSERT_TRUE(seen.insert(id).second);
      after = std::max(after, id);
    }
    after = std::max(after, others.Next(now));
  }
  EXPECT_GT(seen.size(), kAll);
}

TEST(ShortIds, AreThereOneSecondAheadRightAfterARestart) {
  const MessageId after = MessageIdSource(0, 0, 0).Next(kNow + 10ms);
  ShortIdSource source(0, 0, after);
  EXPECT_EQ(TakeAll(source, kNow + 20ms).size(), short_id::kPlaces[0].per_second);
}

TEST(ShortIds, NeverComeTwiceWhateverTheClockDoes) {
  ShortIdSource source(0, 0, 0);
  std::set<MessageId> seen;
  const auto take = [&](WallTime now) {
    const auto ids = TakeAll(source, now);
    for (const MessageId id : ids) ASSERT_TRUE(seen.insert(id).second);
  };
  for (const auto step : {0s, 1s, -3600s, 2s, -1s, 7200s, 1s, -3600s}) {
    take(kNow + step);
    take(kNow + step + 1s);
  }
}

// At half the pace, until the clock has caught up.
TEST(ShortIds, AreThereWhileAClockThatWentBackCatchesUp) {
  ShortIdSource source(0, 0, 0);
  TakeAll(source, kNow);
  EXPECT_EQ(TakeAll(source, kNow - 60s).size(), 0u);
  const auto take = [&](int from_ms, int to_ms) {
    std::size_t taken = 0;
    for (int ms = from_ms; ms < to_ms; ++ms)
      taken += TakeAll(source, kNow - 60s + std::chrono::milliseconds(ms)).size();
    return taken;
  };
  EXPECT_EQ(take(1, 60'001), 30 * short_id::kPlaces[0].per_second);
  EXPECT_EQ(take(60'001, 120'001), 30 * short_id::kPlaces[0].per_second);
  EXPECT_EQ(take(120'001, 130'001), 10 * short_id::kPlaces[0].per_second);
}

TEST(ShortIds, DifferOverNodesAndLoops) {
  std::set<std::string> seen;
  for (unsigned node = 0; node < kNodesMax; node += 3) {
    for (unsigned loop = 0; loop < kLoopsMax; loop += 3) {
      ShortIdSource source(node, loop, 0);
      for (int i = 0; i < 5; ++i) EXPECT_TRUE(seen.insert(Text(*source.Next(kNow))).second);
    }
  }
}

TEST(ShortIdsDeathTest, RefuseANodeThatDoesNotFit) {
  EXPECT_DEATH(ShortIdSource(64, 0, 0), "check failed: node < kNodesMax");
}

}  // namespace
}  // namespace hub
