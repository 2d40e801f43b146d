#include "protocol/pdu/answer.h"

#include <gtest/gtest.h>

#include "protocol/pdu/any_pdu.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

class Answer : public testing::Test {
 protected:
  std::string Hex(std::size_t octets) const { return ToHex(Bytes(out_).first(octets)); }
  Octets out_ = Octets(kAnswerOctetsMax, 0xEE);
};

TEST_F(Answer, HeaderOnly) {
  EXPECT_EQ(Hex(WriteAnswer(out_.data(), CommandId::submit_sm_resp, Status::ESME_RTHROTTLED, 5)),
            "00000010800000040000005800000005");
  EXPECT_EQ(Hex(WriteEnquireLink(out_.data(), 0x7fffffff)), ToHex(VectorPdu("S19")));
  EXPECT_EQ(Hex(WriteUnbind(out_.data(), 100)), ToHex(VectorPdu("S17")));
  EXPECT_EQ(Hex(WriteGenericNack(out_.data(), Status::ESME_RINVCMDID, 77)),
            ToHex(VectorPdu("S21")));
}

TEST_F(Answer, WithAMessageId) {
  const Octets golden = VectorPdu("U28");
  const std::uint32_t sequence_number = ReadHeader(golden.data()).sequence_number;
  EXPECT_EQ(Hex(WriteMessageIdAnswer(out_.data(), CommandId::submit_sm_resp, Status::ESME_ROK,
                                     sequence_number, "0123456789")),
            ToHex(golden));
  EXPECT_EQ(Hex(WriteDeliverAnswer(out_.data(), Status::ESME_ROK, 1)), ToHex(VectorPdu("D20")));
  EXPECT_EQ(Hex(WriteDeliverAnswer(out_.data(), Status::ESME_RX_T_APPN, 2)),
            ToHex(VectorPdu("D21")));
}

TEST_F(Answer, CutsAnIdThatIsTooLong) {
  const std::string id(70, 'a');
  const std::size_t octets =
      WriteMessageIdAnswer(out_.data(), CommandId::data_sm_resp, Status::ESME_ROK, 1, id);
  EXPECT_EQ(octets, kAnswerOctetsMax);
  EXPECT_EQ(JudgePdu(CommandId::data_sm_resp, Bytes(out_).first(octets).subspan(16)),
            Status::ESME_ROK);
}

TEST(ReadMessageId, IsKind) {
  EXPECT_EQ(ReadMessageId(VectorPdu("U28")), "0123456789");
  EXPECT_EQ(ReadMessageId(VectorPdu("U29")).size(), 64u);
  EXPECT_EQ(ReadMessageId(VectorPdu("U30")), "");  // no body
  Octets pdu = VectorPdu("U28");
  pdu.pop_back();  // its NUL
  EXPECT_EQ(ReadMessageId(pdu), "0123456789");
  pdu.insert(pdu.end(), 100, 'x');
  EXPECT_EQ(ReadMessageId(pdu).size(), 64u);
  EXPECT_EQ(ReadMessageId(Bytes{}), "");
}

}  // namespace
}  // namespace smpp::test
