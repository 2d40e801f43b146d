#include "server/base/blake2b.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "server/base/check.h"

namespace hub {
namespace {

constexpr std::array<std::uint64_t, 8> kIv = {  // §2.6
    0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
    0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179};

constexpr std::uint8_t kSigma[10][16] = {  // §2.7
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

constexpr int kRounds = 12;

std::uint64_t ReadLittle(const std::uint8_t* p) {
  std::uint64_t v = 0;
  for (int i = 7; i >= 0; --i) v = v << 8 | p[i];
  return v;
}

using Words = std::array<std::uint64_t, 16>;

inline void Mix(Words& v, int a, int b, int c, int d, std::uint64_t x, std::uint64_t y) {  // §3.1
  const auto at = [&v](int i) -> std::uint64_t& { return v[static_cast<std::size_t>(i)]; };
  at(a) += at(b) + x;
  at(d) = std::rotr(at(d) ^ at(a), 32);
  at(c) += at(d);
  at(b) = std::rotr(at(b) ^ at(c), 24);
  at(a) += at(b) + y;
  at(d) = std::rotr(at(d) ^ at(a), 16);
  at(c) += at(d);
  at(b) = std::rotr(at(b) ^ at(c), 63);
}

}  // namespace

Blake2b128::Blake2b128() : state_(kIv) { state_[0] ^= 0x01010000 ^ kDigestOctets; }  // §3.3

Blake2b128::Blake2b128(smpp::Bytes key) : Blake2b128() {
  HUB_CHECK(!key.empty() && key.size() <= 64);
  state_[0] ^= key.size() << 8;
  Update(key);  // padded with zeros to a whole block: §2.9
  filled_ = kBlockOctets;
}

void Blake2b128::Update(smpp::Bytes octets) {
  while (!octets.empty()) {
    if (filled_ == kBlockOctets) Compress(false);
    const std::size_t taken = std::min(octets.size(), kBlockOctets - filled_);
    std::memcpy(block_.data() + filled_, octets.data(), taken);
    filled_ += taken;
    octets = octets.subspan(taken);
  }
}

Blake2b128::Digest Blake2b128::Finish() {
  std::fill(block_.begin() + static_cast<std::ptrdiff_t>(filled_), block_.end(), std::uint8_t{0});
  Compress(true);
  Digest digest;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<std::uint8_t>(state_[i / 8] >> i % 8 * 8);
  }
  return digest;
}

void Blake2b128::Compress(bool is_last) {  // §3.2
  compressed_ += filled_;
  filled_ = 0;
  Words m, v;
  for (std::size_t i = 0; i < m.size(); ++i) m[i] = ReadLittle(block_.data() + i * 8);
  std::copy(state_.begin(), state_.end(), v.begin());
  std::copy(kIv.begin(), kIv.end(), v.begin() + 8);
  v[12] ^= compressed_;
  if (is_last) v[14] = ~v[14];
  for (int round = 0; round < kRounds; ++round) {
    const std::uint8_t* s = kSigma[round % 10];
    Mix(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
    Mix(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
    Mix(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
    Mix(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
    Mix(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
    Mix(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
    Mix(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
    Mix(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (std::size_t i = 0; i < state_.size(); ++i) state_[i] ^= v[i] ^ v[i + 8];
}

}  // namespace hub
