#include "protocol/pdu/response_tlvs.h"

#include <gtest/gtest.h>

#include "tests/unit/protocol/vectors.h"

namespace smpp::test {
namespace {

// network_error_code, then a vendor's.
constexpr char kTwo[] = "042300030300081401000107";

// A deliver_sm_resp with this body.
Octets Response(const std::string& body) {
  Octets pdu = FromHex("00000000800000050000000000000007" + body);
  WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
  return pdu;
}

std::string TlvsOf(const std::string& body) {
  const Octets pdu = Response(body);
  return ToHex(ResponseTlvs(pdu));
}

TEST(ResponseTlvs, StandBehindTheMessageId) {
  EXPECT_EQ(TlvsOf(std::string("00") + kTwo), kTwo);
  EXPECT_EQ(TlvsOf(std::string("61626300") + kTwo), kTwo);
}

TEST(ResponseTlvs, ABodyWithoutThemHasNone) {
  EXPECT_EQ(TlvsOf(""), "");
  EXPECT_EQ(TlvsOf("00"), "");
  EXPECT_EQ(TlvsOf("61626300"), "");
  EXPECT_EQ(TlvsOf("616263"), "") << "an id without its NUL";
}

TEST(ResponseTlvs, TornOnesAreNone) {
  EXPECT_EQ(TlvsOf("00042300"), "");
  EXPECT_EQ(TlvsOf(std::string("00") + kTwo + "ff"), "");
  EXPECT_EQ(TlvsOf("0004230004030008"), "");
}

std::string Relayed(const std::string& tlvs) {
  const Octets in = FromHex(tlvs);
  Octets out(in.size());
  out.resize(CopyRelayedTlvs(in, out.data()));
  return ToHex(out);
}

TEST(RelayedTlvs, AreAllButThoseOfOneHopInTheirOrder) {
  EXPECT_EQ(Relayed(""), "");
  EXPECT_EQ(Relayed(kTwo), kTwo);
  EXPECT_EQ(Relayed(std::string("042800015a") + kTwo + "0210000134" + kTwo),
            std::string(kTwo) + kTwo);
  EXPECT_EQ(Relayed("042800015a"), "");
  EXPECT_EQ(Relayed("14010000"), "14010000") << "an empty one";
}

}  // namespace
}  // namespace smpp::test
