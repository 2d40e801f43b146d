#include "server/access/address.h"

#include <gtest/gtest.h>

#include <random>

namespace hub::access {
namespace {

using Texts = std::vector<std::string>;

Address At(std::string_view text) {
  const auto address = ParseAddress(text);
  EXPECT_TRUE(address) << text;
  return address.value_or(Address{});
}

TEST(Address, AMappedV4AddressIsTheV4One) {
  EXPECT_EQ(At("::ffff:192.0.2.7"), At("192.0.2.7"));
  EXPECT_TRUE(At("192.0.2.7").is_v4());
  EXPECT_FALSE(At("2001:db8::1").is_v4());
}

TEST(Address, IsReadFromAPeerOfEitherFamily) {
  EXPECT_EQ(AddressOfPeer("192.0.2.7:40112"), At("192.0.2.7"));
  EXPECT_EQ(AddressOfPeer("[2001:db8::1]:40112"), At("2001:db8::1"));
  EXPECT_EQ(AddressOfPeer("[::ffff:192.0.2.7]:1"), At("192.0.2.7"));
  EXPECT_EQ(AddressOfPeer("[fe80::1%eth0]:1"), At("fe80::1"));
  EXPECT_EQ(AddressOfPeer("unix"), std::nullopt);
  EXPECT_EQ(AddressOfPeer("host:1"), std::nullopt);
}

TEST(Address, OneHostOfV6IsA64) {
  EXPECT_EQ(SourceOf(At("2001:db8::1")), SourceOf(At("2001:db8::ffff:1:2:3")));
  EXPECT_NE(SourceOf(At("2001:db8::1")), SourceOf(At("2001:db8:0:1::1")));
  EXPECT_NE(SourceOf(At("192.0.2.7")), SourceOf(At("192.0.2.8")));
}

struct ListCase {
  const char* name;
  Texts list;
  const char* address;
  bool allowed;
};
class AddressLists : public testing::TestWithParam<ListCase> {};

TEST_P(AddressLists, Allow) {
  const ListCase& c = GetParam();
  EXPECT_EQ(AddressList(c.list).Allows(At(c.address)), c.allowed);
}

const ListCase kLists[] = {
    {"EmptyAllowsAll", {}, "192.0.2.7", true},
    {"Inside", {"192.0.2.0/24"}, "192.0.2.255", true},
    {"Outside", {"192.0.2.0/24"}, "192.0.3.0", false},
    {"OddMaskInside", {"192.0.2.64/26"}, "192.0.2.127", true},
    {"OddMaskOutside", {"192.0.2.64/26"}, "192.0.2.128", false},
    {"AnAddressAlone", {"192.0.2.7"}, "192.0.2.7", true},
    {"AnotherAddress", {"192.0.2.7"}, "192.0.2.8", false},
    {"TheSecondEntry", {"192.0.2.7", "2001:db8::/32"}, "2001:db8:ffff::1", true},
    {"V6Outside", {"2001:db8::/32"}, "2001:db9::1", false},
    {"EveryV4", {"0.0.0.0/0"}, "203.0.113.9", true},
    {"EveryV4IsNoV6", {"0.0.0.0/0"}, "2001:db8::1", false},
    {"EveryV6", {"::/0"}, "2001:db8::1", true},
    {"EveryV6IsNoV4", {"::/0"}, "192.0.2.7", false},
    {"MappedEntry", {"::ffff:192.0.2.0/120"}, "192.0.2.9", true},
    {"MappedAddress", {"192.0.2.0/24"}, "::ffff:192.0.2.9", true},
    // Whatever else it says: a list that cannot be read lets nobody in.
    {"BadEntry", {"192.0.2.0/24", "192.0.2.x"}, "192.0.2.7", false},
    {"NullEntry", {"NULL"}, "192.0.2.7", false},
    {"EmptyEntry", {""}, "192.0.2.7", false},
};
INSTANTIATE_TEST_SUITE_P(Table, AddressLists, testing::ValuesIn(kLists),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(AddressList, SaysWhatItCannotRead) {
  EXPECT_EQ(AddressList(Texts{"10.0.0.0/8"}).bad(), "");
  EXPECT_EQ(AddressList(Texts{"10.0.0.1/8"}).bad(),
            "\"10.0.0.1/8\" has bits to the right of its mask");
  EXPECT_EQ(AddressList(Texts{"10.0.0.0/33"}).bad(), "\"10.0.0.0/33\" has no mask of 0 to 32 bits");
  EXPECT_EQ(AddressList(Texts{"10.0.0.0/"}).bad(), "\"10.0.0.0/\" has no mask of 0 to 32 bits");
  EXPECT_EQ(AddressList(Texts{"::/129"}).bad(), "\"::/129\" has no mask of 0 to 128 bits");
  EXPECT_EQ(AddressList(Texts{"acme.example"}).bad(),
            "\"acme.example\" is no address and no network");
  EXPECT_EQ(AddressList(Texts{"fe80::1%eth0"}).bad(),
            "\"fe80::1%eth0\" is no address and no network");
}

// Half the world in a list is no sign that we know who comes from there.
TEST(AddressList, WideEntriesNameNobody) {
  EXPECT_TRUE(AddressList(Texts{"10.1.0.0/16"}).Names(At("10.1.2.3")));
  EXPECT_FALSE(AddressList(Texts{"10.0.0.0/15"}).Names(At("10.1.2.3")));
  EXPECT_TRUE(AddressList(Texts{"2001:db8::/32"}).Names(At("2001:db8::1")));
  EXPECT_FALSE(AddressList(Texts{"2000::/3"}).Names(At("2001:db8::1")));
  EXPECT_FALSE(AddressList().Names(At("10.1.2.3")));
  AddressList all;
  all.AddNames(AddressList(Texts{"10.0.0.0/15", "192.0.2.7"}));
  EXPECT_TRUE(all.Names(At("192.0.2.7")));
  EXPECT_FALSE(all.Names(At("10.1.2.3")));
}

// However many networks a list has, it says what each of them says.
TEST(AddressList, SaysWhatItsNetworksSayOneByOne) {
  std::mt19937 random(7);
  std::vector<std::string> texts;
  std::vector<Network> networks;
  const auto number = [&](unsigned below) { return random() % below; };
  while (texts.size() < 200) {
    std::string text;
    if (number(3) == 0) {  // of these some are too wide to name anybody
      text = "10." + std::to_string(number(16) * 4) + ".0.0/" + std::to_string(12 + number(8));
    } else if (number(2) == 0) {
      text = "10.200." + std::to_string(number(256)) + "." + std::to_string(number(4) * 64) + "/" +
             std::to_string(20 + number(13));
    } else {
      text = "2001:" + std::to_string(number(8)) + "::/" + std::to_string(16 + number(112));
    }
    const auto network = ParseNetwork(text);
    if (!network) continue;  // bits to the right of its mask
    texts.push_back(text);
    networks.push_back(*network);
  }
  const AddressList list(texts);
  for (int i = 0; i < 2'000; ++i) {
    const std::string last = std::to_string(number(256));
    const Address address =
        *ParseAddress(number(2) == 0 ? "10." + std::to_string(number(256)) + "." + last + ".7"
                                     : "2001:" + std::to_string(number(16)) + ":" + last + "::1");
    const unsigned narrow = address.is_v4() ? 96 + 16 : 32;
    bool contains = false, names = false;
    for (const Network& each : networks) {
      contains |= each.Contains(address);
      names |= each.Contains(address) && each.bits >= narrow;
    }
    EXPECT_EQ(list.Contains(address), contains);
    EXPECT_EQ(list.Names(address), names);
  }
}

}  // namespace
}  // namespace hub::access
