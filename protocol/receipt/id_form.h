// Forms of a supplier's message id: the same number in another base, another case, another padding.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace smpp {

/// How a supplier writes its id in responses and how in receipts. A setting of the supplier.
enum class IdProfile : std::uint8_t {
  same,        // octet for octet
  hex_to_dec,  // response in hexadecimal, receipt in decimal
  dec_to_hex,  // response in decimal, receipt in hexadecimal
  automatic,   // case and leading zeros never matter; both bases are tried
};

/// "hex_to_dec"; "auto" for automatic.
std::string_view IdProfileName(IdProfile profile);
std::optional<IdProfile> ParseIdProfile(std::string_view name);

/// An id by value, 64 characters at most (a longer one is cut), no allocation: good as a key of a
/// map.
struct IdText {
  static constexpr std::size_t kCharsMax = 64;

  std::array<char, kCharsMax> chars{};  // 0 behind `size`, so that == may compare all of them
  std::uint8_t size = 0;

  std::string_view view() const { return {chars.data(), size}; }
  bool operator==(const IdText&) const = default;
};

/// The key under which an id of a response is remembered and an id of a receipt is looked up: equal
/// for the two forms of one id that the profile knows. Numbers up to 2^64-1 are brought to decimal;
/// what is no such number (a UUID, a longer run of digits) is opaque and only case-folded. `same`
/// changes nothing.
IdText CanonicalId(IdProfile profile, std::string_view id, bool is_from_receipt);

/// What to look up for the id of a receipt, most likely first, none twice:
///   same                     the id
///   hex_to_dec, dec_to_hex   the id in the receipt's form, then in the response's: some suppliers
///   convert the id of the
///                            text and not that of the TLV
///   automatic                the id itself, then read as hexadecimal, then written as hexadecimal
/// Two hits on different messages are no hit: nobody can tell whose it is.
struct IdCandidates {
  static constexpr std::size_t kMax = 3;

  std::array<IdText, kMax> ids{};
  std::size_t count = 0;

  const IdText* begin() const { return ids.data(); }
  const IdText* end() const { return ids.data() + count; }
};
IdCandidates ReceiptIdCandidates(IdProfile profile, std::string_view id);

}  // namespace smpp
