#include "server/journal/crc32c.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "server/base/random.h"

namespace hub::journal {
namespace {

using Octets = std::vector<std::uint8_t>;

struct CrcCase {
  const char* name;
  Octets octets;
  std::uint32_t crc;
};

Octets Counting(bool up) {
  Octets octets(32);
  std::iota(octets.begin(), octets.end(), std::uint8_t{0});
  if (!up) std::reverse(octets.begin(), octets.end());
  return octets;
}

Octets ScsiRead() {
  return {0x01, 0xc0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,    0, 0, 0, 0,
          0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
          0x28, 0,    0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,    0, 0, 0, 0};
}

// RFC 3720 B.4 prints the CRC's octets in the order of the wire, lowest first.
const CrcCase kRfc3720[] = {
    {"ThirtyTwoZeroes", Octets(32, 0x00), 0x8a9136aa},
    {"ThirtyTwoOnes", Octets(32, 0xff), 0x62a8ab43},
    {"CountingUp", Counting(true), 0x46dd794e},
    {"CountingDown", Counting(false), 0x113fdb5c},
    {"ScsiRead10", ScsiRead(), 0xd9963a56},
    {"CheckOfTheCatalogue", {'1', '2', '3', '4', '5', '6', '7', '8', '9'}, 0xe3069283},
    {"Nothing", {}, 0},
};

class Crc32cTest : public testing::TestWithParam<CrcCase> {};

TEST_P(Crc32cTest, EqualsTheRfc) {
  EXPECT_EQ(Crc32c(0, GetParam().octets), GetParam().crc);
  EXPECT_EQ(Crc32cByTable(0, GetParam().octets), GetParam().crc);
}

INSTANTIATE_TEST_SUITE_P(Rfc3720, Crc32cTest, testing::ValuesIn(kRfc3720),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Crc32c, OfPiecesIsThatOfTheWhole) {
  Random random(1);
  Octets octets(300);
  for (auto& octet : octets) octet = static_cast<std::uint8_t>(random.Next());
  const smpp::Bytes all(octets);
  for (std::size_t cut = 0; cut <= all.size(); ++cut)
    EXPECT_EQ(Crc32c(Crc32c(0, all.first(cut)), all.subspan(cut)), Crc32cByTable(0, all)) << cut;
}

}  // namespace
}  // namespace hub::journal
