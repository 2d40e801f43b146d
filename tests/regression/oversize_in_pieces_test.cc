// Symptom: a PDU too long was answered with its sequence_number when its header came at once, and with 0 when it came in pieces.
// Cause:   it was judged on its first four octets, where the sequence_number is not there yet.
// Proof:   the same answer for every split; found by tests/fuzz/framer_fuzz.cc.
#include <gtest/gtest.h>

#include "protocol/wire/framing.h"

namespace smpp {
namespace {

TEST(Regression, ATooLongPduIsAnsweredAlikeHoweverItComes) {
  std::uint8_t header[kHeaderOctets];
  WriteHeader(header, {0x7FFFFFFF, CommandId::submit_sm, Status::ESME_ROK, 42});
  for (std::size_t there = 0; there < kHeaderOctets; ++there) {
    EXPECT_EQ(CutFrame(Bytes(header).first(there), 1000).cut, Cut::kNeedMore) << there;
  }
  const FrameCut cut = CutFrame(header, 1000);
  EXPECT_EQ(cut.cut, Cut::kTooLong);
  EXPECT_EQ(cut.sequence_number, 42u);
}

}  // namespace
}  // namespace smpp
