#include "server/journal/journal_id.h"

#include <cstddef>
#include <random>

namespace hub::journal {
namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kTextOctets = 36;

constexpr bool IsDash(std::size_t at) { return at == 8 || at == 13 || at == 18 || at == 23; }

}  // namespace

std::string JournalId::Text() const {
  std::string text;
  for (const std::uint8_t octet : octets) {
    if (IsDash(text.size())) text += '-';
    text += kDigits[octet >> 4];
    text += kDigits[octet & 0x0f];
  }
  return text;
}

std::optional<JournalId> JournalId::FromText(std::string_view text) {
  if (text.size() != kTextOctets) return std::nullopt;
  JournalId id;
  std::size_t nibbles = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (IsDash(at) && text[at] == '-') continue;
    const std::size_t value = kDigits.find(text[at]);
    if (IsDash(at) || value == std::string_view::npos) return std::nullopt;
    std::uint8_t& octet = id.octets[nibbles / 2];
    octet = static_cast<std::uint8_t>(octet << 4 | value);
    ++nibbles;
  }
  return id;
}

JournalId JournalId::MakeRandom() {
  std::random_device device;
  JournalId id;
  for (std::uint8_t& octet : id.octets) octet = static_cast<std::uint8_t>(device());
  id.octets[6] = static_cast<std::uint8_t>((id.octets[6] & 0x0f) | 0x40);
  id.octets[8] = static_cast<std::uint8_t>((id.octets[8] & 0x3f) | 0x80);
  return id;
}

}  // namespace hub::journal
