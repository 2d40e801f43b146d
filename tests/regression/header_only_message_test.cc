// Symptom: a message of more than 140 octets that was nothing but a user data header counted 0 segments, and so cost nothing.
// Cause:   SegmentCount divided the text behind the header, 0 units, by the room of a part, once the header claimed to be a part.
// Proof:   such a message counts one; found by tests/fuzz/udh_fuzz.cc.
#include <gtest/gtest.h>

#include "protocol/text/segments.h"

namespace smpp {
namespace {

TEST(Regression, AMessageThatIsAllHeaderIsNotFree) {
  std::vector<std::uint8_t> text(200, 0);
  text[0] = 199;  // the header is all there is
  text[1] = kUdhConcat8;
  text[2] = 3;
  text[4] = 2;  // of two
  text[5] = 1;  // the first
  text[6] = 0x70;
  text[7] = 192;
  ASSERT_TRUE(ConcatOfUdh(text));
  for (const std::uint8_t data_coding : std::initializer_list<std::uint8_t>{0x00, 0x04, 0x08}) {
    EXPECT_EQ(SegmentCount(data_coding, 0x40, text, true), 1u);
    EXPECT_EQ(SegmentCount(data_coding, 0x40, text, false), 1u);
  }
}

}  // namespace
}  // namespace smpp
