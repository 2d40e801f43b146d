#include "protocol/wire/framing.h"

#include <gtest/gtest.h>

#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

constexpr std::uint32_t kMax = 1000;

TEST(Framing, WaitsUntilAPduIsWhole) {
  const Octets pdu = FromHex("00000014000000150000000000000001aabbccdd");
  for (std::size_t n = 0; n < pdu.size(); ++n) {
    const FrameCut cut = CutFrame(Bytes(pdu).first(n), kMax);
    EXPECT_EQ(cut.cut, Cut::kNeedMore) << n;
    EXPECT_EQ(cut.length, n < 4 ? 0u : 20u) << n;
  }
  EXPECT_EQ(CutFrame(pdu, kMax).cut, Cut::kPdu);
}

TEST(Framing, TakesOnePduOfMany) {
  const Octets two = FromHex("0000001000000015000000000000000100000010");
  const FrameCut cut = CutFrame(two, kMax);
  EXPECT_EQ(cut.cut, Cut::kPdu);
  EXPECT_EQ(cut.length, 16u);
}

TEST(Framing, RefusesALengthTooShortOnItsFirstFourOctets) {
  EXPECT_EQ(CutFrame(FromHex("0000000f"), kMax).cut, Cut::kTooShort);
  EXPECT_EQ(CutFrame(FromHex("00000010"), kMax).cut, Cut::kNeedMore);
}

TEST(Framing, RefusesALengthTooLongWhenItsHeaderIsWhole) {
  for (const char* hex : {"000003e90000000400000000000000", "ffffffff0000000400000000000000"}) {
    EXPECT_EQ(CutFrame(FromHex(hex), kMax).cut, Cut::kNeedMore)
        << "its sequence_number is not there";
    EXPECT_EQ(CutFrame(FromHex(std::string(hex) + "02"), kMax).cut, Cut::kTooLong);
  }
  EXPECT_EQ(CutFrame(FromHex("000003e800000004000000000000000102"), kMax).cut, Cut::kNeedMore);
}

TEST(Framing, EchoesASequenceNumberOnlyOfWhatLooksLikeSmpp) {
  EXPECT_EQ(CutFrame(FromHex("7fffffff000000040000000000000002"), kMax).sequence_number, 2u);
  EXPECT_EQ(CutFrame(AsBytes("GET / HTTP/1.1\r\n"), kMax).sequence_number, 0u);
}

TEST(Framing, HasRoomForTheLongestPayload) {
  constexpr std::uint32_t kBody = 300 + 4 + 65'535;
  EXPECT_GT(kPduOctetsMaxDefault, kHeaderOctets + kBody);
}

TEST(Header, IsWrittenAsItIsRead) {
  Octets octets(16);
  WriteHeader(octets.data(),
              {0x01020304, CommandId::submit_sm_resp, Status::ESME_RTHROTTLED, 0x7fffffff});
  EXPECT_EQ(ToHex(octets), "0102030480000004000000587fffffff");
  PatchSequenceNumber(octets.data(), 1);
  EXPECT_EQ(ReadHeader(octets.data()).sequence_number, 1u);
  EXPECT_EQ(ReadHeader(octets.data()).command_status, Status::ESME_RTHROTTLED);
}

}  // namespace
}  // namespace smpp::test
