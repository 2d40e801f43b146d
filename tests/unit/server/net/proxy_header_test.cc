#include "server/net/proxy_header.h"

#include <gtest/gtest.h>

#include "tests/unit/server/net/loop_rig.h"
#include "tests/unit/server/net/raw_peer.h"

namespace hub::net {
namespace {

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

// version and command, family, then what follows, measured.
std::string Header(unsigned char command, unsigned char family, const std::string& rest) {
  std::string header = kSignature;
  header += static_cast<char>(command);
  header += static_cast<char>(family);
  header += static_cast<char>(rest.size() >> 8);
  header += static_cast<char>(rest.size() & 255);
  return header + rest;
}

const std::string kV4("\xc0\x00\x02\x07\xc0\x00\x02\x01\x9c\xb0\x0a\xd7", 12);  // 192.0.2.7:40112
const std::string kV6 = std::string("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07", 16) +
                        std::string(16, '\1') + std::string("\x9c\xb0\x0a\xd7", 4);
const std::string kTlv("\x03\x00\x04\x11\x22\x33\x44", 7);  // PP2_TYPE_CRC32C

struct ProxyCase {
  const char* name;
  std::string header;
  std::string peer;                   // when it is good
  std::optional<ProxyFault> fault{};  // when it is not
};

const ProxyCase kCases[] = {
    {"V4", Header(0x21, 0x11, kV4), "192.0.2.7:40112"},
    {"V6", Header(0x21, 0x21, kV6), "[2001:db8::7]:40112"},
    {"V4WithTlv", Header(0x21, 0x11, kV4 + kTlv), "192.0.2.7:40112"},
    {"TwoTlvsOneEmpty", Header(0x21, 0x21, kV6 + kTlv + std::string("\x04\0\0", 3)),
     "[2001:db8::7]:40112"},
    {"Local", Header(0x20, 0x00, ""), ""},
    {"LocalWithAddressIsStillLocal", Header(0x20, 0x11, kV4), ""},
    {"LocalWithJunk", Header(0x20, 0x00, "junk"), ""},
    {"Unspecified", Header(0x21, 0x00, ""), ""},
    {"UnspecifiedWithJunk", Header(0x21, 0x00, "junk"), ""},
    {"WrongSignature", "GET / HTTP/1.1\r\n", "", ProxyFault::kSignature},
    {"VersionOne", "PROXY TCP4 192.0.2.7 192.0.2.1 40112 2775\r\n", "", ProxyFault::kSignature},
    {"VersionThree", Header(0x31, 0x11, kV4), "", ProxyFault::kSignature},
    {"UnknownCommand", Header(0x22, 0x11, kV4), "", ProxyFault::kCommand},
    {"Udp", Header(0x21, 0x12, kV4), "", ProxyFault::kFamily},
    {"Unix", Header(0x21, 0x31, std::string(216, 'u')), "", ProxyFault::kFamily},
    {"V4TooShort", Header(0x21, 0x11, kV4.substr(0, 11)), "", ProxyFault::kLength},
    {"V6WithAV4Block", Header(0x21, 0x21, kV4), "", ProxyFault::kLength},
    {"TooLong", Header(0x21, 0x11, std::string(2'033, 'x')), "", ProxyFault::kLength},
    {"TlvCutInItsHeader", Header(0x21, 0x11, kV4 + "\x03"), "", ProxyFault::kTlv},
    {"TlvOverTheEnd", Header(0x21, 0x11, kV4 + std::string("\x03\x00\x05xxxx", 7)), "",
     ProxyFault::kTlv},
};

class ProxyHeader : public testing::TestWithParam<ProxyCase> {};

Result<std::string, ProxyFault> Whole(const std::string& header) {
  const auto octets = ProxyHeaderOctets(smpp::AsBytes(header).first(kProxyFixedOctets));
  if (!octets) return Err{octets.error()};
  EXPECT_EQ(*octets, header.size());
  return ReadProxyHeader(smpp::AsBytes(header));
}

TEST_P(ProxyHeader, IsReadOrRefused) {
  const auto read = Whole(GetParam().header);
  ASSERT_EQ(read.ok(), !GetParam().fault.has_value());
  if (read.ok()) {
    EXPECT_EQ(*read, GetParam().peer);
  } else {
    EXPECT_EQ(read.error(), *GetParam().fault);
  }
}

// The same through a listener, an octet at a time: the header and not one octet more is taken.
TEST_P(ProxyHeader, StandsInFrontOfAConnection) {
  LoopRig rig;
  Recorder theirs;
  const auto port = rig.loop.Listen({"127.0.0.1", 0},
                                    [&](Stream& stream) {
                                      theirs.stream = &stream;
                                      return &theirs;
                                    },
                                    {}, {.proxy_v2 = true});
  RawPeer proxy(*port);
  for (const char c : GetParam().header) {
    proxy.Send(std::string_view(&c, 1));
    rig.RunFor(0ms);
  }
  proxy.Send("first octets");
  if (GetParam().fault) {
    ASSERT_TRUE(rig.RunUntil([&] { return !proxy.Receive(); }));
    EXPECT_EQ(theirs.stream, nullptr);
    EXPECT_EQ(rig.loop.counters().proxy_refused.value(), 1u);
    return;
  }
  ASSERT_TRUE(rig.RunUntil([&] { return theirs.received == "first octets"; }));
  if (GetParam().peer.empty()) {
    EXPECT_EQ(theirs.stream->peer().substr(0, 10), "127.0.0.1:");
  } else {
    EXPECT_EQ(theirs.stream->peer(), GetParam().peer);
  }
  EXPECT_EQ(rig.loop.counters().proxy_refused.value(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Spec, ProxyHeader, testing::ValuesIn(kCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(ProxyListener, ClosesWhoSendsNoHeaderInTime) {
  LoopRig rig;
  bool asked = false;
  const auto port = rig.loop.Listen({"127.0.0.1", 0},
                                    [&](Stream&) -> StreamEvents* {
                                      asked = true;
                                      return nullptr;
                                    },
                                    {}, {.proxy_v2 = true, .proxy_timeout = 30ms});
  RawPeer silent(*port);
  silent.Send(kSignature);
  ASSERT_TRUE(rig.RunUntil([&] { return !silent.Receive(); }));
  EXPECT_FALSE(asked);
  EXPECT_EQ(rig.loop.counters().proxy_refused.value(), 1u);
}

TEST(ProxyListener, ClosesThoseBeyondItsLimit) {
  LoopRig rig;
  const auto port =
      rig.loop.Listen({"127.0.0.1", 0}, [](Stream&) -> StreamEvents* { return nullptr; }, {},
                      {.proxy_v2 = true, .proxy_waiting_max = 1});
  RawPeer first(*port);
  ASSERT_TRUE(rig.RunUntil([&] { return rig.loop.counters().accepted.value() == 1; }));
  RawPeer second(*port);
  ASSERT_TRUE(rig.RunUntil([&] { return !second.Receive(); }));
  EXPECT_TRUE(first.Receive());
  EXPECT_EQ(rig.loop.counters().proxy_waiting.value(), 1u);
  EXPECT_EQ(rig.loop.counters().proxy_refused.value(), 1u);
  rig.loop.StopListening();
  EXPECT_EQ(rig.loop.counters().proxy_waiting.value(), 0u);
}

}  // namespace
}  // namespace hub::net
