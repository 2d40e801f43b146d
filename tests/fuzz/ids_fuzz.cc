// Ids of suppliers in all their forms, and times: bounded, the same for both forms of one number, the same when written again.
#include "protocol/pdu/smpp_time.h"
#include "protocol/receipt/id_form.h"
#include "tests/fuzz/fuzz.h"

namespace {

using hub::fuzz::Input;
using smpp::IdProfile;

constexpr IdProfile kProfiles[] = {IdProfile::same, IdProfile::hex_to_dec, IdProfile::dec_to_hex,
                                   IdProfile::automatic};

void CheckId(std::string_view id) {
  for (const IdProfile profile : kProfiles) {
    FUZZ_CHECK(smpp::ParseIdProfile(smpp::IdProfileName(profile)) == profile);
    const smpp::IdCandidates candidates = smpp::ReceiptIdCandidates(profile, id);
    FUZZ_CHECK(candidates.count >= 1 && candidates.count <= smpp::IdCandidates::kMax);
    FUZZ_CHECK(*candidates.begin() == smpp::CanonicalId(profile, id, true));
    for (std::size_t i = 1; i < candidates.count; ++i) {
      FUZZ_CHECK(!(candidates.ids[i] == candidates.ids[i - 1]));
    }
  }
}

/// One number as a supplier writes it in its response and in its receipt is one key.
void CheckNumber(std::uint64_t value) {
  char hex[17], dec[21];
  std::snprintf(hex, sizeof hex, "%llX", static_cast<unsigned long long>(value));
  std::snprintf(dec, sizeof dec, "%llu", static_cast<unsigned long long>(value));
  FUZZ_CHECK(smpp::CanonicalId(IdProfile::hex_to_dec, hex, false) ==
             smpp::CanonicalId(IdProfile::hex_to_dec, dec, true));
  FUZZ_CHECK(smpp::CanonicalId(IdProfile::dec_to_hex, dec, false) ==
             smpp::CanonicalId(IdProfile::dec_to_hex, hex, true));
}

void CheckTime(std::string_view text, smpp::Moment now) {
  const std::optional<smpp::Moment> moment = smpp::ParseTime(text, now);
  if (!moment) return;
  FUZZ_CHECK(text.size() == smpp::kTimeChars);
  const auto written = smpp::WriteTime(*moment);
  const std::optional<smpp::Moment> again = smpp::ParseTime({written.data(), written.size()}, now);
  FUZZ_CHECK(again.has_value());
  const auto written_again = smpp::WriteTime(*again);
  FUZZ_CHECK(written == written_again);
}

}  // namespace

// A number, a moment, and a text that is taken for an id and for a time.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const std::uint64_t high = in.U32();
  CheckNumber(high << 32 | in.U32());
  const smpp::Moment now{std::chrono::seconds(in.U32())};
  const std::string_view text = smpp::AsText(in.Rest());
  CheckId(text);
  CheckTime(text, now);
  return 0;
}
