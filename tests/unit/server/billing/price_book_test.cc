#include "server/billing/price_book.h"

#include <gtest/gtest.h>

#include <limits>

namespace hub::billing {
namespace {

constexpr std::int64_t kDeck = 7;
constexpr std::int64_t kTen = 1, kOhTen = 2, kOther = 3,
                       kUnknown = 99;  // networks 234-10, 234-010, 234-20

store::RateRow Rate(std::int64_t rate_id, const char* mnc, const char* prefix,
                    const char* message_class, store::Validity valid = {}) {
  store::RateRow row;
  row.rate_id = rate_id;
  row.deck_id = kDeck;
  row.mcc = "234";
  row.mnc = mnc;
  row.prefix = prefix;
  row.message_class = message_class;
  row.price = {rate_id * 1'000};
  row.valid = valid;
  return row;
}

store::Catalog World() {
  store::Catalog catalog;
  catalog.networks = {{kTen, "234", "10", "GB", "Ten"},
                      {kOhTen, "234", "010", "GB", "Oh ten"},
                      {kOther, "234", "20", "GB", "Other"}};
  catalog.decks = {{kDeck, "retail", "EUR", store::DeckUnit::kSegment},
                   {8, "empty", "EUR", store::DeckUnit::kMessage}};
  catalog.rates = {Rate(1, "", "", "any"),
                   Rate(2, "10", "", "any"),
                   Rate(3, "10", "", "otp"),
                   Rate(4, "", "4477", "any"),
                   Rate(5, "10", "447700", "any"),
                   Rate(6, "", "", "promo"),
                   Rate(7, "20", "", "any", {100, 200}),
                   Rate(8, "20", "", "any", {200, 300})};
  catalog.rates.push_back(Rate(9, "20", "4488", "any"));
  catalog.rates.back().blocked = true;
  return catalog;
}

struct FindCase {
  const char* name;
  std::int64_t network;
  const char* e164;
  const char* message_class;
  std::int64_t at_us;
  std::int64_t rate_id;  // 0: none
};

constexpr FindCase kFindCases[] = {
    {"CountryDefault", kOhTen, "441", "p2p", 0, 1},
    {"NetworkBeforeCountry", kTen, "441", "p2p", 0, 2},
    {"ClassBeforeAny", kTen, "441", "otp", 0, 3},
    {"NetworkOfAnyClassBeforeCountryOfTheClass", kTen, "441", "promo", 0, 2},
    {"CountryOfTheClass", kOhTen, "441", "promo", 0, 6},
    {"PrefixBeforeNetworkAndClass", kTen, "44770", "otp", 0, 4},
    {"LongestPrefix", kTen, "447700900123", "otp", 0, 5},
    {"PrefixOfAnotherNetworkDoesNotCount", kOhTen, "447700900123", "otp", 0, 4},
    {"BeforeValidity", kOther, "441", "any", 99, 1},
    {"FirstMoment", kOther, "441", "any", 100, 7},
    {"LastMoment", kOther, "441", "any", 199, 7},
    {"NextRow", kOther, "441", "any", 200, 8},
    {"AfterValidity", kOther, "441", "any", 300, 1},
    {"Blocked", kOther, "4488", "any", 200, 9},
    {"ShorterThanThePrefix", kTen, "4", "any", 0, 2},
    {"UnknownNetwork", kUnknown, "441", "any", 0, 0},
};

class FindTest : public testing::TestWithParam<FindCase> {};
INSTANTIATE_TEST_SUITE_P(Specificity, FindTest, testing::ValuesIn(kFindCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_P(FindTest, TakesTheMostSpecificRowValidThen) {
  const FindCase& c = GetParam();
  const PriceBook book(World());
  const Price price = book.Find(kDeck, c.network, c.e164, c.message_class, FromMicros(c.at_us));
  EXPECT_EQ(price.rate_id, c.rate_id);
  const PriceState expected = c.rate_id == 0   ? PriceState::kNone
                              : c.rate_id == 9 ? PriceState::kBlocked
                                               : PriceState::kPriced;
  EXPECT_EQ(price.state, expected);
  EXPECT_EQ(price.rate, Nano{c.rate_id * 1'000});
}

TEST(PriceBook, ADeckWithoutARowIsClosedNeverFree) {
  const PriceBook book(World());
  EXPECT_EQ(book.Find(8, kTen, "441", "any", FromMicros(0)).state, PriceState::kNone);
  EXPECT_EQ(book.Find(1234, kTen, "441", "any", FromMicros(0)).state, PriceState::kNone);
}

TEST(AmountOf, IsExactAndRefusesWhatDoesNotFit) {
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  Nano amount;
  EXPECT_TRUE(
      AmountOf({PriceState::kPriced, 1, {20'000'001}, store::DeckUnit::kSegment}, 3, &amount));
  EXPECT_EQ(amount, Nano{60'000'003});
  EXPECT_TRUE(
      AmountOf({PriceState::kPriced, 1, {20'000'001}, store::DeckUnit::kMessage}, 3, &amount));
  EXPECT_EQ(amount, Nano{20'000'001});
  EXPECT_TRUE(AmountOf({PriceState::kPriced, 1, {kMax}, store::DeckUnit::kSegment}, 1, &amount));
  EXPECT_FALSE(
      AmountOf({PriceState::kPriced, 1, {kMax / 2 + 1}, store::DeckUnit::kSegment}, 2, &amount));
  EXPECT_FALSE(AmountOf({PriceState::kPriced, 1, {1}, store::DeckUnit::kSegment}, 0, &amount));
  EXPECT_FALSE(AmountOf({PriceState::kBlocked, 1, {1}, store::DeckUnit::kSegment}, 1, &amount));
  EXPECT_FALSE(AmountOf({}, 1, &amount));
}

}  // namespace
}  // namespace hub::billing
