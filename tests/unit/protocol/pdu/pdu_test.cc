// The codecs on their own: what an encoder refuses, what fields answer, and the lists of
// submit_multi.
#include <gtest/gtest.h>

#include "protocol/pdu/any_pdu.h"
#include "protocol/pdu/verdict.h"
#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

BindTransceiver Bind() {
  return {.system_id = "esme01",
          .password = "pw123456",
          .system_type = "VMS",
          .interface_version = 0x34,
          .addr_ton = 1,
          .addr_npi = 1,
          .address_range = "^4670",
          .tlvs = {}};
}

TEST(Encode, WritesTheGoldenBind) {  // S03
  EXPECT_EQ(Encode(Bind(), Status::ESME_ROK, 3), VectorPdu("S03"));
}

TEST(EncodeInto, CountsWhenTheBufferIsTooSmall) {
  Octets out(45);
  EXPECT_EQ(EncodeInto({}, Bind(), Status::ESME_ROK, 3), 45u);
  EXPECT_EQ(EncodeInto(MutableBytes(out).first(44), Bind(), Status::ESME_ROK, 3), 45u);
  EXPECT_EQ(EncodeInto(out, Bind(), Status::ESME_ROK, 3), 45u);
  EXPECT_EQ(out, VectorPdu("S03"));
}

TEST(Encode, RefusesWhatTheLayoutCannotHold) {
  BindTransceiver bind = Bind();
  bind.system_id = "0123456789abcdef";  // 16 characters
  EXPECT_TRUE(Encode(bind, Status::ESME_ROK, 1).empty());
  bind.system_id = std::string_view("a\0b", 3);
  EXPECT_TRUE(Encode(bind, Status::ESME_ROK, 1).empty());

  SubmitSm submit{.destination_addr = "46701234567", .schedule_delivery_time = "2501021530"};
  EXPECT_TRUE(Encode(submit, Status::ESME_ROK, 1).empty());
  submit.schedule_delivery_time = {};
  const Octets long_text(256);
  submit.short_message = long_text;
  EXPECT_TRUE(Encode(submit, Status::ESME_ROK, 1).empty());
  submit.short_message = Bytes(long_text).first(255);
  EXPECT_FALSE(Encode(submit, Status::ESME_ROK, 1).empty());
}

TEST(Encode, WritesASubmitSmFromAStruct) {  // U02
  const SubmitSm submit{.source_addr_ton = 5,
                        .source_addr = "ACME",
                        .dest_addr_ton = 1,
                        .dest_addr_npi = 1,
                        .destination_addr = "46701234567",
                        .registered_delivery = 1,
                        .short_message = AsBytes("Hello")};
  EXPECT_EQ(ToHex(Encode(submit, Status::ESME_ROK, 2)), ToHex(VectorPdu("U02")));
}

TEST(Encode, LeavesOutTheBodyOfAnErrorResponse) {  // U30
  const SubmitSmResp resp{.no_body = true};
  const Octets pdu =
      Encode(resp, Status::ESME_RTHROTTLED, ReadHeader(VectorPdu("U30").data()).sequence_number);
  EXPECT_EQ(pdu, VectorPdu("U30"));
}

TEST(SubmitMulti, ListsAreBuiltByWriterAndReadBack) {  // U37
  Octets entries(64);
  Writer writer(entries);
  WriteDest(writer, {.dest_addr_ton = 1, .dest_addr_npi = 1, .destination_addr = "46701000001"});
  WriteDest(writer, {.dest_addr_ton = 1, .dest_addr_npi = 1, .destination_addr = "46701000002"});
  WriteDest(writer, {.dest_flag = DestAddress::kDistributionList, .dl_name = "LIST-A"});
  const SubmitMulti multi{.source_addr_ton = 5,
                          .source_addr = "ACME",
                          .dest_address = {3, Bytes(entries).first(writer.wanted())},
                          .registered_delivery = 1,
                          .short_message = AsBytes("to many")};
  const Octets golden = VectorPdu("U37");
  EXPECT_EQ(ToHex(Encode(multi, Status::ESME_ROK, ReadHeader(golden.data()).sequence_number)),
            ToHex(golden));
}

TEST(SubmitMulti, ACountThatDoesNotMatchItsEntriesIsNotSent) {
  Octets entries(32);
  Writer writer(entries);
  WriteDest(writer, {.destination_addr = "46701000001"});
  const Bytes one = Bytes(entries).first(writer.wanted());
  EXPECT_FALSE(Encode(SubmitMulti{.dest_address = {1, one}}, Status::ESME_ROK, 1).empty());
  EXPECT_TRUE(Encode(SubmitMulti{.dest_address = {2, one}}, Status::ESME_ROK, 1).empty());
  EXPECT_TRUE(Encode(SubmitMulti{.dest_address = {0, one}}, Status::ESME_ROK, 1).empty());
}

TEST(SubmitMultiResp, UnsuccessIsBuiltByWriterAndReadBack) {  // U40
  Octets entries(64);
  Writer writer(entries);
  WriteUnsuccess(writer, {1, 1, "46701000001", Status::ESME_RINVDSTADR});
  WriteUnsuccess(writer, {0, 0, "999", Status::ESME_RINVDSTTON});
  const SubmitMultiResp resp{.message_id = "m-2",
                             .unsuccess_sme = {2, Bytes(entries).first(writer.wanted())}};
  const Octets golden = VectorPdu("U40");
  EXPECT_EQ(ToHex(Encode(resp, Status::ESME_ROK, ReadHeader(golden.data()).sequence_number)),
            ToHex(golden));
}

