#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/password.h"
#include "tests/support/profile_rules.h"
#include "tests/unit/server/store/apply_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

TEST_F(ApplyTest, TheSameAgainChangesNothing) {
  const ApplyReport first = Bring();
  EXPECT_THAT(first.changed, IsEmpty());
  EXPECT_EQ(first.same, 0);
  EXPECT_THAT(first.added, testing::Contains("client acme"));
  EXPECT_THAT(first.added, testing::Contains("client acme: top-up opening-acme of 10 EUR"));
  EXPECT_THAT(first.added, testing::Contains("deck retail: 234/10: 0.02"));
  const std::string before = Fingerprint();
  const ApplyReport second = Bring();
  EXPECT_THAT(second.added, IsEmpty());
  EXPECT_THAT(second.changed, IsEmpty());
  EXPECT_THAT(second.removed, IsEmpty());
  EXPECT_EQ(second.same, static_cast<std::int64_t>(first.added.size()));
  EXPECT_EQ(Fingerprint(), before);
}

TEST_F(ApplyTest, ADryRunSaysTheSameAndLeavesNothing) {
  const std::string before = Fingerprint();
  const ApplyReport dry = Bring(true);
  EXPECT_EQ(Fingerprint(), before);
  EXPECT_EQ(Bring().added, dry.added);
}

TEST_F(ApplyTest, SaysWhatChangedFromWhatToWhat) {
  Bring();
  world_.clients[0].client.rate_per_second = 200;
  world_.clients[1].credit_limit = {5 * kNanoPerUnit};
  world_.decks[0].rates[0].rate.price = {21'000'000};
  world_.suppliers[0].binds[0].bind.password = "another-secret";
  world_.suppliers[1].binds[0].bind.port = 12777;
  const ApplyReport report = Bring();
  EXPECT_THAT(
      report.changed,
      ElementsAre("deck retail: 234/10: 0.02 -> 0.021", "client acme: rate_per_second 0 -> 200",
                  "supplier alpha: bind 127.0.0.1:12775 hub: password changed",
                  "client limited: credit_limit 1 -> 5"));
  EXPECT_THAT(report.added, ElementsAre("supplier beta: bind 127.0.0.1:12777 hub"));
  EXPECT_THAT(report.removed, ElementsAre("supplier beta: bind 127.0.0.1:12776 hub"));
}

TEST_F(ApplyTest, EveryTermOfAContractIsBroughtInAndStays) {
  Bring();
  ClientRow& acme = world_.clients[0].client;
  acme.answer = AnswerMode::kAccepted;
  acme.on_link_lost = OnLinkLost::kFail;
  acme.message_ttl_s = 60;
  acme.receipt_ttl_s = 0;
  acme.dlr_timeout_s = 61;
  acme.no_receipt_state = 3;
  acme.dedupe_window_s = 62;
  acme.dedupe_by = DedupeBy::kUserMessageReference;
  world_.clients[0].terms = {false, true, true, UnknownRule::kRelease, UnknownRule::kCharge};
  world_.decks[0].deck.charge_basis = ChargeBasis::kDelivered;
  world_.suppliers[0].supplier.on_unknown = OnUnknown::kResend;
  world_.suppliers[0].supplier.retry_after_s = {7, 8};
  world_.suppliers[0].supplier.on_link_lost = OnLinkLost::kFail;
  world_.suppliers[0].supplier.relays_query = true;
  EXPECT_THAT(
      Bring().changed,
      ElementsAre("deck retail: charge_basis submit -> delivered",
                  "client acme: answer upstream -> accepted, on_link_lost resend -> fail,"
                  " message_ttl_s 172800 -> 60,"
                  " receipt_ttl_s 259200 -> 0, dlr_timeout_s 259200 -> 61, no_receipt_state 7 -> 3,"
                  " dedupe_window_s 0 -> 62, dedupe_by content -> user_message_reference,"
                  " refund_on_hub_fault true -> false, refund_on_upstream_reject false -> true,"
                  " refund_on_undelivered false -> true, ack_unknown charge -> release,"
                  " no_dlr release -> charge",
                  "supplier alpha: on_unknown hold -> resend,"
                  " retry_after_s {5,15,60,300,900,3600} -> {7,8},"
                  " on_link_lost resend -> fail, relays_query false -> true"));
  const std::string before = Fingerprint();
  EXPECT_THAT(Bring().changed, IsEmpty());
  EXPECT_EQ(Fingerprint(), before);
}

