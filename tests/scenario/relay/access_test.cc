// Who is let in: addresses, passwords and their time, places, guessers.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/scenario/relay/door.h"

namespace hub::test {
namespace {

using namespace std::chrono_literals;
using enum smpp::CommandId;
using enum smpp::Status;

// --- one answer for all refusals -------------------------------------------------------------------------------

struct RefusedCase {
  const char* name;
  const char* system_id;
  const char* password;
  void (*change)(store::ClientRow& acme);
};
class RefusedBind : public testing::TestWithParam<RefusedCase> {};

const std::int64_t kNoonUs = ToMicros(FakeClock().WallNow());

TEST_P(RefusedBind, HearsNothingElseCostsAHashAndIsClosed) {
  store::Catalog catalog = TwoSuppliers();
  GetParam().change(catalog.clients[0]);
  Door door(catalog);
  SmppPeer peer = door.Connects();
  peer.Send(Bind(bind_transceiver, 1, GetParam().system_id, GetParam().password));
  const Pdu answer = *peer.Next();
  EXPECT_EQ(answer.id(), bind_transceiver_resp);
  EXPECT_EQ(answer.status(), ESME_RBINDFAIL);
  EXPECT_EQ(answer.octets.size(), 16u);
  EXPECT_FALSE(peer.connected());
  EXPECT_EQ(door.passwords.judged, 1) << "the same work for all";
  EXPECT_EQ(door.Count(Metric::bind_refused), 1u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(door.Count(Metric::addresses_banned), 0u);
    door.BindsFrom(kHome, GetParam().system_id, GetParam().password);
  }
  EXPECT_EQ(door.Count(Metric::addresses_banned), 1u) << "and counts like any other";
}

const RefusedCase kRefused[] = {
    {"Unknown", "nobody", "secret", [](store::ClientRow&) {}},
    {"Password", "acme", "Secret", [](store::ClientRow&) {}},
    {"Disabled", "acme", "secret", [](store::ClientRow& c) { c.enabled = false; }},
    {"Plain", "acme", "secret", [](store::ClientRow& c) { c.tls_required = true; }},
    {"Mode", "acme", "secret", [](store::ClientRow& c) { c.bind_modes = store::kMayBindTx; }},
    {"Address", "acme", "secret", [](store::ClientRow& c) { c.allow_from = {"198.51.100.0/24"}; }},
    {"AddressOfTheOtherFamily", "acme", "secret",
     [](store::ClientRow& c) { c.allow_from = {"::/0"}; }},
    {"AListThatCannotBeRead", "acme", "secret",
     [](store::ClientRow& c) {
       c.allow_from = {"192.0.2.0/24", "rubbish"};
     }},
    {"Expired", "acme", "secret", [](store::ClientRow& c) { c.password_until_us = kNoonUs; }},
    {"PreviousExpired", "acme", "old",
     [](store::ClientRow& c) {
       c.previous_hash = "old";
       c.previous_until_us = kNoonUs;
     }},
};
INSTANTIATE_TEST_SUITE_P(Why, RefusedBind, testing::ValuesIn(kRefused),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Access,
     ABindThatNobodyHasTimeToJudgeIsPutOff) {  // access.binds_waiting_max, strangers_waiting_max
  Door door;
  door.passwords.is_full = true;
  SmppPeer peer = door.Connects();
  EXPECT_EQ(door.Binds(peer), ESME_RTHROTTLED);
  EXPECT_FALSE(peer.connected());
  EXPECT_EQ(door.Count(Metric::binds_unjudged), 1u);
  door.passwords.is_full = false;
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK) << "it was no offence";
  EXPECT_EQ(door.Count(Metric::binds_unjudged), 1u);
}

// --- addresses -------------------------------------------------------------------------------------------------

TEST(Access, AListLetsInWhomItNamesOfEitherFamily) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].allow_from = {"192.0.2.0/24", "2001:db8::/32"};
  Door door(catalog);
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
  EXPECT_EQ(door.BindsFrom("[::ffff:192.0.2.9]"), ESME_ROK);
  EXPECT_EQ(door.BindsFrom("[2001:db8::5]"), ESME_ROK);
  EXPECT_EQ(door.BindsFrom("[2001:db9::5]"), ESME_RBINDFAIL);
  EXPECT_EQ(door.BindsFrom("198.51.100.7"), ESME_RBINDFAIL);
  EXPECT_EQ(door.BindsFrom("198.51.100.7", "other"), ESME_ROK) << "another client's list";
}

