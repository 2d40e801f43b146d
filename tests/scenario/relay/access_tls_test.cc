// Clients that may come over TLS only.
#include <gtest/gtest.h>

#include "tests/scenario/relay/door.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

store::Catalog AcmeOverTls() {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].tls_required = true;
  return catalog;
}

TEST(Access, WhoMustComeOverTlsComesOverTls) {
  Door door(AcmeOverTls());
  SmppPeer secure = door.Connects();
  secure.raw().SpeakTls();
  EXPECT_EQ(door.Binds(secure), ESME_ROK);
  EXPECT_EQ(door.BindsFrom(kHome), ESME_RBINDFAIL);
  EXPECT_TRUE(door.passwords.last.hashes.empty()) << "its password is not even looked at";
  EXPECT_EQ(door.BindsFrom(kHome, "other"), ESME_ROK) << "another client's row";
}

TEST(Access, AReloadThatWantsTlsEndsThePlainSessionsByUnbind) {
  Door door;
  SmppPeer plain = door.Connects(), secure = door.Connects(), other = door.Connects();
  secure.raw().SpeakTls();
  ASSERT_EQ(door.Binds(plain), ESME_ROK);
  ASSERT_EQ(door.Binds(secure), ESME_ROK);
  ASSERT_EQ(door.Binds(other, "other"), ESME_ROK);
  door.passwords.judge_later = true;
  SmppPeer judged = door.Connects();
  ASSERT_EQ(door.Binds(judged), std::nullopt);
  door.Use(AcmeOverTls());
  door.network.RunUntilQuiet();
  EXPECT_EQ(plain.Next()->id(), unbind);
  EXPECT_FALSE(secure.Next());
  EXPECT_FALSE(other.Next());
  door.passwords.JudgeLast();
  door.network.RunUntilQuiet();
  EXPECT_EQ(judged.Next()->status(), ESME_RBINDFAIL) << "its verdict came behind the reload";
}

}  // namespace
}  // namespace hub::test
