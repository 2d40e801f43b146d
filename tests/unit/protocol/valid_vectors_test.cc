// Every valid golden PDU: its header, every field by name, every TLV in order, and the same octets
// back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/protocol/field_map.h"

namespace smpp::test {
namespace {

std::uint32_t Number(const Json& hex) {
  return static_cast<std::uint32_t>(std::stoul(hex.get<std::string>(), nullptr, 16));
}

/// The vectors repeat short_message as ASCII where it is; hex says it all.
Json WithoutAscii(Json fields) {
  for (Json& field : fields) {
    if (field.is_object()) field.erase("ascii");
  }
  return fields;
}

class ValidVector : public testing::TestWithParam<Json> {
 protected:
  const Json& vector() const { return GetParam(); }
  const Octets pdu_ = FromHex(GetParam()["hex"].get<std::string>());
  Bytes body() const { return Bytes(pdu_).subspan(kHeaderOctets); }
};

TEST_P(ValidVector, HasTheListedHeader) {
  const Header header = ReadHeader(pdu_.data());
  EXPECT_EQ(header.command_length, vector()["header"]["command_length"].get<std::uint32_t>());
  EXPECT_EQ(header.command_length, pdu_.size());
  EXPECT_EQ(static_cast<std::uint32_t>(header.command_id),
            Number(vector()["header"]["command_id"]));
  EXPECT_EQ(CommandName(header.command_id), vector()["pdu"].get<std::string>());
  EXPECT_EQ(static_cast<std::uint32_t>(header.command_status),
            Number(vector()["header"]["command_status"]));
  EXPECT_EQ(header.sequence_number, vector()["header"]["sequence_number"].get<std::uint32_t>());
}

TEST_P(ValidVector, DecodesToTheListedFieldsAndTlvs) {
  FieldMap map;
  const bool known = VisitPdu(ReadHeader(pdu_.data()).command_id, [&]<class P>() {
    const Result<P, Status> pdu = Decode<P>(body());
    ASSERT_TRUE(pdu.ok()) << StatusName(pdu.error());
    EXPECT_TRUE(P::Walk(*pdu, map));
  });
  ASSERT_TRUE(known);
  EXPECT_EQ(map.fields, WithoutAscii(vector()["fields"]));

  TlvCursor cursor(map.tlvs);
  Tlv tlv;
  for (const Json& expected : vector()["tlvs"]) {
    ASSERT_TRUE(cursor.Next(tlv));
    EXPECT_EQ(static_cast<std::uint32_t>(tlv.tag), Number(expected["tag"]));
    EXPECT_EQ(ToHex(tlv.value), expected["hex"].get<std::string>());
    EXPECT_EQ(tlv.value.size(), expected["length"].get<std::size_t>());
    EXPECT_EQ(TagName(tlv.tag),
              expected["name"].is_null() ? "" : expected["name"].get<std::string>());
  }
  EXPECT_FALSE(cursor.Next(tlv));
  EXPECT_FALSE(cursor.broken());
}

TEST_P(ValidVector, EncodesToTheSameOctets) { EXPECT_EQ(ToHex(RoundTrip(pdu_)), ToHex(pdu_)); }

TEST_P(ValidVector, PrintsWithoutSecretOrText) {
  const std::string line = PrintPdu(pdu_);
  EXPECT_THAT(line, testing::StartsWith(vector()["pdu"].get<std::string>() + " len="));
  EXPECT_THAT(line, testing::Not(testing::HasSubstr("malformed")));
  const Json& fields = vector()["fields"];
  if (fields.contains("password") && !fields["password"].get<std::string>().empty()) {
    EXPECT_THAT(line, testing::Not(testing::HasSubstr(fields["password"].get<std::string>())));
  }
  for (const char* address : {"source_addr", "destination_addr", "esme_addr"}) {
    if (!fields.contains(address) || fields[address].get<std::string>().size() < 3) continue;
    EXPECT_THAT(line, testing::Not(testing::HasSubstr(fields[address].get<std::string>())));
  }
  if (fields.contains("short_message") && fields["short_message"].contains("ascii")) {
    const std::string text = fields["short_message"]["ascii"];
    EXPECT_TRUE(text.size() < 3 || line.find(text) == line.npos) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(Golden, ValidVector, testing::ValuesIn(ValidVectors()),
                         [](const auto& param) { return VectorName(param); });

TEST(Vectors, AreAllThere) { EXPECT_EQ(ValidVectors().size(), 113u); }

}  // namespace
}  // namespace smpp::test