// --- passwords and their time ----------------------------------------------------------------------------------

TEST(Access, APasswordEndsInItsMomentWhetherOrNotItBoundBefore) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].password_until_us = kNoonUs + 60'000'000;
  Door door(catalog);
  door.network.Advance(59s);
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
  EXPECT_EQ(door.passwords.last.hashes[0].valid_for, 1s) << "it is remembered no longer than that";
  door.network.Advance(1s);
  EXPECT_EQ(door.BindsFrom(kHome), ESME_RBINDFAIL);
  EXPECT_TRUE(door.passwords.last.hashes.empty());
  EXPECT_EQ(door.passwords.forgotten, std::vector<std::int64_t>{1});
}

TEST(Access, BothPasswordsAreTakenUntilTheOldOneEnds) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].previous_hash = "old";
  catalog.clients[0].previous_until_us = kNoonUs + 60'000'000;
  Door door(catalog);
  EXPECT_EQ(door.BindsFrom(kHome, "acme", "old"), ESME_ROK);
  EXPECT_EQ(door.BindsFrom(kHome, "acme", "secret"), ESME_ROK);
  // A wrong one costs two hashes, whoever it is of: time must not tell that acme has two.
  EXPECT_EQ(door.BindsFrom(kHome, "nobody", "old"), ESME_RBINDFAIL);
  EXPECT_EQ(door.passwords.last.hashes_of_work, 2u);
  door.network.Advance(60s);
  EXPECT_EQ(door.BindsFrom(kHome, "acme", "old"), ESME_RBINDFAIL);
  EXPECT_EQ(door.BindsFrom(kHome, "acme", "secret"), ESME_ROK);
}

TEST(Access, ADisabledClientIsForgotten) {
  Door door;
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[1].enabled = false;
  door.Use(catalog);
  EXPECT_EQ(door.passwords.forgotten, std::vector<std::int64_t>{2});
}

// --- places ----------------------------------------------------------------------------------------------------

store::Catalog OnePlace() {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].binds_max = 1;
  return catalog;
}

TEST(Access, APlaceIsFreeInTheVeryTurnOfTheUnbind) {
  Door door(OnePlace());
  for (int i = 0; i < 20; ++i) {
    SmppPeer first = door.Connects();
    ASSERT_EQ(door.Binds(first), ESME_ROK) << i;
    EXPECT_EQ(door.BindsFrom(kHome), ESME_RALYBND);
    // Its end does not read: the connection lingers with the answer in it.
    first.raw().StopReading();
    first.Send(Bare(unbind, 2));
    EXPECT_EQ(door.relay->front().sessions(), 1u);
    SmppPeer second = door.Connects();
    ASSERT_EQ(door.Binds(second), ESME_ROK) << i;
    second.raw().Break();
    first.raw().Break();
  }
  EXPECT_EQ(door.Count(Metric::binds_esme), 0u);
}

TEST(Access, APlaceIsFreeAtOnceWhenAConnectionIsLost) {
  Door door(OnePlace());
  for (int i = 0; i < 20; ++i) {
    SmppPeer peer = door.Connects();
    ASSERT_EQ(door.Binds(peer), ESME_ROK) << i;
    i % 2 == 0 ? peer.raw().Hangup() : peer.raw().Break();
  }
}

