#include "server/access/verified_cache.h"

#include <gtest/gtest.h>

namespace hub::access {
namespace {

using namespace std::chrono_literals;

struct VerifiedCacheTest : testing::Test {
  const ProcessKey key;
  VerifiedCache cache{key, 2, 24h};
  const TimePoint now{1h};
};

TEST_F(VerifiedCacheTest, KnowsWhatWasRightForADay) {
  EXPECT_FALSE(cache.Contains(1, "hash", "secret", now));
  cache.Add(1, "hash", "secret", Duration::max(), now);
  EXPECT_TRUE(cache.Contains(1, "hash", "secret", now + 24h - 1ns));
  EXPECT_FALSE(cache.Contains(1, "hash", "secret", now + 24h));
}

TEST_F(VerifiedCacheTest, IsOfOneClientOneHashAndOnePassword) {
  cache.Add(1, "hash", "secret", Duration::max(), now);
  EXPECT_FALSE(cache.Contains(2, "hash", "secret", now));
  EXPECT_FALSE(cache.Contains(1, "another", "secret", now)) << "it was changed";
  EXPECT_FALSE(cache.Contains(1, "hash", "Secret", now));
  EXPECT_FALSE(cache.Contains(1, "hashs", "ecret", now));
}

TEST_F(VerifiedCacheTest, EndsWithItsHash) {
  cache.Add(1, "hash", "secret", 10s, now);
  EXPECT_TRUE(cache.Contains(1, "hash", "secret", now + 10s - 1ns));
  EXPECT_FALSE(cache.Contains(1, "hash", "secret", now + 10s));
}

TEST_F(VerifiedCacheTest, KeepsBothPasswordsOfAClientThatChangesOver) {
  cache.Add(1, "old", "old-pw", Duration::max(), now);
  cache.Add(1, "new", "new-pw", Duration::max(), now + 1s);
  cache.Add(1, "new", "new-pw", Duration::max(), now + 2s);
  EXPECT_TRUE(cache.Contains(1, "old", "old-pw", now + 3s));
  EXPECT_TRUE(cache.Contains(1, "new", "new-pw", now + 3s));
  cache.Add(1, "third", "3rd", Duration::max(), now + 3s);
  EXPECT_FALSE(cache.Contains(1, "old", "old-pw", now + 3s)) << "the oldest gives way";
  EXPECT_TRUE(cache.Contains(1, "new", "new-pw", now + 3s));
}

TEST_F(VerifiedCacheTest, IsBoundedAndForgetsOnDemand) {
  for (std::int64_t client : {1, 2, 3}) cache.Add(client, "hash", "pw", Duration::max(), now);
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_FALSE(cache.Contains(1, "hash", "pw", now));
  cache.Forget(3);
  EXPECT_FALSE(cache.Contains(3, "hash", "pw", now));
  EXPECT_TRUE(cache.Contains(2, "hash", "pw", now));
}

TEST(VerifiedCache, WithNoTimeToKeepRemembersNothing) {
  const ProcessKey key;
  VerifiedCache cache(key, 2, 0s);
  cache.Add(1, "hash", "pw", Duration::max(), TimePoint{1h});
  EXPECT_FALSE(cache.Contains(1, "hash", "pw", TimePoint{1h}));
}

TEST(ProcessKey, IsAnotherInEachRunAndKeepsPartsApart) {
  const ProcessKey key, other;
  EXPECT_EQ(key.Of({"a", "b"}), key.Of({"a", "b"}));
  EXPECT_NE(key.Of({"a", "b"}), other.Of({"a", "b"}));
  EXPECT_NE(key.Of({"ab", "c"}), key.Of({"a", "bc"}));
}

}  // namespace
}  // namespace hub::access
