#include "server/net/tls_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/stat.h>

#include <ctime>
#include <memory>

#include "server/base/slab.h"
#include "tests/unit/server/net/certificates.h"

namespace hub::net {
namespace {

using testing::HasSubstr;
using State = TlsEngine::State;

// One end, with what it sent and what it understood.
struct End {
  End(const TlsContextPtr& context, const std::string& name)
      : engine(*context, name, [this](Bytes octets) { sent += smpp::AsText(octets); }) {}

  void Take(std::string_view cipher) {
    std::vector<std::uint8_t> room(cipher.size() + TlsEngine::kRecordOctetsMax);
    const std::size_t plain = engine.Take(smpp::AsBytes(cipher), room);
    got += smpp::AsText(Bytes(room).first(plain));
  }

  std::string sent, got;
  TlsEngine engine;
};

// All that either end sends reaches the other, `step` octets at a time.
void Exchange(End& a, End& b, std::size_t step) {
  while (!a.sent.empty() || !b.sent.empty()) {
    for (auto [from, to] : {std::pair{&a, &b}, std::pair{&b, &a}}) {
      const std::string octets = std::exchange(from->sent, {});
      for (std::size_t at = 0; at < octets.size(); at += step) to->Take(octets.substr(at, step));
    }
  }
}

class TlsEngines : public testing::Test {
 protected:
  TlsContextPtr Server(const Authority::Leaf& leaf, ClientVerify verify = ClientVerify::kOff) {
    auto made = TlsContext::ForServer({.certificate = leaf.certificate,
                                       .key = leaf.key,
                                       .client_ca = ca_.ca(),
                                       .client_verify = verify});
    EXPECT_TRUE(made.ok()) << made.error().Text();
    return *made;
  }
  TlsContextPtr Client(TlsClientFiles files) {
    auto made = TlsContext::ForClient(files);
    EXPECT_TRUE(made.ok()) << made.error().Text();
    return *made;
  }
  void Begin(const TlsContextPtr& server, const TlsContextPtr& client, const std::string& name,
             std::size_t step = 100'000) {
    server_ = std::make_unique<End>(server, "");
    client_ = std::make_unique<End>(client, name);
    client_->engine.Start();
    server_->engine.Start();
    Exchange(*client_, *server_, step);
  }