struct JudgeCase {
  const char* name;
  CommandId id;
  std::string body;
  Status status;
};
std::string Z(const char* text) { return std::string(text) + '\0'; }  // a C-octet string
const std::string kNoSource =
    Z("") + std::string(2, '\0') + Z("");  // service_type, ton, npi, source_addr
const JudgeCase kJudgeCases[] = {
    {"BindPassword", CommandId::bind_receiver, Z("a") + "123456789", Status::ESME_RINVPASWD},
    {"BindSystemType", CommandId::bind_receiver, Z("a") + Z("") + "0123456789abc",
     Status::ESME_RINVSYSTYP},
    {"BindAddressRange", CommandId::bind_receiver,
     Z("a") + Z("") + Z("") + "\x34\1\1" + std::string(41, '9'), Status::ESME_RBINDFAIL},
    {"BindCutInNumbers", CommandId::bind_receiver, Z("a") + Z("") + Z("") + "\x34",
     Status::ESME_RINVCMDLEN},
    {"OutbindSystemId", CommandId::outbind, std::string(16, 'a'), Status::ESME_RINVSYSID},
    {"QueryMessageId", CommandId::query_sm, std::string(65, '1'), Status::ESME_RINVMSGID},
    {"CancelMessageId", CommandId::cancel_sm, Z("") + std::string(65, '1'), Status::ESME_RINVMSGID},
    {"ReplaceTime", CommandId::replace_sm, Z("1") + std::string(2, '\0') + Z("") + Z("12"),
     Status::ESME_RINVSCHED},
    {"MultiNoDests", CommandId::submit_multi, kNoSource + '\0', Status::ESME_RINVNUMDESTS},
    {"MultiDlName", CommandId::submit_multi, kNoSource + "\1\2" + std::string(21, 'l'),
     Status::ESME_RINVDLNAME},
    {"MultiDestAddr", CommandId::submit_multi, kNoSource + "\1\1\1\1" + std::string(21, '4'),
     Status::ESME_RINVDSTADR},
    {"MultiCutInList", CommandId::submit_multi, kNoSource + "\2\1\1\1" + Z("46"),
     Status::ESME_RINVCMDLEN},
    {"BroadcastWithoutAreas", CommandId::broadcast_sm,
     kNoSource + Z("") + '\0' + Z("") + Z("") + std::string(3, '\0'), Status::ESME_RMISSINGTLV},
    {"UnknownCommand", static_cast<CommandId>(0x22), "", Status::ESME_RINVCMDID},
    {"ResponseWithoutBody", CommandId::submit_sm_resp, "", Status::ESME_ROK},
    {"HeaderOnlyWithStray", CommandId::unbind, "x", Status::ESME_ROK},
};
class JudgeTest : public testing::TestWithParam<JudgeCase> {};
TEST_P(JudgeTest, AnswersAsTheFieldSays) {
  EXPECT_EQ(JudgePdu(GetParam().id, AsBytes(GetParam().body)), GetParam().status);
}
INSTANTIATE_TEST_SUITE_P(Spec, JudgeTest, testing::ValuesIn(kJudgeCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Verdict, NeverAnswersWhatHasNoResponse) {
  const Octets alert = FromHex(
      "00000011"
      "00000102"
      "00000000"
      "00000007"
      "01");  // cut short
  const Verdict verdict = JudgeStream(alert, kPduOctetsMaxDefault);
  EXPECT_EQ(verdict.reply, Verdict::Reply::kNone);
  EXPECT_EQ(verdict.status, Status::ESME_RINVCMDLEN);
  EXPECT_EQ(JudgeStream(Bytes(alert).first(10), kPduOctetsMaxDefault).reply, Verdict::Reply::kWait);
}

TEST(Print, HidesSecretsAndSaysWhatIsWrong) {
  EXPECT_EQ(PrintPdu(VectorPdu("S03")),
            "bind_transceiver len=45 seq=3 system_id=\"esme01\" password=*** system_type=\"VMS\" "
            "interface_version=52 addr_ton=1 addr_npi=1 address_range=\"^4670\"");
  EXPECT_EQ(PrintPdu(FromHex("0000001300000004000000000000000a000500")),
            "submit_sm len=19 seq=10 malformed ESME_RINVCMDLEN");
  EXPECT_EQ(PrintPdu(FromHex("00000010000000aa0000040100000004")),
            "0x000000AA len=16 seq=4 status=0x00000401");
  EXPECT_EQ(PrintPdu(FromHex("0000")), "shorter than a header");
  EXPECT_EQ(PrintPdu(VectorPdu("U30")),
            "submit_sm_resp len=16 seq=" +
                std::to_string(ReadHeader(VectorPdu("U30").data()).sequence_number) +
                " status=ESME_RTHROTTLED no body");
}

TEST(Print, MasksAddressesAndEscapesWhatIsNotPrintable) {
  const DeliverSm deliver{.source_addr = "46701234567",
                          .destination_addr = "a\"\x01\x80z",
                          .short_message = AsBytes("secret")};
  const std::string line = PrintPdu(Encode(deliver, Status::ESME_ROK, 1));
  EXPECT_NE(line.find("source_addr=\"*********67\""), line.npos) << line;
  EXPECT_NE(line.find("destination_addr=\"***\\0x80z\""), line.npos) << line;
  EXPECT_NE(line.find("short_message=(6 octets)"), line.npos) << line;
}

}  // namespace
}  // namespace smpp::test
