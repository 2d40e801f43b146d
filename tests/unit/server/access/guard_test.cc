#include "server/access/guard.h"

#include <gtest/gtest.h>

namespace hub::access {
namespace {

using namespace std::chrono_literals;

class GuardTest : public testing::Test, protected UnboundOwner {
 protected:
  void OnDisplaced(std::uint64_t place) override { displaced_.push_back(place); }
  Arrival Arrives(const Address& from, const AddressList& named = {}) {
    return Enters(from, named).arrival;
  }
  Entrance Enters(const Address& from, const AddressList& named = {}) {
    return guard_.Arrive(from, named, *this, now_);
  }
  // So many wrong binds of one address; the last one's ban.
  Duration Fails(const Address& from, int times, std::string_view system_id = "acme",
                 bool is_known = false) {
    Duration ban{0};
    for (int i = 0; i < times; ++i) ban = guard_.Failed(from, system_id, is_known, now_);
    return ban;
  }

  const ProcessKey key_;
  GuardLimits limits_{.unbound_per_address_max = 3,
                      .accepts_per_second_address = 0,
                      .accepts_per_second_max = 0,
                      .failures_per_minute_address = 10,
                      .failures_per_minute_id = 20,
                      .entries_max = 16,
                      .unlimited_from = AddressList(std::vector<std::string>{"127.0.0.0/8"})};
  Guard guard_{key_, limits_};
  TimePoint now_{1h};
  std::vector<std::uint64_t> displaced_;
  const Address one_ = *ParseAddress("192.0.2.1"), other_ = *ParseAddress("192.0.2.2"),
                own_ = *ParseAddress("127.0.0.1");
};

TEST_F(GuardTest, AnAddressHasSoManyUnboundConnectionsAndNoMore) {
  std::vector<std::uint64_t> places;
  for (int i = 0; i < 3; ++i) places.push_back(Enters(one_).place);
  EXPECT_EQ(Arrives(one_), Arrival::kUnboundPerAddress);
  EXPECT_EQ(Arrives(other_), Arrival::kWelcome);
  guard_.NoLongerUnbound(one_, places[1]);
  guard_.NoLongerUnbound(one_, places[1]);  // twice is one place
  places[1] = Enters(one_).place;
  EXPECT_EQ(Arrives(one_), Arrival::kUnboundPerAddress);
  EXPECT_EQ(guard_.stats().unbound_addresses, 2u);
  for (const std::uint64_t place : places) guard_.NoLongerUnbound(one_, place);
  EXPECT_TRUE(displaced_.empty());
  EXPECT_EQ(guard_.stats().unbound_addresses, 1u);
}

// A peer has 2^64 addresses to be refused from.
TEST_F(GuardTest, NothingIsKeptOfWhoIsNotLetIn) {
  limits_.unbound_per_address_max = 0;
  Guard guard(key_, limits_);
  guard.Succeeded(one_, 7);
  const AddressList named(std::vector<std::string>{"192.0.2.2"});
  for (const Address& from : {one_, other_, *ParseAddress("203.0.113.1")})
    EXPECT_EQ(guard.Arrive(from, named, *this, now_).arrival, Arrival::kUnboundPerAddress);
  EXPECT_EQ(guard.stats().unbound_addresses, 0u);
  EXPECT_TRUE(displaced_.empty());
  EXPECT_EQ(Arrives(own_), Arrival::kWelcome) << "no limit holds for it";
}

// Silent connections behind the address of a client must not keep it out, nor any that its allow_from names.
TEST_F(GuardTest, TheOldestUnboundConnectionGivesWayWhereWeKnowSomebody) {
  std::vector<std::uint64_t> places;
  for (int i = 0; i < 3; ++i) places.push_back(Enters(one_).place);
  guard_.NoLongerUnbound(one_, places[0]);  // the second is the oldest now
  guard_.Succeeded(one_, 7);
  EXPECT_EQ(Arrives(one_), Arrival::kWelcome);
  EXPECT_TRUE(displaced_.empty()) << "there was room";
  EXPECT_EQ(Arrives(one_), Arrival::kWelcome);
  EXPECT_EQ(displaced_, std::vector<std::uint64_t>{places[1]});
  guard_.NoLongerUnbound(one_, places[1]);  // its end is told later, and frees nothing
  EXPECT_EQ(Arrives(one_), Arrival::kWelcome);
  EXPECT_EQ(displaced_, (std::vector<std::uint64_t>{places[1], places[2]}));
  const AddressList named(std::vector<std::string>{"192.0.2.2"});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(Arrives(other_, named), Arrival::kWelcome);
  EXPECT_EQ(displaced_.size(), 3u);
}

// Who binds twenty times at once from where it bound before must not push out its own first binds.
TEST_F(GuardTest, WhoseBindIsJudgedGivesWayAfterTheSilentOrNever) {
  guard_.Succeeded(one_, 7);
  std::vector<std::uint64_t> places;
  for (int i = 0; i < 3; ++i) places.push_back(Enters(one_).place);
  guard_.Asks(one_, places[0], true);
  guard_.Asks(one_, places[1], false);
  guard_.Asks(one_, 0, true);  // one that is not counted
  places.push_back(Enters(one_).place);
  EXPECT_EQ(displaced_, std::vector<std::uint64_t>{places[2]}) << "the silent one";
  guard_.Asks(one_, places[3], true);
  places.push_back(Enters(one_).place);
  EXPECT_EQ(displaced_, (std::vector<std::uint64_t>{places[2], places[1]})) << "a stranger's";
  guard_.Asks(one_, places[4], true);
  EXPECT_EQ(Arrives(one_), Arrival::kUnboundPerAddress);
  EXPECT_EQ(displaced_.size(), 2u);
  guard_.NoLongerUnbound(one_, places[0]);
  EXPECT_EQ(Arrives(one_), Arrival::kWelcome);
}

// A banned peer that goes on trying is refused for its rate, and its ban does not spare it that.
TEST_F(GuardTest, TheRateOfAnAddressComesBeforeItsBan) {
  limits_.accepts_per_second_address = 2;
  Guard guard(key_, limits_);
  for (int i = 0; i < 11; ++i) guard.Failed(one_, "acme", false, now_);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kBanned);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kRatePerAddress);
}