TEST_F(ApplyTest, WhoMayEnterIsBroughtInAndStays) {
  Bring();
  ClientRow& acme = world_.clients[0].client;
  acme.allow_from = {"192.0.2.0/24", "2001:db8::/32"};
  acme.binds_max_tx = 1;
  acme.binds_max_rx = 2;
  acme.binds_max_trx = 3;
  acme.tls_required = true;
  acme.password_until_us = 1'893'456'000'000'000;
  EXPECT_THAT(Bring().changed,
              ElementsAre(HasSubstr("allow_from {} -> {192.0.2.0/24,2001:db8::/32}")));
  const std::string before = Fingerprint();
  EXPECT_THAT(Bring().changed, IsEmpty());
  EXPECT_EQ(Fingerprint(), before);
  acme.allow_from = {"192.0.2.1/24"};
  EXPECT_THAT(Refused(), HasSubstr("client acme"));
}

TEST_F(ApplyTest, WhomBroadcastsGoToIsNamed) {
  ClientEntry& acme = world_.clients[0];
  Bring();
  acme.broadcast_supplier = "beta";
  acme.client.broadcast_price = Nano{500'000'000};
  EXPECT_THAT(Refused(), HasSubstr("client acme: the supplier \"beta\" has no broadcast_cost"));
  world_.suppliers[1].supplier.broadcast_cost = Nano{200'000'000};
  EXPECT_THAT(Bring().changed,
              ElementsAre("supplier beta: broadcast_cost  -> 0.2",
                          "client acme: broadcasts: broadcast_supplier_id  -> 2, broadcast_price  "
                          "-> 0.5"));
  const std::string before = Fingerprint();
  EXPECT_THAT(Bring().changed, IsEmpty());
  EXPECT_EQ(Fingerprint(), before);
  acme.broadcast_supplier = "gamma";
  EXPECT_THAT(Refused(), HasSubstr("no supplier is called \"gamma\""));
  acme.broadcast_supplier.clear();
  EXPECT_THAT(Bring().changed,
              ElementsAre("client acme: broadcasts: broadcast_supplier_id 2 -> , broadcast_price "
                          "0.5 -> "));
}

TEST_F(ApplyTest, TheStatusesDescribedAreAllASupplierHas) {
  auto& statuses = world_.suppliers[0].supplier.statuses;
  statuses = {{0x0b, StatusClass::kTransient}, {0x14, StatusClass::kPermanent}};
  const ApplyReport first = Bring();
  EXPECT_THAT(first.added, testing::IsSupersetOf({"supplier alpha: status 0x0000000b",
                                                  "supplier alpha: status 0x00000014"}));
  const std::string before = Fingerprint();
  EXPECT_EQ(Bring().same, static_cast<std::int64_t>(first.added.size()));
  EXPECT_EQ(Fingerprint(), before);
  statuses = {{0x14, StatusClass::kThrottle}};
  const ApplyReport report = Bring();
  EXPECT_THAT(report.changed,
              ElementsAre("supplier alpha: status 0x00000014: class permanent -> throttle"));
  EXPECT_THAT(report.removed, ElementsAre("supplier alpha: status 0x0000000b"));
  SupplierProfile& profile = world_.suppliers[0].supplier.profile;
  profile.client_statuses = {{0x14, 0x58}, {0x401, 0x45}};
  const ApplyReport shown = Bring();
  EXPECT_THAT(shown.changed,
              ElementsAre("supplier alpha: status 0x00000014: client_status  -> 88"));
  EXPECT_THAT(shown.added, ElementsAre("supplier alpha: status 0x00000401"));
  EXPECT_NE(Fingerprint(), before);
}

TEST_F(ApplyTest, TheProfileDescribedIsAllASupplierHas) {
  Bring();
  SupplierProfile& profile = world_.suppliers[0].supplier.profile;
  profile.tlvs = SupplierTlvs::kNone;
  profile.tlv_rules = {
      TlvSpec{.tag = 5, .action = TlvAction::kAdd, .to_tag = 0, .has_value = true, .value = {1}},
      TlvSpec{.tag = 6, .action = TlvAction::kDrop}};
  profile.source_rules = {AddressSpec{.prefix = "+", .action = AddressAction::kPrefix},
                          AddressSpec{.to_ton = 1}};
  profile.data_codings = {{1, 3}};
  profile.receipt_states = {{"OK", 2}};
  const ApplyReport first = Bring();
  EXPECT_THAT(first.changed, ElementsAre("supplier alpha: tlvs pass -> none"));
  EXPECT_THAT(first.added,
              ElementsAre("supplier alpha: tlv 5", "supplier alpha: tlv 6",
                          "supplier alpha: address source 1", "supplier alpha: address source 2",
                          "supplier alpha: data_coding 1", "supplier alpha: receipt state OK"));
  const std::string before = Fingerprint();
  const ApplyReport again = Bring();
  EXPECT_THAT(again.changed, IsEmpty());
  EXPECT_THAT(again.removed, IsEmpty());
  EXPECT_EQ(Fingerprint(), before);

  profile = {};
  profile.tlv_rules = {TlvSpec{.tag = 5, .action = TlvAction::kMap, .to_tag = 7}};
  profile.source_rules = {AddressSpec{.to_ton = 1}};
  const ApplyReport last = Bring();
  EXPECT_THAT(last.changed,
              ElementsAre("supplier alpha: tlvs none -> pass",
                          "supplier alpha: tlv 5: action add -> map, to_tag  -> 7, value \\x01 -> ",
                          HasSubstr("supplier alpha: address source 1: prefix + -> ")));
  EXPECT_THAT(last.removed,
              ElementsAre("supplier alpha: tlv 6", "supplier alpha: address source 2",
                          "supplier alpha: data_coding 1", "supplier alpha: receipt state OK"));
}

