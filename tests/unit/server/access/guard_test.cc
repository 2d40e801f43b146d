#include "server/access/guard.h"

#include <gtest/gtest.h>

namespace hub::access {
namespace {

using namespace std::chrono_literals;

class GuardTest : public testing::Test {
 protected:
  Arrival Arrives(const Address& from, const AddressList& named = {}) {
    return guard_.Arrive(from, named, now_);
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
  const Address one_ = *ParseAddress("192.0.2.1"), other_ = *ParseAddress("192.0.2.2"),
                own_ = *ParseAddress("127.0.0.1");
};

TEST_F(GuardTest, AnAddressHasSoManyUnboundConnectionsAndNoMore) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Arrives(one_), Arrival::kWelcome);
  EXPECT_EQ(Arrives(one_), Arrival::kUnboundPerAddress);
  EXPECT_EQ(Arrives(other_), Arrival::kWelcome);
  guard_.NoLongerUnbound(one_);
  EXPECT_EQ(Arrives(one_), Arrival::kWelcome);
  EXPECT_EQ(guard_.stats().unbound_addresses, 2u);
  for (int i = 0; i < 3; ++i) guard_.NoLongerUnbound(one_);
  EXPECT_EQ(guard_.stats().unbound_addresses, 1u);
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
  EXPECT_EQ(guard.Arrive(one_, {}, now_), Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, now_), Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, now_), Arrival::kRatePerAddress);
  EXPECT_EQ(guard.Arrive(other_, {}, now_), Arrival::kWelcome);
  now_ += 500ms;
  EXPECT_EQ(guard.Arrive(one_, {}, now_), Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(one_, {}, now_), Arrival::kRatePerAddress);
}

TEST_F(GuardTest, AFloodOfStrangersDoesNotKeepOutWhomWeKnow) {
  limits_.accepts_per_second_max = 2;
  Guard guard(key_, limits_);
  guard.Succeeded(one_, 7);
  const AddressList named(std::vector<std::string>{"192.0.2.2"});
  EXPECT_EQ(guard.Arrive(*ParseAddress("203.0.113.1"), named, now_), Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(*ParseAddress("203.0.113.2"), named, now_), Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(*ParseAddress("203.0.113.3"), named, now_), Arrival::kRate);
  EXPECT_EQ(guard.Arrive(one_, named, now_), Arrival::kWelcome);
  EXPECT_EQ(guard.Arrive(other_, named, now_), Arrival::kWelcome);
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
  EXPECT_EQ(guard_.stats().entries, 17u) << "sixteen addresses, one system_id";
  EXPECT_EQ(guard_.stats().forgotten, 1u);
}

}  // namespace
}  // namespace hub::access
