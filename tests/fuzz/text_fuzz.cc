// GSM 7-bit, UCS-2 and UTF-8: no text grows beyond its bound, and what is converted comes back.
#include "protocol/text/gsm7.h"
#include "protocol/text/ucs2.h"
#include "protocol/text/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace {

using hub::fuzz::Octets;
using smpp::Bytes;

bool HasReplacement(std::string_view utf8) {
  while (!utf8.empty()) {
    if (smpp::TakeUtf8(utf8) == smpp::kReplacement) return true;
  }
  return false;
}

void Gsm7(Bytes octets) {
  const std::string utf8 = smpp::Utf8FromGsm7(octets);
  FUZZ_CHECK(utf8.size() <= 3 * octets.size());
  if (HasReplacement(utf8)) return;
  const auto septets = smpp::Gsm7FromUtf8(utf8);
  FUZZ_CHECK(septets && std::equal(septets->begin(), septets->end(), octets.begin(), octets.end()));
}

void Packing(Bytes octets, unsigned fill_bits) {
  const Octets packed = smpp::PackSeptets(octets, fill_bits);
  FUZZ_CHECK(packed.size() == smpp::PackedOctets(octets.size(), fill_bits) || octets.empty());
  const Octets back = smpp::UnpackSeptets(packed, octets.size(), fill_bits);
  FUZZ_CHECK(back.size() == octets.size());
  for (std::size_t i = 0; i < back.size(); ++i) FUZZ_CHECK(back[i] == (octets[i] & 0x7F));
  FUZZ_CHECK(smpp::UnpackSeptets(octets, 4096, fill_bits).size() <= (octets.size() * 8 + 6) / 7);
}

void Ucs2(Bytes octets) {
  const std::string utf8 = smpp::Utf8FromUcs2(octets);
  FUZZ_CHECK(utf8.size() <= 3 * ((octets.size() + 1) / 2));
  if (HasReplacement(utf8)) return;
  const Octets back = smpp::Ucs2FromUtf8(utf8);
  FUZZ_CHECK(std::equal(back.begin(), back.end(), octets.begin(), octets.end()));
}

void Utf8(std::string_view text) {
  std::string again;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t before = rest.size();
    smpp::AppendUtf8(again, smpp::TakeUtf8(rest));
    FUZZ_CHECK(rest.size() < before);
  }
  FUZZ_CHECK(HasReplacement(text) || again == text);
  const auto count = smpp::CountSeptets(text);
  const auto septets = smpp::Gsm7FromUtf8(text);
  FUZZ_CHECK(count.has_value() == septets.has_value());
  FUZZ_CHECK(!count || *count == septets->size());
  FUZZ_CHECK(smpp::Ucs2FromUtf8(text).size() <= 2 * text.size());
}

}  // namespace

// First octet: fill bits; the rest is octets in every alphabet at once.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hub::fuzz::Input in(data, size);
  const unsigned fill_bits = in.U8() % 7u;
  const Bytes octets = in.Rest();
  Gsm7(octets);
  Packing(octets, fill_bits);
  Ucs2(octets);
  Utf8(smpp::AsText(octets));
  return 0;
}
