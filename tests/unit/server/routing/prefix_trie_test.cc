#include "server/routing/prefix_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace hub::routing {
namespace {

TEST(PrefixTrie, FindsTheLongestPrefix) {
  const PrefixTrie trie({{"44", 1}, {"4477", 2}, {"447712", 3}, {"1", 4}});
  EXPECT_EQ(trie.Find("447799999"), 2u);
  EXPECT_EQ(trie.Find("447712345"), 3u);
  EXPECT_EQ(trie.Find("447612345"), 1u);
  EXPECT_EQ(trie.Find("4477"), 2u);
  EXPECT_EQ(trie.Find("4"), PrefixTrie::kNone);
  EXPECT_EQ(trie.Find("49123"), PrefixTrie::kNone);
  EXPECT_EQ(trie.Find("12025550123"), 4u);
  EXPECT_EQ(trie.Find(""), PrefixTrie::kNone);
}

TEST(PrefixTrie, AnEmptyOneFindsNothing) {
  EXPECT_EQ(PrefixTrie().Find("447712345678"), PrefixTrie::kNone);
}

TEST(PrefixTrie, StopsAtAnOctetThatIsNoDigit) {
  const PrefixTrie trie({{"44", 1}, {"447", 2}});
  EXPECT_EQ(trie.Find("44+7"), 1u);
  EXPECT_EQ(trie.Find("44\xff"), 1u);
}

TEST(PrefixTrie, AgreesWithAMapOnRandomPrefixes) {
  std::mt19937 random(20261120);
  std::map<std::string, PrefixTrie::Value> map;
  const auto digits = [&](std::size_t most) {
    std::string text(1 + random() % most, '0');
    for (char& c : text) c = static_cast<char>('0' + random() % 4);  // few digits: prefixes nest
    return text;
  };
  for (PrefixTrie::Value i = 0; i < 2'000; ++i) map.emplace(digits(7), i);
  const PrefixTrie trie(std::vector<PrefixTrie::Entry>(map.begin(), map.end()));
  for (int i = 0; i < 20'000; ++i) {
    const std::string number = digits(12);
    PrefixTrie::Value expected = PrefixTrie::kNone;
    for (std::size_t length = 1; length <= number.size(); ++length) {
      const auto found = map.find(number.substr(0, length));
      if (found != map.end()) expected = found->second;
    }
    ASSERT_EQ(trie.Find(number), expected) << number;
  }
}

}  // namespace
}  // namespace hub::routing