TEST(Access, EachModeMayHaveALimitOfItsOwn) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].binds_max = 3;
  catalog.clients[0].binds_max_rx = 1;
  Door door(catalog);
  SmppPeer first = door.Connects();
  EXPECT_EQ(door.Binds(first, "acme", "secret", bind_receiver), ESME_ROK);
  EXPECT_EQ(door.BindsFrom(kHome, "acme", "secret", bind_receiver), ESME_RALYBND);
  EXPECT_EQ(door.BindsFrom(kHome, "acme", "secret", bind_transmitter), ESME_ROK);
  EXPECT_EQ(door.BindsFrom(kHome, "acme", "secret", bind_transceiver), ESME_ROK);
  EXPECT_EQ(door.BindsFrom(kHome, "acme", "secret", bind_transmitter), ESME_RALYBND);
  first.raw().Hangup();
  EXPECT_EQ(door.BindsFrom(kHome, "acme", "secret", bind_receiver), ESME_ROK);
}

// --- before the bind -------------------------------------------------------------------------------------------

TEST(Access, AnAddressHasSoManyConnectionsThatDoNotBind) {
  Door door;
  std::vector<SmppPeer> silent;
  for (int i = 0; i < 4; ++i) silent.push_back(door.Connects());
  EXPECT_FALSE(door.Connects().connected());
  EXPECT_EQ(door.Count(Metric::connections_unbound_per_address), 1u);
  EXPECT_EQ(door.BindsFrom("198.51.100.7"), ESME_ROK) << "another address";
  silent[1].raw().Hangup();
  EXPECT_TRUE(door.Connects().connected());
  EXPECT_FALSE(door.Connects().connected());
  EXPECT_EQ(door.Binds(silent[0]), ESME_ROK);
  EXPECT_TRUE(door.Connects().connected()) << "and one of them that binds makes room";
  EXPECT_EQ(door.Count(Metric::connections_displaced), 0u);
}

// Sixteen silent connections of one neighbour behind the same NAT must not lock out the client that binds from there.
TEST(Access, SilentConnectionsOfItsAddressDoNotKeepAClientOut) {
  Door door;
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
  std::vector<SmppPeer> silent;
  for (int i = 0; i < 4; ++i) silent.push_back(door.Connects());
  SmppPeer bound = door.Connects();
  EXPECT_EQ(door.Binds(bound), ESME_ROK);
  EXPECT_FALSE(silent[0].connected()) << "the oldest gave way";
  EXPECT_EQ(silent[0].raw().close_cause(), net::CloseCause::kOurs);
  for (int i = 1; i < 4; ++i) EXPECT_TRUE(silent[static_cast<std::size_t>(i)].connected());
  EXPECT_EQ(door.Count(Metric::connections_displaced), 1u);
  EXPECT_EQ(door.Count(Metric::connections_unbound), 3u);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(door.Connects().connected());
  EXPECT_TRUE(bound.connected()) << "who is bound has no part in it";
  EXPECT_EQ(door.Count(Metric::connections_unbound), 4u);
}

TEST(Access, ABindThatIsJudgedIsNotPushedOutByNewConnections) {
  Door door;
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
  door.passwords.judge_later = true;
  SmppPeer judged = door.Connects();
  EXPECT_EQ(door.Binds(judged), std::nullopt);
  std::vector<SmppPeer> silent;
  for (int i = 0; i < 8; ++i) silent.push_back(door.Connects());
  EXPECT_EQ(door.Count(Metric::connections_displaced), 5u);
  door.passwords.JudgeLast();
  door.network.RunUntilQuiet();
  const auto answer = judged.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status(), ESME_ROK);
}

