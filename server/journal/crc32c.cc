#include "server/journal/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace hub::journal {
namespace {

constexpr std::uint32_t kReflectedPolynomial = 0x82F63B78u;  // 0x1EDC6F41, lowest bit first

using Table = std::array<std::array<std::uint32_t, 256>, 8>;

// Row 0 is the CRC of one octet; row n the CRC of that octet followed by n zeroes: eight octets in one step.
constexpr Table MakeTable() {
  Table table{};
  for (std::uint32_t octet = 0; octet < 256; ++octet) {
    std::uint32_t crc = octet;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? kReflectedPolynomial : 0);
    table[0][octet] = crc;
  }
  for (std::size_t row = 1; row < table.size(); ++row)
    for (std::size_t octet = 0; octet < 256; ++octet)
      table[row][octet] = (table[row - 1][octet] >> 8) ^ table[0][table[row - 1][octet] & 0xff];
  return table;
}

constexpr Table kTable = MakeTable();

std::uint32_t EightOctets(std::uint32_t crc, const std::uint8_t* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  word ^= crc;
  std::uint32_t next = 0;
  for (std::size_t i = 0; i < 8; ++i) next ^= kTable[7 - i][(word >> (8 * i)) & 0xff];
  return next;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t ByInstruction(std::uint32_t crc,
                                                              smpp::Bytes octets) {
  const std::uint8_t* at = octets.data();
  std::size_t left = octets.size();
  std::uint64_t state = ~crc;
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    state = _mm_crc32_u64(state, word);
  }
  auto low = static_cast<std::uint32_t>(state);
  if ((left & 4) != 0) {
    std::uint32_t word;
    std::memcpy(&word, at, sizeof word);
    low = _mm_crc32_u32(low, word);
    at += sizeof word;
  }
  for (left &= 3; left > 0; ++at, --left) low = _mm_crc32_u8(low, *at);
  return ~low;
}

using Function = std::uint32_t (*)(std::uint32_t, smpp::Bytes);

Function Choose() { return __builtin_cpu_supports("sse4.2") ? ByInstruction : Crc32cByTable; }
#endif

}  // namespace

std::uint32_t Crc32cByTable(std::uint32_t crc, smpp::Bytes octets) {
  const std::uint8_t* at = octets.data();
  std::size_t left = octets.size();
  crc = ~crc;
  for (; left >= 8; at += 8, left -= 8) crc = EightOctets(crc, at);
  for (; left > 0; ++at, --left) crc = (crc >> 8) ^ kTable[0][(crc ^ *at) & 0xff];
  return ~crc;
}

std::uint32_t Crc32c(std::uint32_t crc, smpp::Bytes octets) {
#if defined(__x86_64__)
  static const Function chosen = Choose();
  return chosen(crc, octets);
#else
  return Crc32cByTable(crc, octets);
#endif
}

}  // namespace hub::journal
