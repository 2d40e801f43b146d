#include "server/admin/explain_text.h"

#include "protocol/text/alphabet.h"
#include "protocol/text/gsm7.h"
#include "protocol/text/ucs2.h"
#include "protocol/text/utf8.h"

namespace hub::admin {
namespace {

constexpr std::uint8_t kIa5 = 0x01, kLatin1 = 0x03;
using Octets = std::vector<std::uint8_t>;

// Appends one character; false when the coding has none for it.
bool Append(std::string_view character, std::uint8_t data_coding, Octets* octets) {
  if (data_coding == kIa5 || data_coding == kLatin1) {
    const char32_t c = smpp::TakeUtf8(character);
    octets->push_back(static_cast<std::uint8_t>(c));
    return c < (data_coding == kIa5 ? 0x80 : 0x100);
  }
  const auto septets = smpp::Gsm7FromUtf8(character);
  if (septets) octets->insert(octets->end(), septets->begin(), septets->end());
  return septets.has_value();
}

Denial CannotHold(std::size_t place, std::uint8_t data_coding) {
  return {Code::kUsage,
          Error{.doing = "explain",
                .why = "character " + std::to_string(place) +
                       " of the text is not in data_coding " + std::to_string(data_coding) + ", " +
                       std::string(smpp::DataCodingName(data_coding)),
                .place = {},
                .sqlstate = {},
                .advice = "data_coding 8 holds every character"}};
}

}  // namespace

Answer<Octets> OctetsOf(std::string_view utf8, std::uint8_t data_coding) {
  const smpp::Alphabet alphabet = smpp::AlphabetOf(data_coding);
  if (alphabet == smpp::Alphabet::kUcs2) return smpp::Ucs2FromUtf8(utf8);
  if (alphabet == smpp::Alphabet::kOctets && data_coding != kLatin1) {
    return Octets(utf8.begin(), utf8.end());
  }
  Octets octets;
  for (std::size_t place = 1; !utf8.empty(); ++place) {
    const std::string_view rest = utf8;
    smpp::TakeUtf8(utf8);
    const std::string_view character = rest.substr(0, rest.size() - utf8.size());
    if (!Append(character, data_coding, &octets)) return Err{CannotHold(place, data_coding)};
  }
  return octets;
}

}  // namespace hub::admin