TEST_F(GuardTest, AddressesOfOneV6HostAreCountedTogether) {
  for (const char* text : {"2001:db8::1", "2001:db8::2", "2001:db8::3"})
    EXPECT_EQ(Arrives(*ParseAddress(text)), Arrival::kWelcome);
  EXPECT_EQ(Arrives(*ParseAddress("2001:db8::4")), Arrival::kUnboundPerAddress);
  EXPECT_EQ(Arrives(*ParseAddress("2001:db8:0:1::4")), Arrival::kWelcome);
}

TEST_F(GuardTest, NoLimitHoldsForWhomTheSettingNames) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Arrives(own_), Arrival::kWelcome);
  EXPECT_EQ(Fails(own_, 100), 0s);
  EXPECT_FALSE(guard_.IsBanned(own_, now_));
  EXPECT_EQ(guard_.Delay(own_, "acme", false, now_), 0s);
}

TEST_F(GuardTest, ConnectionsOfAnAddressComeAtARate) {
  limits_.accepts_per_second_address = 2;
  limits_.unbound_per_address_max = 100;
  Guard guard(key_, limits_);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kRatePerAddress);
  EXPECT_EQ(guard.Arrive(other_, {}, *this, now_).arrival, Arrival::kWelcome);
  now_ += 500ms;
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kRatePerAddress);
}

TEST_F(GuardTest, AFloodOfStrangersDoesNotKeepOutWhomWeKnow) {
  limits_.accepts_per_second_max = 2;
  Guard guard(key_, limits_);
  guard.Succeeded(one_, 7);
  const AddressList named(std::vector<std::string>{"192.0.2.2"});
  EXPECT_EQ(guard.Arrive(*ParseAddress("203.0.113.1"), named, *this, now_).arrival,
            Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(*ParseAddress("203.0.113.2"), named, *this, now_).arrival,
            Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(*ParseAddress("203.0.113.3"), named, *this, now_).arrival, Arrival::kRate);
  EXPECT_EQ(guard.Arrive(one_, named, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(other_, named, *this, now_).arrival, Arrival::kWelcome);
}

// Seven thousand silent connections that come again whenever they are timed out are not to keep newcomers out.
TEST_F(GuardTest, HalfOfTheRateIsForAddressesWithoutABadMark) {
  limits_.accepts_per_second_max = 20;
  limits_.entries_max = 1'000;
  Guard guard(key_, limits_);
  const auto address = [](const char* network, int i) {
    return *ParseAddress(network + std::to_string(i / 250) + "." + std::to_string(1 + i % 250));
  };
  constexpr int kAttackers = 700;
  for (int i = 0; i < kAttackers; ++i) {
    if (i % 2 == 0) guard.EndedUnbound(address("203.0.", i), now_);           // timed out
    if (i % 2 == 1) guard.Failed(address("203.0.", i), "acme", false, now_);  // refused
  }
  int entered = 0;
  for (int second = 0; second < 5; ++second, now_ += 1s) {
    for (int i = 0; i < kAttackers; ++i) {
      const auto came = guard.Arrive(address("203.0.", i), {}, *this, now_);
      if (came.place == 0) continue;
      ++entered;
      guard.NoLongerUnbound(address("203.0.", i), came.place);
    }
    for (int i = 0; i < 10; ++i) {
      EXPECT_EQ(guard.Arrive(address("198.51.", second * 10 + i), {}, *this, now_).arrival,
                Arrival::kWelcome);
    }
  }
  EXPECT_EQ(entered, 50) << "their half";
}

TEST_F(GuardTest, WithoutAnAttackNewcomersHaveAllOfTheRateAndAMarkEnds) {
  limits_.accepts_per_second_max = 5;
  Guard guard(key_, limits_);
  const auto enters = [&](int i) {
    return guard.Arrive(*ParseAddress("203.0.113." + std::to_string(i)), {}, *this, now_).arrival;
  };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(enters(i), Arrival::kWelcome) << i;
  EXPECT_EQ(enters(5), Arrival::kRate);
  now_ += 1s;
  guard.EndedUnbound(one_, now_);
  for (int i = 6; i < 11; ++i) EXPECT_EQ(enters(i), Arrival::kWelcome) << i;
  now_ += 1s;
  // All that a marked one has a part in: three of five.
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kWelcome);
  guard.NoLongerUnbound(one_, 11);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kRate);
  now_ += limits_.ban;
  guard.NoLongerUnbound(one_, 12);
  guard.NoLongerUnbound(one_, 13);
  guard.EndedUnbound(other_, now_);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(guard.Arrive(other_, {}, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kRate);
}