// What hubctl refuses PostgreSQL refuses too, whoever writes there.
TEST_F(ApplyTest, ARuleThatWouldLoseTheTextIsRefused) {
  Bring();
  for (const std::uint16_t tag :
       std::initializer_list<std::uint16_t>{0x0424, 0x020C, 0x020E, 0x020F}) {
    world_.suppliers[0].supplier.profile.tlv_rules = {
        TlvSpec{.tag = tag, .action = TlvAction::kDrop}};
    EXPECT_THAT(Refused(), HasSubstr("supplier alpha: tlv")) << tag;
  }
}

TEST_F(ApplyTest, NotesWhatIsStoredAndNotDescribed) {
  EXPECT_THAT(Bring().notes, IsEmpty());
  world_.clients.erase(world_.clients.begin());
  world_.suppliers.clear();  // the file is not about suppliers: nothing to note
  world_.mo_routes.clear();
  world_.decks.resize(1);
  world_.decks[0].rates.pop_back();
  EXPECT_THAT(Bring().notes, ElementsAre("deck retail: prices stored and not described: 234/any",
                                         "decks stored and not described: alpha-cost, beta-cost",
                                         "clients stored and not described: acme"));
  EXPECT_EQ(Scalar(pg_, "SELECT count(*) FROM crm.client"), "2");
}

TEST_F(ApplyTest, NotesAPriceOfZero) {
  world_.decks[0].rates[1].rate.price = {0};
  EXPECT_THAT(Bring().notes,
              ElementsAre("world:7: deck retail: 234/any: the price is 0: free of charge"));
  EXPECT_THAT(Bring().notes, testing::SizeIs(1));
  world_.decks[0].rates[1].rate.blocked = true;
  EXPECT_THAT(Bring().notes, IsEmpty());
}

TEST_F(ApplyTest, AnOldPriceStaysInTheTableWithItsEnd) {
  Bring();
  world_.decks[0].rates[0].rate.price = {21'000'000};
  Bring();
  EXPECT_EQ(Scalar(pg_,
                   "SELECT string_agg(price || ' ' || upper_inf(valid), ', ' ORDER BY "
                   "lower(valid)) FROM rate.rate r"
                   " JOIN rate.deck d USING (deck_id) WHERE d.name = 'retail' AND mnc = '10'"),
            "0.020000000 false, 0.021000000 true");
  // No gap and no overlap: the one ends in the microsecond in which the other begins.
  EXPECT_EQ(
      Scalar(
          pg_,
          "SELECT count(*) FROM rate.rate a JOIN rate.rate b ON upper(a.valid) = lower(b.valid)"),
      "1");
}

TEST_F(ApplyTest, APasswordIsHashedOnceAndNeverShown) {
  world_.clients[0].client.password_hash.clear();
  world_.clients[0].password = "s3cret";
  Bring();
  const std::string select = "SELECT password_hash FROM crm.client WHERE system_id = 'acme'";
  const std::string hash = Scalar(pg_, select);
  EXPECT_TRUE(VerifyPassword("s3cret", hash));
  EXPECT_THAT(Bring().changed, IsEmpty());
  EXPECT_EQ(Scalar(pg_, select), hash);
  world_.clients[0].password = "changed";
  EXPECT_THAT(Bring().changed, ElementsAre("client acme: password_hash changed"));
}

// The daemon's grants and batches hold an account's row, and must not wait for ours to be hashed.
TEST_F(ApplyTest, WhatStandsAlreadyLocksNoAccount) {
  Bring();
  const std::string hold = "SELECT FROM money.account FOR UPDATE";
  EXPECT_EQ(ApplyBeside(hold), "");
  world_.clients[0].client.rate_per_second = 7;
  EXPECT_EQ(ApplyBeside(hold), "");
  world_.clients[0].topups.push_back({"world:20", "second", {kNanoPerUnit}, "paid"});
  EXPECT_THAT(ApplyBeside(hold), HasSubstr("lock timeout"));
}

