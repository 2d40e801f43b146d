#include "protocol/receipt/id_form.h"

#include <algorithm>
#include <charconv>

#include "protocol/receipt/ascii.h"

namespace smpp {
namespace {

struct ProfileRow {
  IdProfile profile;
  std::string_view name;
};

constexpr ProfileRow kProfiles[] = {
    {IdProfile::same, "same"},
    {IdProfile::hex_to_dec, "hex_to_dec"},
    {IdProfile::dec_to_hex, "dec_to_hex"},
    {IdProfile::automatic, "auto"},
};

IdText Exact(std::string_view id) {
  IdText text;
  text.size = static_cast<std::uint8_t>(std::min(id.size(), IdText::kCharsMax));
  std::copy_n(id.begin(), text.size, text.chars.begin());
  return text;
}

IdText Folded(std::string_view id) {
  IdText text = Exact(id);
  for (char& c : text.chars) c = AsciiLower(c);
  return text;
}

/// All zeros but the last may go.
std::string_view WithoutLeadingZeros(std::string_view id) {
  const std::size_t first = std::min(id.find_first_not_of('0'), id.size());
  return first == id.size() && first > 0 ? id.substr(first - 1) : id.substr(first);
}

/// The number that all of `id` is in this base; nothing when it is no number or over 2^64-1.
std::optional<std::uint64_t> Number(std::string_view id, int base) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(id.data(), id.data() + id.size(), value, base);
  if (id.empty() || ec != std::errc() || end != id.data() + id.size()) return std::nullopt;
  return value;
}

IdText Written(std::uint64_t value, int base) {
  IdText text;
  const auto [end, ec] =
      std::to_chars(text.chars.data(), text.chars.data() + text.chars.size(), value, base);
  text.size = static_cast<std::uint8_t>(end - text.chars.data());
  return text;
}

void Add(IdCandidates& candidates, const IdText& id) {
  if (std::find(candidates.begin(), candidates.end(), id) != candidates.end()) return;
  candidates.ids[candidates.count++] = id;
}

void AddOtherBase(IdCandidates& candidates, std::string_view id, int from, int to) {
  const std::optional<std::uint64_t> value = Number(id, from);
  if (value) Add(candidates, Written(*value, to));
}

}  // namespace

std::string_view IdProfileName(IdProfile profile) {
  for (const ProfileRow& row : kProfiles) {
    if (row.profile == profile) return row.name;
  }
  return {};
}

std::optional<IdProfile> ParseIdProfile(std::string_view name) {
  for (const ProfileRow& row : kProfiles) {
    if (row.name == name) return row.profile;
  }
  return std::nullopt;
}

IdText CanonicalId(IdProfile profile, std::string_view id, bool is_from_receipt) {
  if (profile == IdProfile::same) return Exact(id);
  if (profile == IdProfile::automatic) return Folded(WithoutLeadingZeros(id));
  const bool is_hex = (profile == IdProfile::hex_to_dec) != is_from_receipt;
  const std::optional<std::uint64_t> value = Number(id, is_hex ? 16 : 10);
  return value ? Written(*value, 10) : Folded(id);
}

IdCandidates ReceiptIdCandidates(IdProfile profile, std::string_view id) {
  IdCandidates candidates;
  Add(candidates, CanonicalId(profile, id, true));
  if (profile == IdProfile::automatic) {
    AddOtherBase(candidates, id, 16, 10);
    AddOtherBase(candidates, id, 10, 16);
  } else {
    Add(candidates, CanonicalId(profile, id, false));
  }
  return candidates;
}

}  // namespace smpp
