#include "server/base/blake2b.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hub {
namespace {

using Octets = std::vector<std::uint8_t>;

std::string Hex(smpp::Bytes octets) {
  std::string out;
  for (const std::uint8_t octet : octets) {
    out += "0123456789abcdef"[octet >> 4];
    out += "0123456789abcdef"[octet & 15];
  }
  return out;
}

struct HashCase {
  std::size_t octets;  // 0, 1, 2 ... 250, 0, 1 ...
  const char* digest;  // by another implementation
};
constexpr HashCase kHashes[] = {
    {0, "cae66941d9efbd404e4d88758ea67670"},   {1, "7025e075d5e2f6cde3cc051a31f07660"},
    {3, "a75c0b0d97360c1ba783496eb6a0395a"},   {127, "28b1296c7d4807883de6ee4ec04dcc0a"},
    {128, "a74787004ef589e31149183900d0294a"}, {129, "aaf1b0371f6d4ee49ee4fb5ddd9c49ef"},
    {255, "e2f3b2a57bcf64d626b37fc9c12674a1"}, {256, "1142c504dcd26338b7cbcf41424540d0"},
    {257, "b77b55d3dddcc45c6a52774565cd0dd6"}, {1000, "bca120dfd89cd95d82898473a5b01c90"},
};

TEST(Blake2b128, IsThatOfRfc7693) {
  for (const HashCase& c : kHashes) {
    Octets octets(c.octets);
    for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<std::uint8_t>(i % 251);
    Blake2b128 whole;
    whole.Update(octets);
    EXPECT_EQ(Hex(whole.Finish()), c.digest) << c.octets;
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{128}}) {
      Blake2b128 pieces;
      for (smpp::Bytes rest = octets; !rest.empty();) {
        const std::size_t taken = std::min(step, rest.size());
        pieces.Update(rest.first(taken));
        rest = rest.subspan(taken);
      }
      EXPECT_EQ(Hex(pieces.Finish()), c.digest) << c.octets << " in steps of " << step;
    }
  }
}

constexpr HashCase kMacs[] = {
    // under the key 1, 2 ... 32
    {0, "e2b54039ff142696133962440acfb945"},   {1, "675a29f38ad6096d4a8c39a9b64726e0"},
    {3, "0bdbc5e2d5333f14531a5f354f0d74ce"},   {127, "49598f645c52384b24eaa82df281c0c0"},
    {128, "e2157f7f7e5128136e1d904d548d2101"}, {129, "dd5fc707fb54be437ba113f767aeb7c4"},
    {255, "4fb54fbb973996b02979f35c4f49d7c9"}, {1000, "2be1d23c5dcd19493d727839f2bb0cdb"},
};

TEST(Blake2b128, WithAKeyIsTheMacOfRfc7693) {
  Octets key(32);
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i + 1);
  for (const HashCase& c : kMacs) {
    Octets octets(c.octets);
    for (std::size_t i = 0; i < octets.size(); ++i) octets[i] = static_cast<std::uint8_t>(i % 251);
    Blake2b128 mac{smpp::Bytes(key)};
    mac.Update(octets);
    EXPECT_EQ(Hex(mac.Finish()), c.digest) << c.octets;
  }
}

}  // namespace
}  // namespace hub
