#include "server/base/password.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace hub {
namespace {

constexpr unsigned kCheap = 1;  // about 1 ms a hash

TEST(Password, IsVerifiedAgainstItsHashAndNoOther) {
  const auto hash = HashPassword("secret08", kCheap);
  ASSERT_TRUE(hash.ok()) << hash.error().Text();
  EXPECT_EQ(hash->substr(0, 3), "$y$");
  EXPECT_EQ(hash->find("secret08"), std::string::npos);
  EXPECT_TRUE(VerifyPassword("secret08", *hash));
  EXPECT_FALSE(VerifyPassword("secret09", *hash));
  EXPECT_FALSE(VerifyPassword("secret0", *hash));
  EXPECT_FALSE(VerifyPassword("", *hash));
}

TEST(Password, HasASaltOfItsOwnEachTime) {
  EXPECT_NE(*HashPassword("same", kCheap), *HashPassword("same", kCheap));
}

TEST(Password, DoesNotEndAtANulOfThePeer) {
  const auto hash = HashPassword("abc", kCheap);
  EXPECT_FALSE(VerifyPassword(std::string_view("abc\0def", 7), *hash));
  EXPECT_FALSE(HashPassword(std::string_view("a\0b", 3), kCheap).ok());
}

TEST(Password, OfTheWrongLengthIsRefusedWithAReason) {
  EXPECT_FALSE(HashPassword("", kCheap).ok());
  EXPECT_TRUE(HashPassword(std::string(kPasswordOctetsMax, 'x'), kCheap).ok());
  const auto too_long = HashPassword(std::string(kPasswordOctetsMax + 1, 'x'), kCheap);
  ASSERT_FALSE(too_long.ok());
  EXPECT_NE(too_long.error().Text().find("1 to 64 octets"), std::string::npos);
  EXPECT_EQ(too_long.error().Text().find("xxx"), std::string::npos) << "a secret in an error text";
}

TEST(
    Password,
    AnImportedSha512HashIsVerifiedToo) {  // crypt(5): python3 crypt.crypt("imported", "$6$saltsalt")
  const std::string hash =
      "$6$saltsalt$6vHbWReXMyJLhiFkk2g1zEPkOwQBoHgAakHGhehM8N4."
      "A1PqMpvr5n4dbnpxDhzUBoLDGWLsdlOd4hCiSMjgz/";
  EXPECT_TRUE(VerifyPassword("imported", hash));
  EXPECT_FALSE(VerifyPassword("Imported", hash));
}

TEST(Password, AHashThatIsNoneVerifiesNothing) {
  for (const char* hash : {"", "*", "plaintext", "$y$", "$y$j9T$short", "$99$x$y"}) {
    EXPECT_FALSE(VerifyPassword("plaintext", hash)) << hash;
  }
  EXPECT_FALSE(IsPasswordHash("plaintext"));
  EXPECT_FALSE(IsPasswordHash("$99$x$y"));
  EXPECT_TRUE(IsPasswordHash(*HashPassword("x", kCheap)));
}

TEST(Password, ANewOneIsOfLettersAndDigitsAndNeverTheSame) {
  std::set<std::string> seen;
  std::set<char> used;
  for (int i = 0; i < 1'000; ++i) {
    const std::string password = *NewPassword(8);
    EXPECT_EQ(password.size(), 8u);
    EXPECT_TRUE(seen.insert(password).second);
    used.insert(password.begin(), password.end());
  }
  EXPECT_EQ(used.size(), 62u);
}

}  // namespace
}  // namespace hub