TEST_F(GuardTest, ARateOfOneCannotBeShared) {
  limits_.accepts_per_second_max = 1;
  Guard guard(key_, limits_);
  EXPECT_EQ(guard.Arrive(one_, {}, *this, now_).arrival, Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(other_, {}, *this, now_).arrival, Arrival::kRate);
}

TEST_F(GuardTest, TooManyFailuresWithinAMinuteBanAnAddressForTenMinutes) {
  EXPECT_EQ(Fails(one_, 10), 0s);
  EXPECT_EQ(Arrives(one_), Arrival::kWelcome);
  EXPECT_EQ(Fails(one_, 1), 10min);
  EXPECT_EQ(Arrives(one_), Arrival::kBanned);
  EXPECT_EQ(Arrives(other_), Arrival::kWelcome);
  now_ += 10min - 1s;
  EXPECT_EQ(Arrives(one_), Arrival::kBanned);
  now_ += 1s;
  EXPECT_EQ(Arrives(one_), Arrival::kWelcome);
}

TEST_F(GuardTest, FailuresOfAnotherMinuteDoNotCount) {
  EXPECT_EQ(Fails(one_, 10), 0s);
  now_ += 1min;
  EXPECT_EQ(Fails(one_, 10), 0s);
}

TEST_F(GuardTest, BansDoubleUpToADayAndAreForgottenADayBehindTheLast) {
  const Duration wanted[] = {10min, 20min, 40min, 80min, 160min, 320min, 640min, 1280min, 24h, 24h};
  for (const Duration ban : wanted) {
    EXPECT_EQ(Fails(one_, 11), ban);
    now_ += ban;
  }
  now_ += 24h;
  EXPECT_EQ(Fails(one_, 11), 10min);
}

TEST_F(GuardTest, ABanDoesNotCloseTheDoorToWhomWeKnow) {
  guard_.Succeeded(one_, 7);
  Fails(one_, 11);
  EXPECT_TRUE(guard_.IsBanned(one_, now_)) << "for all but its own binds";
  EXPECT_EQ(Arrives(one_), Arrival::kWelcome);
  EXPECT_TRUE(guard_.Knows(one_, 7));
  EXPECT_FALSE(guard_.Knows(one_, 8));
  Fails(other_, 11);
  EXPECT_EQ(Arrives(other_), Arrival::kBanned);
  EXPECT_EQ(Arrives(other_, AddressList(std::vector<std::string>{"192.0.2.0/24"})),
            Arrival::kWelcome);
}

// A client whose password is wrong, where it bound before, must not close the door for itself.
TEST_F(GuardTest, FailuresFromWhereTheClientBoundBeforeBanNobody) {
  EXPECT_EQ(Fails(one_, 100, "acme", true), 0s);
  EXPECT_FALSE(guard_.IsBanned(one_, now_));
}

TEST_F(GuardTest, AGuessedSystemIdAnswersStrangersSlowlyAndNobodyElse) {
  for (int i = 0; i < 20; ++i) Fails(*ParseAddress("203.0.113." + std::to_string(i)), 1, "acme");
  EXPECT_EQ(guard_.Delay(one_, "acme", false, now_), 0s);
  Fails(other_, 1, "acme");
  EXPECT_EQ(guard_.Delay(one_, "acme", false, now_), 1s);
  EXPECT_EQ(guard_.Delay(one_, "acme", true, now_), 0s);
  EXPECT_EQ(guard_.Delay(one_, "zeta", false, now_), 0s);
  now_ += 1min;
  EXPECT_EQ(guard_.Delay(one_, "acme", false, now_), 0s);
}

TEST_F(GuardTest, TablesAreBoundedAndTheOldestGivesWay) {
  Fails(one_, 11);
  for (int i = 0; i < 15; ++i) Fails(*ParseAddress("203.0.113." + std::to_string(i)), 1);
  EXPECT_TRUE(guard_.IsBanned(one_, now_));
  Fails(other_, 1);
  EXPECT_FALSE(guard_.IsBanned(one_, now_));
  EXPECT_EQ(guard_.stats().entries, 33u) << "sixteen addresses, their bad marks, one system_id";
  EXPECT_EQ(guard_.stats().forgotten, 2u);
}

}  // namespace
}  // namespace hub::access
