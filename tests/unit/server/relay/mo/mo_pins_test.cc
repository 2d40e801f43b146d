// Whose a long mobile originated message is: remembered by its parts' key, bounded in number and time.
#include "server/relay/mo/mo_pins.h"

#include <gtest/gtest.h>

namespace hub::relay {
namespace {

using namespace std::chrono_literals;

const TimePoint kStart{};

std::shared_ptr<ClientState> Client(std::int64_t id) {
  auto client = std::make_shared<ClientState>(1);
  client->client_id = id;
  return client;
}

smpp::MessageView Part(std::string_view from, std::string_view to, smpp::Bytes text) {
  smpp::MessageView view;
  view.source_addr = from;
  view.destination_addr = to;
  view.esm_class = 0x40;
  view.short_message = text;
  return view;
}

TEST(MoPins, RememberTheClientUntilNoPartCameForSoLong) {
  MoPins pins(10, 5s);
  EXPECT_EQ(pins.Find("a", kStart), std::nullopt);
  const auto client = Client(1);
  EXPECT_FALSE(pins.Note("a", client, kStart));
  EXPECT_EQ(pins.Find("a", kStart + 5s), client);
  EXPECT_EQ(pins.Find("a", kStart + 10s), client) << "the look before was a use";
  EXPECT_EQ(pins.Find("a", kStart + 15s + 1ns), std::nullopt);
  EXPECT_EQ(pins.size(), 0u);
}

TEST(MoPins, ALaterWordCounts) {
  MoPins pins(10, 5s);
  pins.Note("a", Client(1), kStart);
  EXPECT_FALSE(pins.Note("a", Client(2), kStart));
  EXPECT_EQ((*pins.Find("a", kStart))->client_id, 2);
  EXPECT_EQ(pins.size(), 1u);
}

TEST(MoPins, ThatAMessageIsNobodysIsNotThatNothingIsKnownOfIt) {
  MoPins pins(10, 5s);
  pins.Note("a", nullptr, kStart);
  const auto client = pins.Find("a", kStart);
  ASSERT_TRUE(client.has_value());
  EXPECT_EQ(*client, nullptr);
}

TEST(MoPins, ForgetTheOneUsedLongestAgo) {
  MoPins pins(2, 5s);
  pins.Note("a", Client(1), kStart);
  pins.Note("b", Client(2), kStart + 1s);
  pins.Find("a", kStart + 2s);
  EXPECT_TRUE(pins.Note("c", Client(3), kStart + 3s));
  EXPECT_TRUE(pins.Find("a", kStart + 3s));
  EXPECT_FALSE(pins.Find("b", kStart + 3s));
  EXPECT_TRUE(pins.Find("c", kStart + 3s));
}

TEST(LongMo, HasAKeyOfEverythingThatItsPartsShare) {
  const std::uint8_t one[] = {5, 0, 3, 7, 2, 1}, two[] = {5, 0, 3, 7, 2, 2};
  const std::uint8_t wide[] = {6, 8, 4, 0, 7, 2, 2}, other[] = {5, 0, 3, 8, 2, 1};
  const auto key = [](std::int64_t supplier, const smpp::MessageView& view) {
    return LongMoKey(supplier, view, *smpp::ConcatOf(view));
  };
  const std::string same = key(1, Part("49", "10", one));
  EXPECT_EQ(key(1, Part("49", "10", two)), same);
  EXPECT_EQ(key(1, Part("49", "10", wide)), same);
  EXPECT_NE(key(2, Part("49", "10", one)), same);
  EXPECT_NE(key(1, Part("4", "910", one)), same);
  EXPECT_NE(key(1, Part("49", "10", other)), same);
}

TEST(LongMo, GoesTogetherByWhatCanBeReadOffItsParts) {
  const std::uint8_t one[] = {5, 0, 3, 7, 2, 1}, two[] = {5, 0, 3, 7, 2, 2};
  const std::uint8_t alone[] = {5, 0, 3, 7, 1, 1}, text[] = {'x', 'y'};
  EXPECT_NE(TogetherOf(Part("49", "10", one)), 0u);
  EXPECT_EQ(TogetherOf(Part("49", "10", one)), TogetherOf(Part("49", "10", two)));
  EXPECT_NE(TogetherOf(Part("49", "10", one)), TogetherOf(Part("49", "11", one)));
  EXPECT_EQ(TogetherOf(Part("49", "10", alone)), 0u);
  EXPECT_EQ(TogetherOf(Part("49", "10", text)), 0u);
}

}  // namespace
}  // namespace hub::relay
