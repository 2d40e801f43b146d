// Every malformed golden input: the answer that the protocol alone can decide. What the session's
// state decides (M28-M31) is well formed here.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/pdu/message_view.h"
#include "protocol/pdu/verdict.h"
#include "tests/unit/protocol/field_map.h"

namespace smpp::test {
namespace {

using Reply = Verdict::Reply;

class MalformedVector : public testing::TestWithParam<Json> {
 protected:
  const Json& vector() const { return GetParam(); }
  const Json& expected() const { return GetParam()["expected"]; }
  bool depends_on_state() const {
    return vector()["defect"] == "wrong session state" || vector()["defect"] == "already bound" ||
           vector()["defect"] == "wrong direction";
  }
  /// "0x02 ESME_RINVCMDLEN" among those listed.
  bool Lists(Status status) const {
    const std::vector<std::string> listed = expected()["status"];
    return std::any_of(listed.begin(), listed.end(), [&](const std::string& s) {
      return s.substr(s.find(' ') + 1) == StatusName(status);
    });
  }
  const Octets octets_ = FromHex(GetParam()["hex"].get<std::string>());
};

TEST_P(MalformedVector, GetsTheListedAnswer) {
  const Verdict verdict = JudgeStream(octets_, kPduOctetsMaxDefault);
  const std::string response = expected()["response"];
  if (response == "none") {
    EXPECT_EQ(verdict.reply, Reply::kNone);
  } else if (response == "generic_nack") {
    EXPECT_EQ(verdict.reply, Reply::kGenericNack);
  } else {
    ASSERT_EQ(verdict.reply, Reply::kResponse);
    EXPECT_EQ(CommandName(verdict.response), response);
  }
  if (depends_on_state()) {
    EXPECT_EQ(verdict.status, Status::ESME_ROK);
  } else if (response != "none") {
    EXPECT_TRUE(Lists(verdict.status)) << StatusName(verdict.status);
  }
}

TEST_P(MalformedVector, EchoesTheListedSequenceAndClosesOnlyWhenFramingIsLost) {
  const Verdict verdict = JudgeStream(octets_, kPduOctetsMaxDefault);
  EXPECT_EQ(verdict.sequence_number, expected()["sequence_number"].get<std::uint32_t>());
  const bool framing = vector()["defect"].get<std::string>().find("length") == 0 ||
                       vector()["defect"].get<std::string>().find("not SMPP") == 0;
  EXPECT_EQ(verdict.close, framing);
  EXPECT_TRUE(!framing || expected()["session"] == "close");
}

TEST_P(MalformedVector, IsJudgedAlikeByTheView) {
  const Verdict verdict = JudgeStream(octets_, kPduOctetsMaxDefault);
  const CommandId id =
      octets_.size() < kHeaderOctets ? CommandId{} : ReadHeader(octets_.data()).command_id;
  if (verdict.reply != Reply::kResponse ||
      (id != CommandId::submit_sm && id != CommandId::data_sm)) {
    return;
  }
  const Result<MessageView, Status> view = ViewMessage(id, octets_);
  EXPECT_EQ(view.ok() ? Status::ESME_ROK : view.error(), verdict.status);
}

INSTANTIATE_TEST_SUITE_P(Golden, MalformedVector, testing::ValuesIn(Vectors("malformed")),
                         [](const auto& param) { return VectorName(param); });

TEST(Vectors, HoldAllMalformedOnes) { EXPECT_EQ(Vectors("malformed").size(), 41u); }

}  // namespace
}  // namespace smpp::test