TEST(Access, ConnectionsComeAtARateOfEachAddressAndOfAllStrangers) {
  access::GuardLimits limits = Guarded();
  limits.accepts_per_second_address = 2;
  limits.accepts_per_second_max = 3;
  Door door(TwoSuppliers(), limits);
  EXPECT_TRUE(door.Connects(kHome).connected());
  EXPECT_TRUE(door.Connects(kHome).connected());
  EXPECT_FALSE(door.Connects(kHome).connected());
  EXPECT_EQ(door.Count(Metric::connections_rate_per_address), 1u);
  EXPECT_TRUE(door.Connects("198.51.100.1").connected());
  EXPECT_FALSE(door.Connects("198.51.100.2").connected());
  EXPECT_EQ(door.Count(Metric::connections_rate), 1u);
  door.network.Advance(1s);
  EXPECT_TRUE(door.Connects("198.51.100.2").connected());
}

// Who is timed out comes again and again: it shares one half of the rate with its like, and the other one is for newcomers.
TEST(Access, WhoDidNotBindLeavesNewcomersTheirHalfOfTheRate) {
  access::GuardLimits limits = Guarded();
  limits.accepts_per_second_max = 4;
  Door door(TwoSuppliers(), limits);
  const std::string silent[] = {"203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"};
  std::vector<SmppPeer> waiting;
  for (const std::string& from : silent) waiting.push_back(door.Connects(from));
  door.network.Advance(door.limits.esme.session_init_timeout);
  for (SmppPeer& peer : waiting) EXPECT_FALSE(peer.connected());
  int entered = 0;
  for (const std::string& from : silent) entered += door.Connects(from).connected() ? 1 : 0;
  EXPECT_EQ(entered, 2);
  EXPECT_EQ(door.Count(Metric::connections_rate), 2u);
  EXPECT_EQ(door.BindsFrom("198.51.100.1"), ESME_ROK);
  EXPECT_EQ(door.BindsFrom("198.51.100.2"), ESME_ROK);
}

// A password of nine characters costs its sender no hash, but it is no bind either.
TEST(Access, AMalformedBindIsAnOffenceLikeAnyOther) {
  access::GuardLimits limits = Guarded();
  limits.accepts_per_second_max = 4;
  Door door(TwoSuppliers(), limits);
  const std::string guessing[] = {"203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"};
  Octets nine = Bind(bind_transceiver, 1, "acme", "12345678");
  nine.insert(std::find(nine.begin(), nine.end(), '8'), '0');
  nine[3] = static_cast<std::uint8_t>(nine.size());
  for (const std::string& from : guessing) {
    SmppPeer peer = door.Connects(from);
    peer.Send(nine);
    EXPECT_EQ(peer.Next()->status(), ESME_RINVPASWD);
    EXPECT_FALSE(peer.connected());
  }
  door.network.Advance(1s);
  int entered = 0;
  for (const std::string& from : guessing) entered += door.Connects(from).connected() ? 1 : 0;
  EXPECT_EQ(entered, 2);
  EXPECT_EQ(door.BindsFrom("198.51.100.1"), ESME_ROK);
  EXPECT_EQ(door.BindsFrom("198.51.100.2"), ESME_ROK);
}

enum class Comes { kWhereItBoundBefore, kWhereAListNamesIt, kFromAnywhere };

TEST(Access, AKnownClientThatHangsUpWhileItIsJudgedGivesNoOffence) {
  for (const Comes comes :
       {Comes::kWhereItBoundBefore, Comes::kWhereAListNamesIt, Comes::kFromAnywhere}) {
    store::Catalog catalog = TwoSuppliers();
    if (comes == Comes::kWhereAListNamesIt) catalog.clients[0].allow_from = {"192.0.2.0/24"};
    Door door(catalog);
    if (comes == Comes::kWhereItBoundBefore) {
      EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
    }
    const std::size_t before = door.guard.stats().entries;
    door.passwords.judge_later = true;
    SmppPeer peer = door.Connects();
    EXPECT_EQ(door.Binds(peer), std::nullopt);
    peer.raw().Hangup();
    const std::size_t marks = comes == Comes::kFromAnywhere ? 1 : 0;
    EXPECT_EQ(door.guard.stats().entries, before + marks) << static_cast<int>(comes);
  }
}

