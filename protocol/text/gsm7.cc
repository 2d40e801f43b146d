#include "protocol/text/gsm7.h"

#include "protocol/text/utf8.h"

namespace smpp {
namespace {

constexpr char16_t kTable[128] = {
#define GSM7_ROW(a, b, c, d, e, f, g, h) a, b, c, d, e, f, g, h,
#include "protocol/text/gsm7.def"
#undef GSM7_ROW
};

struct Extension {
  std::uint8_t septet;
  char16_t code_point;
};

constexpr Extension kExtensions[] = {
#define GSM7_EXTENSION(septet, code_point) {septet, code_point},
#include "protocol/text/gsm7.def"
#undef GSM7_EXTENSION
};

/// Calls `put` for each septet of the text; false at the first character that has none.
template <class Put>
bool ForEachSeptet(std::string_view utf8, Put put) {
  while (!utf8.empty()) {
    const char32_t c = TakeUtf8(utf8);
    bool found = false;
    for (std::uint8_t i = 0; i < 128 && !found; ++i) {
      found = kTable[i] == c && i != kGsm7Escape;
      if (found) put(i);
    }
    for (const Extension& e : kExtensions) {
      if (found || e.code_point != c) continue;
      put(kGsm7Escape);
      put(e.septet);
      found = true;
    }
    if (!found) return false;
  }
  return true;
}

char32_t Escaped(std::uint8_t septet) {
  for (const Extension& e : kExtensions) {
    if (e.septet == septet) return e.code_point;
  }
  return kReplacement;
}

}  // namespace

std::optional<std::size_t> CountSeptets(std::string_view utf8) {
  std::size_t septets = 0;
  if (!ForEachSeptet(utf8, [&](std::uint8_t) { ++septets; })) return std::nullopt;
  return septets;
}

std::optional<std::vector<std::uint8_t>> Gsm7FromUtf8(std::string_view utf8) {
  std::vector<std::uint8_t> septets;
  if (!ForEachSeptet(utf8, [&](std::uint8_t s) { septets.push_back(s); })) return std::nullopt;
  return septets;
}

char32_t CharacterOfSeptet(std::uint8_t septet) {
  return septet < 128 ? char32_t{kTable[septet]} : kReplacement;
}

std::string Utf8FromGsm7(Bytes septets) {
  std::string utf8;
  for (std::size_t i = 0; i < septets.size(); ++i) {
    const std::uint8_t septet = septets[i];
    if (septet == kGsm7Escape) {
      AppendUtf8(utf8, ++i < septets.size() ? Escaped(septets[i]) : kReplacement);
    } else {
      AppendUtf8(utf8, septet < 128 ? kTable[septet] : kReplacement);
    }
  }
  return utf8;
}

std::vector<std::uint8_t> PackSeptets(Bytes septets, unsigned fill_bits) {
  std::vector<std::uint8_t> packed(PackedOctets(septets.size(), fill_bits));
  std::size_t bit = fill_bits;
  for (const std::uint8_t octet : septets) {
    const unsigned septet = octet & 0x7Fu;
    const unsigned shift = bit % 8;
    packed[bit / 8] = static_cast<std::uint8_t>(packed[bit / 8] | septet << shift);
    if (shift > 1) packed[bit / 8 + 1] = static_cast<std::uint8_t>(septet >> (8 - shift));
    bit += 7;
  }
  return packed;
}

std::vector<std::uint8_t> UnpackSeptets(Bytes packed, std::size_t septets, unsigned fill_bits) {
  std::vector<std::uint8_t> out;
  for (std::size_t bit = fill_bits; out.size() < septets && bit + 7 <= packed.size() * 8;
       bit += 7) {
    const unsigned shift = bit % 8;
    unsigned septet = static_cast<unsigned>(packed[bit / 8]) >> shift;
    if (shift > 1) septet |= static_cast<unsigned>(packed[bit / 8 + 1]) << (8 - shift);
    out.push_back(static_cast<std::uint8_t>(septet & 0x7F));
  }
  return out;
}

}  // namespace smpp