TEST_F(ApplyTest, AccountsAreLockedLastAndInOrder) {
  Bring();
  std::swap(world_.clients[0], world_.clients[1]);  // described in another order than their ids
  world_.clients[0].topups = {{"world:20", "two", {kNanoPerUnit}, "paid"}};
  world_.clients[1].topups = {{"world:21", "one", {kNanoPerUnit}, "paid"}};
  world_.mo_routes[0].client = "limited";
  const ApplyReport report = Bring();
  EXPECT_THAT(report.changed, ElementsAre(HasSubstr("mo_route 4477*")));
  EXPECT_THAT(report.added, ElementsAre("client acme: top-up one of 1 EUR",
                                        "client limited: top-up two of 1 EUR"));
}

TEST_F(ApplyTest, RefusesWithThePlaceOfTheEntry) {
  Bring();
  world_.clients[0].deck = "nowhere";
  EXPECT_EQ(Refused(), "world:12: client acme: no deck is called \"nowhere\"");
  world_ = SmallWorld();
  world_.clients[0].client.currency = "USD";
  EXPECT_THAT(Refused(),
              HasSubstr("world:12: client acme: the deck \"retail\" is in EUR, this is in USD"));
  world_ = SmallWorld();
  world_.prefixes[0].mcc = "999";
  EXPECT_THAT(Refused(), HasSubstr("world:3: prefix 44: there is no network 999/any"));
  world_ = SmallWorld();
  world_.prefixes[1].prefix = "44";
  EXPECT_THAT(Refused(), HasSubstr("world:4: prefix 44: it is described twice, first at world:3"));
  world_ = SmallWorld();
  world_.decks[0].rates[1].rate.price = {-1};
  EXPECT_THAT(Refused(), HasSubstr("world:7: deck retail: 234/any: a price is not below 0"));
  world_ = SmallWorld();
  world_.decks[0].rates[1].rate.mnc = "10";
  EXPECT_THAT(Refused(),
              HasSubstr("world:7: deck retail: 234/10: its validity overlaps another entry"));
  world_ = SmallWorld();
  world_.decks[0].deck.unit = DeckUnit::kMessage;
  EXPECT_THAT(Refused(),
              HasSubstr("world:5: deck retail: it is in EUR per segment, and that never changes"));
  world_ = SmallWorld();
  world_.mo_routes[0].client = "nobody";
  EXPECT_THAT(Refused(), HasSubstr("world:17: mo_route 4477*: no client is called \"nobody\""));
  world_ = SmallWorld();
  world_.mo_routes[0].supplier = "nobody";
  EXPECT_THAT(Refused(), HasSubstr("mo_route 4477* from nobody: no supplier is called"));
  world_ = SmallWorld();
  world_.networks[0].network.country = "XX";
  EXPECT_THAT(Refused(), HasSubstr("world:1: network 234/10: no such country"));
  world_ = SmallWorld();
  world_.clients[0].topups[0].amount = {1};
  EXPECT_THAT(Refused(), HasSubstr("world:13: client acme: top-up opening-acme: external_ref"));
}

TEST_F(ApplyTest, ALimitBelowWhatIsLeasedFallsAsMoneyReturns) {
  Bring();
  ASSERT_TRUE(pg_.RunFile("lease",
                          "SELECT money.node_start(1, gen_random_uuid());"
                          "SELECT money.lease_grant(2, 1, 1, 0.8, 0.8, 1)")
                  .ok());
  world_.clients[1].credit_limit = {700'000'000};
  EXPECT_THAT(Bring().changed, ElementsAre("client limited: credit_limit 1 -> 0.7 (0.8 until what"
                                           " is owed and leased returns)"));
  EXPECT_THAT(Bring().changed, IsEmpty());  // on its way: nothing to do again
  ASSERT_TRUE(pg_.RunFile("close", "SELECT money.lease_close_all(1, 1)").ok());
  EXPECT_EQ(Scalar(pg_, "SELECT trim_scale(credit_limit) FROM money.account WHERE account_id = 2"),
            "0.7");
}

TEST_F(ApplyTest, ATopupIsBookedBeforeTheLimitFalls) {
  Bring();
  ASSERT_TRUE(pg_.RunFile("lease",
                          "SELECT money.node_start(1, gen_random_uuid()); SELECT "
                          "money.lease_grant(2, 1, 1, 0.8, 0.8, 1)")
                  .ok());
  world_.clients[1].credit_limit = {0};
  world_.clients[1].topups = {{"world:20", "pay", {kNanoPerUnit}, "paid"}};
  EXPECT_THAT(Bring().changed, ElementsAre("client limited: credit_limit 1 -> 0"));
}

}  // namespace
}  // namespace hub::test
