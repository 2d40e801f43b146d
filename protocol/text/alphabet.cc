#include "protocol/text/alphabet.h"

namespace smpp {
namespace {

struct Row {
  std::uint8_t first, last;
  std::string_view what;
};

constexpr Row kRows[] = {
#define ALPHABET(first, last, alphabet, what) {first, last, what},
#include "protocol/text/alphabet.def"
#undef ALPHABET
};

}  // namespace

std::string_view DataCodingName(std::uint8_t data_coding) {
  for (const Row& row : kRows) {
    if (data_coding >= row.first && data_coding <= row.last) return row.what;
  }
  return {};  // not reached: the last row holds every value
}

}  // namespace smpp