  Authority ca_{"one"};
  const Authority::Leaf leaf_ = ca_.Sign("smsc", "DNS:smsc.example,IP:127.0.0.1,IP:::1");
  std::unique_ptr<End> server_, client_;
};

TEST_F(TlsEngines, CarryOctetsBothWaysHoweverTheyAreCut) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    Begin(Server(leaf_), Client({.ca = ca_.ca()}), "smsc.example", step);
    ASSERT_EQ(client_->engine.state(), State::kOpen) << client_->engine.facts().failure;
    ASSERT_EQ(server_->engine.state(), State::kOpen);
    EXPECT_EQ(client_->engine.facts().version, "TLSv1.3");
    EXPECT_EQ(server_->engine.facts().cipher, client_->engine.facts().cipher);
    std::string big(40'000, 'x');
    big.back() = 'y';
    EXPECT_TRUE(client_->engine.Write(smpp::AsBytes(big)));
    EXPECT_TRUE(server_->engine.Write(smpp::AsBytes("hello")));
    Exchange(*client_, *server_, step);
    EXPECT_EQ(server_->got, big);
    EXPECT_EQ(client_->got, "hello");
  }
}

TEST_F(TlsEngines, TellWhenTheOtherSideSaysGoodbye) {
  Begin(Server(leaf_), Client({.ca = ca_.ca()}), "smsc.example");
  EXPECT_TRUE(client_->engine.Write(smpp::AsBytes("last words")));
  client_->engine.Goodbye();
  Exchange(*client_, *server_, 3);
  EXPECT_EQ(server_->got, "last words");
  EXPECT_EQ(server_->engine.state(), State::kEnded);
  EXPECT_TRUE(server_->engine.Write(smpp::AsBytes("it may still read")));
}

TEST_F(TlsEngines, AClientRefusesACertificateOfAnotherAuthority) {
  const Authority other("two");
  Begin(Server(leaf_), Client({.ca = other.ca()}), "smsc.example");
  EXPECT_EQ(client_->engine.state(), State::kFailed);
  EXPECT_THAT(std::string(client_->engine.facts().failure),
              HasSubstr("certificate verify failed: unable to get local issuer certificate"));
  EXPECT_NE(server_->engine.state(), State::kOpen);
  EXPECT_THAT(std::string(server_->engine.facts().failure), HasSubstr("alert unknown ca"));
}

TEST_F(TlsEngines, AClientRefusesACertificateOfAnotherName) {
  const TlsContextPtr server = Server(leaf_), client = Client({.ca = ca_.ca()});
  Begin(server, client, "smsc.example.org");
  EXPECT_THAT(std::string(client_->engine.facts().failure), HasSubstr("hostname mismatch"));
  Begin(server, client, "127.0.0.2");
  EXPECT_THAT(std::string(client_->engine.facts().failure), HasSubstr("IP address mismatch"));
  for (const char* right : {"127.0.0.1", "[::1]", "smsc.example"}) {
    Begin(server, client, right);
    EXPECT_EQ(client_->engine.state(), State::kOpen) << right;
  }
  Begin(server, client, std::string(300, 'x'));
  EXPECT_EQ(client_->engine.state(), State::kFailed);
}

TEST_F(TlsEngines, AnInsecureClientTakesWhoeverAnswers) {
  Begin(Server(leaf_), Client({.verify = false}), "elsewhere.example");
  EXPECT_EQ(client_->engine.state(), State::kOpen);
}

TEST_F(TlsEngines, AServerAsksForACertificateWhenToldSo) {
  Authority other("two");
  const Authority::Leaf known = ca_.Sign("esme", "DNS:esme"), stranger = other.Sign("x", "DNS:x");
  const TlsContextPtr none = Client({.ca = ca_.ca()});
  const TlsContextPtr good =
      Client({.ca = ca_.ca(), .certificate = known.certificate, .key = known.key});
  const TlsContextPtr bad =
      Client({.ca = ca_.ca(), .certificate = stranger.certificate, .key = stranger.key});
  const struct {
    ClientVerify verify;
    TlsContextPtr client;
    bool taken;
  } kCases[] = {
      {ClientVerify::kOff, none, true},      {ClientVerify::kOff, bad, true},
      {ClientVerify::kOptional, none, true}, {ClientVerify::kOptional, good, true},
      {ClientVerify::kOptional, bad, false}, {ClientVerify::kRequired, none, false},
      {ClientVerify::kRequired, good, true}, {ClientVerify::kRequired, bad, false},
  };
  for (const auto& each : kCases) {
    SCOPED_TRACE(&each - kCases);
    Begin(Server(leaf_, each.verify), each.client, "smsc.example");
    EXPECT_EQ(server_->engine.state(), each.taken ? State::kOpen : State::kFailed);
  }
}

TEST_F(TlsEngines, OctetsThatAreNoTlsFailAtOnce) {
  End server(Server(leaf_), "");
  server.Take(std::string("\0\0\0\x2f\0\0\0\x09\0\0\0\0\0\0\0\x01smpp", 20));
  EXPECT_EQ(server.engine.state(), State::kFailed);
  EXPECT_FALSE(server.engine.facts().failure.empty());
  EXPECT_FALSE(server.engine.established());
  server.Take("more");  // nothing happens any more
}

TEST_F(TlsEngines, ARecordThatWasChangedFailsTheConnection) {
  Begin(Server(leaf_), Client({.ca = ca_.ca()}), "smsc.example");
  EXPECT_TRUE(client_->engine.Write(smpp::AsBytes("hello")));
  client_->sent.back() ^= 1;
  server_->Take(client_->sent);
  EXPECT_EQ(server_->engine.state(), State::kFailed);
  EXPECT_TRUE(server_->engine.established());
  EXPECT_EQ(server_->got, "");
}

TEST_F(TlsEngines, AHandshakeHasALimitOfOctets) {
  End server(Server(leaf_), "");
  // Records of warnings, which TLS lets through for a while: nothing that ever becomes a hello.
  const std::string record("\x16\x03\x01\x00\x04\x01\x00\x3f\xff", 9);  // a hello of 16 KiB, begun
  server.Take(record);
  for (int i = 0; i < 20'000 && server.engine.state() == State::kHandshake; ++i) {
    server.Take(std::string("\x16\x03\x01\x00\x01\x00", 6));
  }
  EXPECT_EQ(server.engine.state(), State::kFailed);
  EXPECT_EQ(server.engine.facts().failure, "the handshake is too long");
}

// A client of TLS 1.3 may ask for new keys as often as it likes, and each time costs us more than it: RFC 8446 §4.6.3.
TEST_F(TlsEngines, RecordsWithoutContentHaveALimit) {
  const TlsContextPtr server = Server(leaf_);
  KeyChanger client;
  End ours(server, "");
  for (int i = 0; i < 4 && ours.engine.state() != State::kOpen; ++i) {
    ours.Take(client.Shake(std::exchange(ours.sent, {})));
  }
  ASSERT_EQ(ours.engine.state(), State::kOpen);
  std::size_t octets = 0;
  while (octets < TlsEngine::kIdleOctetsMax / 2) {
    const std::string update = client.ChangeKey();
    octets += update.size();
    ours.Take(update);
  }
  ours.Take(client.Say("content"));
  ASSERT_EQ(ours.got, "content") << "and begins to count anew";
  octets = 0;
  while (octets <= TlsEngine::kIdleOctetsMax && ours.engine.state() == State::kOpen) {
    const std::string update = client.ChangeKey();
    octets += update.size();
    ours.Take(update);
  }
  EXPECT_EQ(ours.engine.state(), State::kFailed);
  EXPECT_GT(octets, TlsEngine::kIdleOctetsMax);
  EXPECT_EQ(ours.engine.facts().failure, "too many records without content");
}

TEST_F(TlsEngines, AServerShowsTheCertificateOfTheNameThatIsAskedFor) {
  const Authority::Leaf second = ca_.Sign("second", "DNS:second.example,DNS:*.wild.example");
  const Authority::Leaf third = ca_.Sign("third", "DNS:third.example");
  auto made = TlsContext::ForServer(
      {.certificate = leaf_.certificate,
       .key = leaf_.key,
       .others = {{second.certificate, second.key}, {third.certificate, third.key}}});
  ASSERT_TRUE(made.ok()) << made.error().Text();
  const TlsContextPtr client = Client({.ca = ca_.ca()});
  for (const char* name : {"smsc.example", "second.example", "a.wild.example", "third.example",
                           "127.0.0.1"}) {  // an address is asked for without SNI: the first
    Begin(*made, client, name);
    EXPECT_EQ(client_->engine.state(), State::kOpen) << name << client_->engine.facts().failure;
    EXPECT_EQ(server_->engine.state(), State::kOpen) << name;
  }
  Begin(*made, client, "fourth.example");
  EXPECT_THAT(std::string(client_->engine.facts().failure), HasSubstr("hostname mismatch"));
}

// Whichever of them is shown, a client proves who it is just the same.
TEST_F(TlsEngines, EveryCertificateAsksClientsForTheSame) {
  Authority other("two");
  const Authority::Leaf second = ca_.Sign("second", "DNS:second.example");
  const Authority::Leaf known = ca_.Sign("esme", "DNS:esme"), stranger = other.Sign("x", "DNS:x");
  auto made = TlsContext::ForServer({.certificate = leaf_.certificate,
                                     .key = leaf_.key,
                                     .client_ca = ca_.ca(),
                                     .client_verify = ClientVerify::kRequired,
                                     .others = {{second.certificate, second.key}}});
  ASSERT_TRUE(made.ok()) << made.error().Text();
  for (const char* name : {"smsc.example", "second.example"}) {
    Begin(*made, Client({.ca = ca_.ca(), .certificate = known.certificate, .key = known.key}),
          name);
    EXPECT_EQ(server_->engine.state(), State::kOpen) << name;
    Begin(*made, Client({.ca = ca_.ca(), .certificate = stranger.certificate, .key = stranger.key}),
          name);
    EXPECT_EQ(server_->engine.state(), State::kFailed) << name;
    Begin(*made, Client({.ca = ca_.ca()}), name);
    EXPECT_EQ(server_->engine.state(), State::kFailed) << name;
  }
}

TEST_F(TlsEngines, AContextMayGoWhileAHandshakeThatBeganWithItIsUnderWay) {
  const Authority::Leaf second = ca_.Sign("second", "DNS:second.example");
  auto made = TlsContext::ForServer({.certificate = leaf_.certificate,
                                     .key = leaf_.key,
                                     .others = {{second.certificate, second.key}}});
  ASSERT_TRUE(made.ok());
  TlsContextPtr context = *made;
  made = TlsContext::ForServer({.certificate = leaf_.certificate, .key = leaf_.key});
  client_ = std::make_unique<End>(Client({.ca = ca_.ca()}), "smsc.example");
  server_ = std::make_unique<End>(context, "");
  context.reset();
  client_->engine.Start();
  Exchange(*client_, *server_, 100'000);
  EXPECT_EQ(client_->engine.state(), State::kOpen) << client_->engine.facts().failure;
}

// 10,000 idle TLS binds may take 512 MiB, plain ones half of that: the rest is what TLS may cost.
TEST_F(TlsEngines, AnIdleServerHoldsLittleMemory) {
  constexpr std::size_t kEngines = 200, kOctetsMax = 24 * 1024;
  const TlsContextPtr server = Server(leaf_), client = Client({.ca = ca_.ca()});
  std::vector<std::unique_ptr<End>> idle;
  idle.reserve(kEngines);
  Begin(server, client, "smsc.example");
  const std::size_t before = mallinfo2().uordblks;
  for (std::size_t i = 0; i < kEngines; ++i) {
    Begin(server, client, "smsc.example");
    EXPECT_TRUE(client_->engine.Write(smpp::AsBytes(std::string(100'000, 'x'))));
    Exchange(*client_, *server_, 50'000);
    EXPECT_EQ(server_->got.size(), 100'000u);
    server_->got = server_->sent = {};
    server_->got.shrink_to_fit();
    idle.push_back(std::move(server_));
  }
  EXPECT_LT((mallinfo2().uordblks - before) / kEngines, kOctetsMax);
}

// ---- files

std::string ServerError(const TlsServerFiles& files) {
  const auto made = TlsContext::ForServer(files);
  return made.ok() ? "" : made.error().Text();
}

TEST_F(TlsEngines, BadFilesAreToldWithTheirSetting) {
  const std::string missing = ca_.Path("nowhere.pem");
  EXPECT_EQ(ServerError({.certificate = missing, .key = leaf_.key}),
            "smpp.tls_certificate: read " + missing + ": No such file or directory");
  EXPECT_THAT(ServerError({.certificate = leaf_.key, .key = leaf_.key}),
              HasSubstr("smpp.tls_certificate: read " + leaf_.key + ": no start line"));
  EXPECT_EQ(ServerError({.certificate = leaf_.certificate, .key = missing}),
            "smpp.tls_key: read " + missing + ": No such file or directory");
  const Authority::Leaf other = ca_.Sign("other", "DNS:other");
  EXPECT_THAT(ServerError({.certificate = leaf_.certificate, .key = other.key}),
              HasSubstr("smpp.tls_key: read " + other.key + ": key values mismatch"));
  chmod(other.key.c_str(), 0604);
  EXPECT_THAT(ServerError({.certificate = other.certificate, .key = other.key}),
              HasSubstr("is readable by everybody (chmod o-r " + other.key));
  EXPECT_THAT(ServerError({.certificate = leaf_.certificate,
                           .key = leaf_.key,
                           .client_ca = missing,
                           .client_verify = ClientVerify::kRequired}),
              HasSubstr("smpp.tls_client_ca: read " + missing));
  const auto client = TlsContext::ForClient({.ca = missing, .names = "supplier alpha: bind tls_"});
  ASSERT_FALSE(client.ok());
  EXPECT_THAT(client.error().Text(), HasSubstr("supplier alpha: bind tls_ca: read " + missing));
}

TEST_F(TlsEngines, AContextKnowsWhenItsCertificateEnds) {
  const std::int64_t in_a_day = std::time(nullptr) + 86'400;
  EXPECT_NEAR(static_cast<double>(Server(leaf_)->certificate_ends()), static_cast<double>(in_a_day),
              60.0);
  EXPECT_EQ(Client({.ca = ca_.ca()})->certificate_ends(), 0);
}

}  // namespace
}  // namespace hub::net
