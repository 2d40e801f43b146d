#include "server/store/catalog_reader.h"

#include <gtest/gtest.h>

#include "server/base/clock.h"
#include "server/store/apply.h"
#include "tests/support/postgres_rig.h"
#include "tests/support/profile_rules.h"

namespace hub::test {
namespace {

using namespace hub::store;

class CatalogReaderTest : public testing::Test {
 protected:
  void Bring(const Description& world) {
    auto applied = Apply(database_, world, false);
    ASSERT_TRUE(applied.ok()) << applied.error().Text();
  }
  const std::string database_ = PostgresServer::Get().NewDatabase();
  Pg pg_ = Connect(database_);
};

TEST_F(CatalogReaderTest, ReadsWhatApplyWrote) {
  Description world = SmallWorld();
  ClientRow& acme = world.clients[0].client;
  acme.bind_modes = kMayBindTx | kMayBindTrx;
  acme.tags = {"b \"quoted\"", "a\\b", "plain"};
  acme.guard_mode = GuardMode::kWarn;
  acme.margin_min_abs = {1};
  acme.out_of_credit_status = 0x400;
  acme.rate_per_second = 100'000;
  world.suppliers[0].supplier.id_form = IdForm::kHexToDec;
  world.decks[1].deck.unit = DeckUnit::kMessage;
  acme.answer = AnswerMode::kAccepted;
  acme.message_ttl_s = 60;
  acme.receipt_ttl_s = 0;
  acme.dlr_timeout_s = 61;
  acme.no_receipt_state = 5;
  acme.dedupe_window_s = 62;
  acme.mo_offline = MoOffline::kStore;
  acme.mo_ttl_s = 63;
  acme.allow_from = {"192.0.2.0/24", "2001:db8::/32", "198.51.100.7"};
  acme.binds_max_tx = 1;
  acme.binds_max_rx = 2;
  acme.binds_max_trx = 3;
  acme.tls_required = true;
  world.clients[0].broadcast_supplier = "beta";
  acme.broadcast_price = Nano{500'000'001};
  world.suppliers[1].supplier.broadcast_cost = Nano{200'000'000};
  acme.short_ids = false;
  acme.on_link_lost = OnLinkLost::kFail;
  acme.password_until_us = 1'893'456'000'000'001;
  acme.dedupe_by = DedupeBy::kUserMessageReference;
  acme.over_rate = OverRate::kDelay;
  world.suppliers[1].supplier.on_unknown = OnUnknown::kFail;
  world.suppliers[1].supplier.on_link_lost = OnLinkLost::kFail;
  world.suppliers[1].supplier.relays_query = true;
  world.suppliers[1].supplier.retry_after_s = {1, 2'592'000};
  world.suppliers[1].supplier.rate_per_second = 250;
  world.suppliers[1].binds[0].bind.rate_per_second = 20;
  world.suppliers[1].binds[0].bind.other_hosts = {"b.example", "[2001:db8::1]:2776"};
  world.suppliers[1].supplier.statuses = {{0x0b, StatusClass::kThrottle},
                                          {0xffffffff, StatusClass::kPermanent}};
  SupplierProfile& profile = world.suppliers[1].supplier.profile;
  profile.tlvs = SupplierTlvs::kShown;
  profile.tlv_rules = {
      TlvSpec{
          .tag = 5, .action = TlvAction::kAdd, .to_tag = 0, .has_value = true, .value = {0, 0xFF}},
      TlvSpec{.tag = 0x1401, .action = TlvAction::kDrop},
      TlvSpec{.tag = 0x1402, .action = TlvAction::kMap, .to_tag = 0xFFFF},
      TlvSpec{
          .tag = 0x1403, .action = TlvAction::kMap, .to_tag = 1, .has_value = true, .value = {}}};
  profile.source_rules = {
      AddressSpec{.ton = 5, .npi = 0, .action = AddressAction::kRefuse},
      AddressSpec{.prefix = "+", .action = AddressAction::kPrefix},
      AddressSpec{.action = AddressAction::kAddress, .to = "4670", .to_ton = 1}};
  profile.destination_rules = {
      AddressSpec{.side = AddressSide::kDestination, .action = AddressAction::kKeep, .to_npi = 8}};
  profile.data_codings = {{0, 3}, {255, 0}};
  profile.force_receipts = true;
  profile.receipts_by_text = true;
  profile.receipt_states = {{"OK", 2}, {"QUEUED", 1}};
  profile.client_statuses = {{0x0b, 0x45}, {0x401, 0xfffffffe}};
  world.decks[0].deck.charge_basis = ChargeBasis::kUpstreamAck;
  world.decks[0].rates[0].rate.valid.until_us =
      1'893'456'000'000'001;  // 2030-01-01 and a microsecond
  SupplierBindRow& bind = world.suppliers[0].binds[0].bind;
  bind.tls = SupplierTls::kVerify;
  bind.tls_server_name = "smsc.example";
  bind.tls_ca = "/etc/ca.pem";
  bind.tls_certificate = "/etc/ours.pem";
  bind.tls_key = "/etc/ours.key";
  MoRouteEntry range;
  range.place = "world:20";
  range.route.range_from = "4478000";
  range.route.range_to = "4478099";
  range.route.keyword = "STOP";
  range.client = "acme";
  range.supplier = "beta";
  world.mo_routes.push_back(range);
  Bring(world);

  auto catalog = ReadCatalog(pg_);
  ASSERT_TRUE(catalog.ok()) << catalog.error().Text();
  EXPECT_GT(catalog->version, 1);
  ASSERT_EQ(catalog->clients.size(), 2u);
  const ClientRow& read = catalog->clients[0];
  EXPECT_EQ(read.system_id, "acme");
  EXPECT_EQ(read.password_hash, acme.password_hash);
  EXPECT_EQ(read.currency, "EUR");
  EXPECT_EQ(read.bind_modes, kMayBindTx | kMayBindTrx);
  EXPECT_EQ(read.tags, (std::vector<std::string>{"a\\b", "b \"quoted\"", "plain"}));
  EXPECT_EQ(read.guard_mode, GuardMode::kWarn);
  EXPECT_EQ(read.margin_min_abs, Nano{1});
  EXPECT_EQ(read.out_of_credit_status, 0x400u);
  EXPECT_EQ(read.rate_per_second, 100'000);
  EXPECT_EQ(read.answer, AnswerMode::kAccepted);
  EXPECT_EQ(read.message_ttl_s, 60);
  EXPECT_EQ(read.receipt_ttl_s, 0);
  EXPECT_EQ(read.dlr_timeout_s, 61);
  EXPECT_EQ(read.mo_offline, MoOffline::kStore);
  EXPECT_EQ(read.mo_ttl_s, 63);
  EXPECT_EQ(catalog->clients[1].mo_offline, MoOffline::kRefuse);
  EXPECT_EQ(read.no_receipt_state, 5);
  EXPECT_EQ(read.dedupe_window_s, 62);
  EXPECT_EQ(read.allow_from,
            (std::vector<std::string>{"192.0.2.0/24", "2001:db8::/32", "198.51.100.7/32"}));
  EXPECT_EQ(read.binds_max_tx, 1);
  EXPECT_EQ(read.binds_max_rx, 2);
  EXPECT_EQ(read.binds_max_trx, 3);
  EXPECT_TRUE(read.tls_required);
  EXPECT_FALSE(catalog->clients[1].tls_required);
  EXPECT_EQ(read.broadcast_price, Nano{500'000'001});
  EXPECT_EQ(catalog->clients[1].broadcast_supplier_id, 0);
  EXPECT_FALSE(read.short_ids);
  EXPECT_TRUE(catalog->clients[1].short_ids);
  EXPECT_EQ(read.on_link_lost, OnLinkLost::kFail);
  EXPECT_EQ(catalog->clients[1].on_link_lost, OnLinkLost::kResend);
  EXPECT_EQ(read.password_until_us, 1'893'456'000'000'001);
  EXPECT_EQ(read.previous_hash, "");
  EXPECT_EQ(read.previous_until_us, INT64_MIN);
  EXPECT_EQ(catalog->clients[1].password_until_us, INT64_MAX) << "for ever";
  EXPECT_TRUE(catalog->clients[1].allow_from.empty());
  EXPECT_EQ(read.dedupe_by, DedupeBy::kUserMessageReference);
  EXPECT_EQ(read.over_rate, OverRate::kDelay);

  ASSERT_EQ(catalog->suppliers.size(), 2u);
  EXPECT_EQ(catalog->suppliers[0].id_form, IdForm::kHexToDec);
  EXPECT_TRUE(catalog->suppliers[0].statuses.empty());
  EXPECT_EQ(read.broadcast_supplier_id, catalog->suppliers[1].supplier_id);
  EXPECT_EQ(catalog->suppliers[1].broadcast_cost, Nano{200'000'000});
  EXPECT_FALSE(catalog->suppliers[0].broadcast_cost);
  EXPECT_EQ(catalog->suppliers[1].on_unknown, OnUnknown::kFail);
  EXPECT_EQ(catalog->suppliers[0].on_link_lost, OnLinkLost::kResend);
  EXPECT_EQ(catalog->suppliers[1].on_link_lost, OnLinkLost::kFail);
  EXPECT_FALSE(catalog->suppliers[0].relays_query);
  EXPECT_TRUE(catalog->suppliers[1].relays_query);
  EXPECT_EQ(catalog->suppliers[1].retry_after_s, (std::vector<std::int32_t>{1, 2'592'000}));
  EXPECT_EQ(catalog->suppliers[0].rate_per_second, 0);
  EXPECT_EQ(catalog->suppliers[1].rate_per_second, 250);
  EXPECT_EQ(catalog->supplier_binds[1].rate_per_second, 20);
  EXPECT_EQ(catalog->supplier_binds[1].other_hosts,
            (std::vector<std::string>{"b.example", "[2001:db8::1]:2776"}));
  auto statuses = world.suppliers[1].supplier.statuses;
  statuses[0x401] = StatusClass::kDefault;
  EXPECT_EQ(catalog->suppliers[1].statuses, statuses);
  EXPECT_EQ(catalog->suppliers[0].profile, SupplierProfile{});
  EXPECT_EQ(catalog->suppliers[1].profile, profile);
  EXPECT_EQ(catalog->decks[0].charge_basis, ChargeBasis::kUpstreamAck);
  ASSERT_EQ(catalog->supplier_binds.size(), 2u);
  EXPECT_EQ(catalog->supplier_binds[0].port, 12775);
  EXPECT_EQ(catalog->supplier_binds[0].password, "supplier-secret");
  EXPECT_EQ(catalog->supplier_binds[0].tls, SupplierTls::kVerify);
  EXPECT_EQ(catalog->supplier_binds[0].tls_server_name, "smsc.example");
  EXPECT_EQ(catalog->supplier_binds[0].tls_ca, "/etc/ca.pem");
  EXPECT_EQ(catalog->supplier_binds[0].tls_certificate, "/etc/ours.pem");
  EXPECT_EQ(catalog->supplier_binds[0].tls_key, "/etc/ours.key");
  EXPECT_EQ(catalog->supplier_binds[1].tls, SupplierTls::kOff);
  ASSERT_EQ(catalog->networks.size(), 2u);
  EXPECT_EQ(catalog->networks[1].mnc, "");
  EXPECT_EQ(catalog->prefixes.size(), 2u);
  ASSERT_EQ(catalog->decks.size(), 3u);
  EXPECT_EQ(catalog->decks[1].unit, DeckUnit::kMessage);
  ASSERT_EQ(catalog->rates.size(), 4u);
  EXPECT_EQ(catalog->rates[1].price, Nano{20'000'000});  // sorted by key: "" before "10"
  EXPECT_EQ(catalog->rates[1].valid.until_us, 1'893'456'000'000'001);
  EXPECT_EQ(catalog->rates[0].valid.until_us, INT64_MAX);
  ASSERT_EQ(catalog->mo_routes.size(), 2u);
  EXPECT_EQ(catalog->mo_routes[0].client_id, read.client_id);
  EXPECT_EQ(catalog->mo_routes[0].prefix, "4477");
  EXPECT_EQ(catalog->mo_routes[0].supplier_id, 0);
  EXPECT_EQ(catalog->mo_routes[1].range_from, "4478000");
  EXPECT_EQ(catalog->mo_routes[1].range_to, "4478099");
  EXPECT_EQ(catalog->mo_routes[1].keyword, "STOP");
  EXPECT_EQ(catalog->mo_routes[1].supplier_id, catalog->suppliers[1].supplier_id);
}

TEST_F(CatalogReaderTest, TellsWhetherAReceiptMayMoveMoneyThatWasCharged) {
  Description world = SmallWorld();
  const auto refunds = [&](const ClientTerms& terms) {
    world.clients[0].terms = terms;
    Bring(world);
    auto catalog = ReadCatalog(pg_);
    return catalog.ok() && catalog->clients[0].refund_on_undelivered;
  };
  EXPECT_FALSE(refunds({}));
  EXPECT_FALSE(refunds({.refund_on_upstream_reject = true, .ack_unknown = UnknownRule::kRelease}));
  EXPECT_TRUE(refunds({.refund_on_undelivered = true}));
}

TEST_F(CatalogReaderTest, LeavesOutRatesThatEndedAnHourAgo) {
  Bring(SmallWorld());
  ASSERT_TRUE(pg_.RunFile("close",
                          "ALTER TABLE rate.rate DISABLE TRIGGER keep_rate;"
                          "UPDATE rate.rate SET valid = tstzrange(now() - interval '1 day',"
                          " now() - interval '59 minutes') WHERE mnc = '10' AND price = 0.02;"
                          "UPDATE rate.rate SET valid = tstzrange(now() - interval '1 day',"
                          " now() - interval '61 minutes') WHERE mnc = '10' AND price <> 0.02")
                  .ok());
  auto catalog = ReadCatalog(pg_);
  ASSERT_TRUE(catalog.ok());
  EXPECT_EQ(catalog->rates.size(), 3u);
  EXPECT_NEAR(static_cast<double>(ToMicros(SystemClock().WallNow()) - catalog->rates_since_us),
              3'600e6, 60e6);
}

// One client's odd row must not keep all others out: the hub reads whatever the column can hold.
TEST_F(CatalogReaderTest, TakesAnyMomentThatPostgresqlHas) {
  Bring(SmallWorld());
  ASSERT_TRUE(pg_.RunFile("allow",
                          "ALTER TABLE crm.client"
                          " DROP CONSTRAINT client_password_valid_until_check,"
                          " DROP CONSTRAINT client_previous_password_until_check")
                  .ok());
  const struct {
    const char* moment;
    std::int64_t us;
  } kCases[] = {{"-infinity", INT64_MIN},
                {"infinity", INT64_MAX},
                {"294276-12-31", INT64_MAX},
                {"4713-01-01 BC", -210'863'520'000'000'000},
                {"2030-01-01 00:00:00+00", 1'893'456'000'000'000}};
  for (const auto& each : kCases) {
    ASSERT_TRUE(pg_.Run("set",
                        "UPDATE crm.client SET password_valid_until = $1::timestamptz,"
                        " previous_password_until = $1::timestamptz,"
                        " previous_password_hash = 'old'",
                        {std::string(each.moment)})
                    .ok());
    const auto catalog = ReadCatalog(pg_);
    ASSERT_TRUE(catalog.ok()) << catalog.error().Text();
    EXPECT_EQ(catalog->clients[0].password_until_us, each.us) << each.moment;
    EXPECT_EQ(catalog->clients[0].previous_until_us, each.us) << each.moment;
  }
}

TEST_F(CatalogReaderTest, NamesTheRowThatDoesNotFit) {
  Bring(SmallWorld());
  ASSERT_TRUE(
      pg_.Run("widen", "ALTER TABLE crm.client ALTER COLUMN margin_min_abs TYPE numeric(30,9)")
          .ok());
  ASSERT_TRUE(
      pg_.Run("set", "UPDATE crm.client SET margin_min_abs = 10000000000 WHERE client_id = 2")
          .ok());
  auto catalog = ReadCatalog(pg_);
  ASSERT_FALSE(catalog.ok());
  const std::string text = catalog.error().Text();
  EXPECT_NE(text.find("read crm.client: column margin_min_abs of row 2 does not fit"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace hub::test
