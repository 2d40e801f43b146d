#include "server/store/client_password.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/clock.h"
#include "server/base/password.h"
#include "server/store/apply.h"
#include "server/store/catalog_reader.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;

class ClientPasswordTest : public testing::Test {
 protected:
  ClientPasswordTest() { Bring(); }
  ApplyReport Bring() {
    auto applied = Apply(database_, world_, false);
    EXPECT_TRUE(applied.ok()) << applied.error().Text();
    return applied ? *applied : ApplyReport{};
  }
  std::string Change(PasswordChange change) {
    auto password = ChangePassword(database_, change);
    EXPECT_TRUE(password.ok()) << password.error().Text();
    return password ? *password : "";
  }
  ClientRow Acme() { return ReadCatalog(pg_)->clients[0]; }
  static std::int64_t SecondsFromNow(std::int64_t us) {
    return (us - ToMicros(SystemClock().WallNow()) + 500'000) / 1'000'000;
  }

  const std::string database_ = PostgresServer::Get().NewDatabase();
  Pg pg_ = Connect(database_);
  Description world_ = SmallWorld();
};

TEST_F(ClientPasswordTest, TheOldOneIsTakenForTheOverlapAndNotLonger) {
  const std::string old = Acme().password_hash;
  const std::string password = Change({"acme", 7'200, {}});
  EXPECT_THAT(password, testing::MatchesRegex("[A-Za-z0-9]{8}"));
  const ClientRow acme = Acme();
  EXPECT_TRUE(VerifyPassword(password, acme.password_hash));
  EXPECT_EQ(acme.password_until_us, INT64_MAX);
  EXPECT_EQ(acme.previous_hash, old);
  EXPECT_NEAR(static_cast<double>(SecondsFromNow(acme.previous_until_us)), 7'200, 60);
  EXPECT_EQ(
      Scalar(pg_, "SELECT count(*) FROM crm.client c WHERE c::text LIKE '%" + password + "%'"),
      "0");
}

TEST_F(ClientPasswordTest, WithoutAnOverlapTheOldOneEndsAtOnce) {
  Change({"acme", 7'200, {}});
  Change({"acme", 0, 86'400});
  const ClientRow acme = Acme();
  EXPECT_EQ(acme.previous_hash, "");
  EXPECT_NEAR(static_cast<double>(SecondsFromNow(acme.password_until_us)), 86'400, 60);
}

TEST_F(ClientPasswordTest, AnOverlapDoesNotOutliveTheOldOne) {
  Change({"acme", 0, 60});
  Change({"acme", 7'200, {}});
  EXPECT_NEAR(static_cast<double>(SecondsFromNow(Acme().previous_until_us)), 60, 30);
}

TEST_F(ClientPasswordTest, WhoIsUnknownHasNone) { EXPECT_EQ(Change({"nobody", 0, {}}), ""); }

TEST_F(ClientPasswordTest, AFileWithTheOldPasswordDoesNotBringItBack) {
  world_.clients[0].client.password_hash.clear();
  world_.clients[0].password = "first-pw";
  Bring();
  const std::string password = Change({"acme", 7'200, {}});
  const ApplyReport report = Bring();
  EXPECT_THAT(report.changed, testing::IsEmpty());
  EXPECT_THAT(report.notes, testing::Contains(testing::HasSubstr("the present one stays")));
  EXPECT_TRUE(VerifyPassword(password, Acme().password_hash));
  world_.clients[0].password = "third-pw";
  Bring();
  EXPECT_TRUE(VerifyPassword("third-pw", Acme().password_hash));
}

// A password without an overlap was replaced in a hurry: nothing must bring it back.
TEST_F(ClientPasswordTest, AFileDoesNotBringBackWhatWasReplacedWithoutAnOverlapOrLongAgo) {
  world_.clients[0].client.password_hash.clear();
  world_.clients[0].password = "first-pw";
  Bring();
  Change({"acme", 0, {}});
  const std::string password = Change({"acme", 0, {}});
  EXPECT_THAT(Bring().changed, testing::IsEmpty());
  EXPECT_TRUE(VerifyPassword(password, Acme().password_hash));
}

TEST_F(ClientPasswordTest, AFileWithTheOldHashDoesNotBringItBack) {
  const std::string old = Acme().password_hash;
  ASSERT_EQ(world_.clients[0].client.password_hash, old);
  for (const std::int64_t overlap_s : {0, 7'200}) {
    const std::string password = Change({"acme", overlap_s, {}});
    const ApplyReport report = Bring();
    EXPECT_THAT(report.changed, testing::IsEmpty());
    EXPECT_THAT(report.notes, testing::Contains(testing::HasSubstr("was replaced")));
    EXPECT_TRUE(VerifyPassword(password, Acme().password_hash));
  }
}

TEST_F(ClientPasswordTest, ANewPasswordOfAFileEndsTheOneBeforeItAndItsOverlap) {
  Change({"acme", 7'200, {}});
  ASSERT_NE(Acme().previous_hash, "");
  world_.clients[0].client.password_hash = *HashPassword("brand-new", 1);
  Bring();
  EXPECT_EQ(Acme().previous_hash, "");
  EXPECT_EQ(Acme().previous_until_us, INT64_MIN);
  EXPECT_TRUE(VerifyPassword("brand-new", Acme().password_hash));
}

// The end in the file is that of the password in the file.
TEST_F(ClientPasswordTest, AFileDoesNotMoveTheEndOfAPasswordThatItDoesNotName) {
  world_.clients[0].client.password_until_us = ToMicros(SystemClock().WallNow()) + 3'600'000'000;
  Bring();
  EXPECT_NEAR(static_cast<double>(SecondsFromNow(Acme().password_until_us)), 3'600, 60)
      << "it is its own password's";
  Change({"acme", 0, 86'400});
  Bring();
  EXPECT_NEAR(static_cast<double>(SecondsFromNow(Acme().password_until_us)), 86'400, 60);
  world_.clients[0].client.password_until_us = INT64_MAX;
  Bring();
  EXPECT_NEAR(static_cast<double>(SecondsFromNow(Acme().password_until_us)), 86'400, 60);
  world_.clients[0].client.password_hash.clear();  // a file that leaves passwords to hubctl
  Bring();
  EXPECT_NEAR(static_cast<double>(SecondsFromNow(Acme().password_until_us)), 86'400, 60);
  world_.clients[0].client.password_hash = *HashPassword("brand-new", 1);
  Bring();
  EXPECT_EQ(Acme().password_until_us, INT64_MAX) << "a new password brings its own end";
}

}  // namespace
}  // namespace hub::test