// What is known of one client there is nothing that speaks for another one.
TEST(Access, WhoHangsUpWhileItAsksForAnotherClientIsAStranger) {
  Door door;
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
  const std::size_t before = door.guard.stats().entries;
  door.passwords.judge_later = true;
  SmppPeer peer = door.Connects();
  EXPECT_EQ(door.Binds(peer, "other"), std::nullopt);
  peer.raw().Hangup();
  EXPECT_EQ(door.guard.stats().entries, before + 1);
}

TEST(Access, AnAddressThatAListNamedIsANewcomerBehindItsHangup) {
  access::GuardLimits limits = Guarded();
  limits.accepts_per_second_max = 2;
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].allow_from = {"192.0.2.0/24"};
  Door door(catalog, limits);
  door.passwords.judge_later = true;
  SmppPeer peer = door.Connects();
  EXPECT_EQ(door.Binds(peer), std::nullopt);
  peer.raw().Hangup();
  door.Use(TwoSuppliers());
  door.guard.EndedUnbound(*access::ParseAddress("203.0.113.1"), door.network.timers().now());
  EXPECT_TRUE(door.Connects("203.0.113.1").connected())
      << "marked: the half that all share is taken";
  EXPECT_TRUE(door.Connects(kHome).connected());
}

// --- guessers --------------------------------------------------------------------------------------------------

TEST(Access, AGuesserIsBannedAndItsNeighboursAreNot) {
  Door door;
  for (int i = 0; i < 4; ++i) EXPECT_EQ(door.BindsFrom(kHome, "acme", "guess"), ESME_RBINDFAIL);
  EXPECT_EQ(door.Count(Metric::addresses_banned), 1u);
  EXPECT_FALSE(door.Connects(kHome).connected());
  EXPECT_EQ(door.Count(Metric::connections_banned), 1u);
  EXPECT_EQ(door.BindsFrom("192.0.2.8"), ESME_ROK);
  door.network.Advance(10min);
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
}

TEST(Access, ABanOfAnAddressLeavesTheBindsThatWereAlwaysThere) {
  Door door;
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(door.BindsFrom(kHome, "other", "guess"), ESME_RBINDFAIL);
  EXPECT_EQ(door.Count(Metric::addresses_banned), 1u);
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
  EXPECT_EQ(door.BindsFrom(kHome, "other", "secret"), ESME_RBINDFAIL) << "banned for all others";
}

TEST(Access, WhomAnAllowListNamesIsNotBannedByIts) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].allow_from = {"192.0.2.0/24"};
  Door door(catalog);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(door.BindsFrom(kHome, "acme", "typo"), ESME_RBINDFAIL);
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
}

TEST(Access, AClientUnderAttackBindsFromItsOwnPlacesAsEver) {
  Door door;
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(door.BindsFrom("203.0.113." + std::to_string(i), "acme", "guess"), ESME_RBINDFAIL);
  SmppPeer guesser = door.Connects("203.0.113.9");
  EXPECT_EQ(door.Binds(guesser, "acme", "guess"), std::nullopt);
  EXPECT_EQ(door.Count(Metric::binds_delayed), 1u);
  EXPECT_EQ(door.BindsFrom(kHome), ESME_ROK);
  SmppPeer owner = door.Connects("198.51.100.1");
  EXPECT_EQ(door.Binds(owner), std::nullopt) << "the owner, from a place it never was at";
  door.network.Advance(1s - 1ns);
  EXPECT_FALSE(owner.Next());
  door.network.Advance(1ns);
  EXPECT_EQ(owner.Next()->status(), ESME_ROK);
  EXPECT_EQ(guesser.Next()->status(), ESME_RBINDFAIL);
  EXPECT_FALSE(guesser.connected());
}

