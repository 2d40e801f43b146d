// User data headers and what is counted by them: the walk stays inside the header, a count is never absurd.
#include "protocol/text/segments.h"
#include "tests/fuzz/fuzz.h"

// First two octets: data_coding and esm_class; the rest is the text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  hub::fuzz::Input in(data, size);
  const std::uint8_t data_coding = in.U8(), esm_class = in.U8();
  const smpp::Bytes text = in.Rest();
  const std::size_t header = smpp::UdhOctets(text);
  FUZZ_CHECK(header <= text.size());

  std::size_t octets = header == 0 ? 0 : 1;
  smpp::UdhCursor cursor(text);
  smpp::UdhElement element;
  while (cursor.Next(element)) octets += 2 + element.data.size();
  FUZZ_CHECK(octets <= std::max<std::size_t>(header, 1));
  FUZZ_CHECK(smpp::BeginsWithUdh(text) == (octets > 1 && octets == header));

  const std::optional<smpp::Concat> concat = smpp::ConcatOfUdh(text);
  FUZZ_CHECK(!concat || (concat->part >= 1 && concat->part <= concat->total && header >= 6));
  for (const bool has_concat : {false, true}) {
    const std::uint32_t segments = smpp::SegmentCount(data_coding, esm_class, text, has_concat);
    FUZZ_CHECK(segments >= 1 && segments <= text.size() + 1);
  }
  return 0;
}