// A system_id that nobody has must not be told from one under attack.
TEST(Access, AnUnknownSystemIdIsDelayedLikeAnyOther) {
  Door door;
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(door.BindsFrom("203.0.113." + std::to_string(i), "nobody", "guess"), ESME_RBINDFAIL);
  SmppPeer guesser = door.Connects("203.0.113.9");
  EXPECT_EQ(door.Binds(guesser, "nobody", "guess"), std::nullopt);
  guesser.raw().Hangup();
  door.network.Advance(1s);
  EXPECT_EQ(door.relay->front().sessions(), 0u);
}

// What is judged goes by the catalog of its end, not of its beginning.
TEST(Access, AClientDisabledWhileItWaitsIsRefused) {
  Door door;
  for (int i = 0; i < 6; ++i) door.BindsFrom("203.0.113." + std::to_string(i), "acme", "guess");
  SmppPeer owner = door.Connects("198.51.100.1");
  EXPECT_EQ(door.Binds(owner), std::nullopt);
  store::Catalog catalog = TwoSuppliers();
  catalog.clients.erase(catalog.clients.begin());
  catalog.mo_routes.clear();
  door.Use(catalog);
  door.network.Advance(1s);
  EXPECT_EQ(owner.Next()->status(), ESME_RBINDFAIL);
}

// The system_id may belong to somebody else by the time the verdict comes.
TEST(Access, AVerdictIsOfTheClientThatWasAskedFor) {
  Door door;
  door.passwords.judge_later = true;
  SmppPeer peer = door.Connects();
  EXPECT_EQ(door.Binds(peer), std::nullopt);
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].client_id = 3;
  catalog.mo_routes.clear();
  door.Use(catalog);
  door.passwords.JudgeLast();
  door.network.RunUntilQuiet();
  EXPECT_EQ(peer.Next()->status(), ESME_RBINDFAIL);
}

TEST(Access, AVerdictIsOfAHashThatIsStillInForce) {
  Door door;
  door.passwords.judge_later = true;
  SmppPeer peer = door.Connects(), overlap = door.Connects();
  EXPECT_EQ(door.Binds(peer), std::nullopt);
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].password_hash = "new";
  door.Use(catalog);
  door.passwords.JudgeLast();
  door.network.RunUntilQuiet();
  EXPECT_EQ(peer.Next()->status(), ESME_RBINDFAIL);
  door.Use(TwoSuppliers());
  EXPECT_EQ(door.Binds(overlap), std::nullopt);
  catalog.clients[0].previous_hash = "secret";
  catalog.clients[0].previous_until_us = INT64_MAX;
  door.Use(catalog);
  door.passwords.JudgeLast();
  door.network.RunUntilQuiet();
  EXPECT_EQ(overlap.Next()->status(), ESME_ROK) << "it changes over, and both are in force";
}

TEST(Access, AReloadWhileAnAnswerWaitsDoesNotLetAnOldPasswordIn) {
  Door door;
  for (int i = 0; i < 6; ++i) door.BindsFrom("203.0.113." + std::to_string(i), "acme", "guess");
  SmppPeer owner = door.Connects("198.51.100.1");
  EXPECT_EQ(door.Binds(owner), std::nullopt);
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].password_hash = "new";
  door.Use(catalog);
  door.network.Advance(1s);
  EXPECT_EQ(owner.Next()->status(), ESME_RBINDFAIL);
}

TEST(Access, WhoHangsUpWhileItIsJudgedIsNotWaitedFor) {
  Door door;
  door.passwords.judge_later = true;
  SmppPeer peer = door.Connects();
  EXPECT_EQ(door.Binds(peer), std::nullopt);
  EXPECT_TRUE(door.passwords.last.wanted->load());
  peer.raw().Hangup();
  EXPECT_FALSE(door.passwords.last.wanted->load());
  EXPECT_EQ(door.relay->front().sessions(), 0u);
  EXPECT_EQ(door.Count(Metric::connections_unbound), 0u);
}

}  // namespace
}  // namespace hub::test
