#include "server/admin/description_from_toml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/base/password.h"
#include "tests/support/profile_rules.h"

namespace hub::admin {
namespace {

using test::AddressSpec;
using test::TlvSpec;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

constexpr const char* kWhole = R"([[network]]
mcc = "262"
mnc = "01"
country = "DE"
name = "Telekom"
prefixes = ["49151", "49160"]

[[deck]]
name = "retail"
currency = "EUR"
unit = "message"
charge_basis = "delivered"
rates = [
  { mcc = "262", mnc = "01", price = "0.0123" },
  { mcc = "262", price = "0.02", class = "otp", valid_from = 2026-11-20T00:00:00Z, valid_to = 2026-12-01 },
  { mcc = "263", blocked = true, prefix = "4915" },
]

[[client]]
system_id = "acme"
password = "secret08"
currency = "EUR"
deck = "retail"
credit_limit = "10.5"
topup = { amount = "100", ref = "opening" }
tags = ["vip", "de", "vip"]
rate_per_second = 200
bind_modes = ["tx", "rx"]
guard = "warn"
margin_min = "0.001"
margin_min_bp = 250
out_of_credit_status = "ESME_RTHROTTLED"
class = "otp"
attempts_max = 2
answer = "accepted"
on_link_lost = "fail"
message_ttl_s = 3600
receipt_ttl_s = 0
dlr_timeout_s = 86400
mo_offline = "store"
mo_ttl_s = 3600
no_receipt_state = "EXPIRED"
dedupe_window_s = 600
dedupe_by = "user_message_reference"
over_rate = "delay"
short_ids = false
allow_from = ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"]
binds_max = 7
binds_max_tx = 1
binds_max_rx = 2
binds_max_trx = 3
tls = "required"
password_valid_until = 2030-01-01T00:00:00Z
refund_on_hub_fault = false
refund_on_upstream_reject = true
refund_on_undelivered = true
ack_unknown = "release"
no_dlr = "charge"
broadcast_supplier = "beta"
broadcast_price = "0.5"

[[supplier]]
name = "beta"
type = "direct"
currency = "EUR"
deck = "beta-cost"
priority = 2
id_form = "hex_to_dec"
on_unknown = "resend"
on_link_lost = "fail"
relays_query = true
retry_after_s = [1, 30]
rate_per_second = 250
statuses = { ESME_RMSGQFUL = "transient", 0x0000000b = "permanent", "1025" = "throttle" }
client_statuses = { 0x00000401 = "ESME_RSUBMITFAIL", ESME_RINVDSTADR = "0x400" }
tlvs = "shown"
data_codings = { 0x01 = 0x03, 8 = 24 }
force_receipts = true
receipts_by_text = true
broadcast_cost = "0.2"
receipt_states = { ok = "DELIVERED", QUEUED = "ENROUTE" }

[[supplier.tlv]]
tag = 0x1401
action = "map"
to_tag = 0x1402
value = "01fF"

[[supplier.tlv]]
tag = 5
action = "add"
value = ""

[[supplier.address]]
side = "source"
ton = 5
action = "address"
to = "4670"
to_ton = 1

[[supplier.address]]
side = "destination"
npi = 1
prefix = "+"
action = "prefix"
to = ""

[[supplier.address]]
side = "source"
to_npi = 0

[[supplier.bind]]
host = "smsc.example"
port = 2775
system_id = "hub"
password = "upstream"
mode = "tx"
sessions = 3
tls = "insecure"
tls_server_name = "sms.example"
tls_ca = "/etc/ca.pem"
tls_certificate = "/etc/ours.pem"
tls_key = "/etc/ours.key"
rate_per_second = 20
other_hosts = ["b.example", "[2001:db8::1]:2776"]

[[mo_route]]
prefix = "4477"
client = "acme"

[[mo_route]]
from = "4478000"
to = "4478099"
keyword = "Stop"
supplier = "alpha"
client = "acme"

[[mo_route]]
number = "4477"
client = "acme"
)";

std::string ErrorsOf(const std::string& text) {
  const auto parsed = ParseDescription(text, "d.toml");
  return parsed.ok() ? "" : Text(parsed.error());
}

TEST(Description, CarriesEveryFieldOfTheFile) {
  const auto parsed = ParseDescription(kWhole, "d.toml");
  ASSERT_TRUE(parsed.ok()) << Text(parsed.error());
  const store::Description& d = *parsed;
  ASSERT_EQ(d.networks.size(), 1u);
  EXPECT_EQ(d.networks[0].place, "d.toml:1:1");
  EXPECT_EQ(d.networks[0].network.mnc, "01");
  ASSERT_EQ(d.prefixes.size(), 2u);
  EXPECT_EQ(d.prefixes[1].prefix, "49160");
  EXPECT_EQ(d.prefixes[1].mcc, "262");

  ASSERT_EQ(d.decks.size(), 1u);
  EXPECT_EQ(d.decks[0].deck.unit, store::DeckUnit::kMessage);
  const auto& rates = d.decks[0].rates;
  ASSERT_EQ(rates.size(), 3u);
  EXPECT_EQ(rates[0].rate.price, Nano{12'300'000});
  EXPECT_EQ(rates[0].rate.valid.from_us, INT64_MIN);
  EXPECT_EQ(rates[0].rate.message_class, "any");
  EXPECT_EQ(d.decks[0].deck.charge_basis, store::ChargeBasis::kDelivered);
  EXPECT_EQ(rates[1].place, "d.toml:15:3");
  EXPECT_EQ(rates[1].rate.message_class, "otp");
  EXPECT_EQ(rates[1].rate.valid.from_us, 1'795'132'800'000'000);
  EXPECT_EQ(rates[1].rate.valid.until_us, 1'796'083'200'000'000);
  EXPECT_TRUE(rates[2].rate.blocked);
  EXPECT_EQ(rates[2].rate.prefix, "4915");

  ASSERT_EQ(d.clients.size(), 1u);
  const store::ClientEntry& client = d.clients[0];
  EXPECT_EQ(client.client.system_id, "acme");
  EXPECT_EQ(client.password, "secret08");
  EXPECT_EQ(client.deck, "retail");
  EXPECT_EQ(client.credit_limit, Nano{10'500'000'000});
  ASSERT_EQ(client.topups.size(), 1u);
  EXPECT_EQ(client.topups[0].amount, Nano{100'000'000'000});
  EXPECT_EQ(client.topups[0].external_ref, "opening");
  EXPECT_THAT(client.client.tags, ElementsAre("de", "vip"));
  EXPECT_EQ(client.client.rate_per_second, 200);
  EXPECT_EQ(client.client.rate_burst, 20);
  EXPECT_EQ(client.client.over_rate, store::OverRate::kDelay);
  EXPECT_FALSE(client.client.short_ids);
  EXPECT_EQ(client.client.on_link_lost, store::OnLinkLost::kFail);
  EXPECT_EQ(client.client.bind_modes, store::kMayBindTx | store::kMayBindRx);
  EXPECT_EQ(client.client.guard_mode, store::GuardMode::kWarn);
  EXPECT_EQ(client.client.margin_min_abs, Nano{1'000'000});
  EXPECT_EQ(client.client.margin_min_bp, 250);
  EXPECT_EQ(client.client.out_of_credit_status, 0x58u);
  EXPECT_EQ(client.client.message_class, "otp");
  EXPECT_EQ(client.client.attempts_max, 2);
  EXPECT_EQ(client.client.answer, store::AnswerMode::kAccepted);
  EXPECT_EQ(client.client.message_ttl_s, 3'600);
  EXPECT_EQ(client.client.receipt_ttl_s, 0);
  EXPECT_EQ(client.client.dlr_timeout_s, 86'400);
  EXPECT_EQ(client.client.mo_offline, store::MoOffline::kStore);
  EXPECT_EQ(client.client.mo_ttl_s, 3'600);
  EXPECT_EQ(client.client.no_receipt_state, 3);
  EXPECT_EQ(client.client.dedupe_window_s, 600);
  EXPECT_EQ(client.client.dedupe_by, store::DedupeBy::kUserMessageReference);
  EXPECT_THAT(client.client.allow_from,
              ElementsAre("192.0.2.0/24", "2001:db8::/32", "198.51.100.7"));
  EXPECT_EQ(client.client.binds_max, 7);
  EXPECT_EQ(client.client.binds_max_tx, 1);
  EXPECT_EQ(client.client.binds_max_rx, 2);
  EXPECT_EQ(client.client.binds_max_trx, 3);
  EXPECT_TRUE(client.client.tls_required);
  EXPECT_EQ(client.client.password_until_us, 1'893'456'000'000'000);
  EXPECT_FALSE(client.terms.refund_on_hub_fault);
  EXPECT_TRUE(client.terms.refund_on_upstream_reject);
  EXPECT_TRUE(client.terms.refund_on_undelivered);
  EXPECT_EQ(client.terms.ack_unknown, store::UnknownRule::kRelease);
  EXPECT_EQ(client.terms.no_dlr, store::UnknownRule::kCharge);
  EXPECT_EQ(client.broadcast_supplier, "beta");
  EXPECT_EQ(client.client.broadcast_price, Nano{500'000'000});

  ASSERT_EQ(d.suppliers.size(), 1u);
  EXPECT_EQ(d.suppliers[0].supplier.type, "direct");
  EXPECT_EQ(d.suppliers[0].supplier.id_form, store::IdForm::kHexToDec);
  EXPECT_EQ(d.suppliers[0].deck, "beta-cost");
  EXPECT_EQ(d.suppliers[0].supplier.on_unknown, store::OnUnknown::kResend);
  EXPECT_EQ(d.suppliers[0].supplier.on_link_lost, store::OnLinkLost::kFail);
  EXPECT_TRUE(d.suppliers[0].supplier.relays_query);
  EXPECT_EQ(d.suppliers[0].supplier.broadcast_cost, Nano{200'000'000});
  EXPECT_THAT(d.suppliers[0].supplier.retry_after_s, ElementsAre(1, 30));
  EXPECT_THAT(d.suppliers[0].supplier.statuses,
              ElementsAre(Pair(0x0bu, store::StatusClass::kPermanent),
                          Pair(0x14u, store::StatusClass::kTransient),
                          Pair(0x401u, store::StatusClass::kThrottle)));
  const store::SupplierProfile& profile = d.suppliers[0].supplier.profile;
  EXPECT_EQ(profile.tlvs, store::SupplierTlvs::kShown);
  EXPECT_THAT(profile.data_codings, ElementsAre(testing::Pair(1, 3), testing::Pair(8, 24)));
  EXPECT_TRUE(profile.force_receipts);
  EXPECT_TRUE(profile.receipts_by_text);
  EXPECT_THAT(profile.receipt_states,
              ElementsAre(testing::Pair("OK", 2), testing::Pair("QUEUED", 1)));
  EXPECT_THAT(profile.client_statuses,
              ElementsAre(testing::Pair(0x0b, 0x400), testing::Pair(0x401, 0x45)));
  using store::AddressAction;
  EXPECT_THAT(profile.tlv_rules, ElementsAre(TlvSpec{.tag = 5,
                                                     .action = store::TlvAction::kAdd,
                                                     .to_tag = 0,
                                                     .has_value = true,
                                                     .value = {}},
                                             TlvSpec{.tag = 0x1401,
                                                     .action = store::TlvAction::kMap,
                                                     .to_tag = 0x1402,
                                                     .has_value = true,
                                                     .value = {1, 0xFF}}));
  EXPECT_THAT(
      profile.source_rules,
      ElementsAre(
          AddressSpec{.ton = 5, .action = AddressAction::kAddress, .to = "4670", .to_ton = 1},
          AddressSpec{.to_npi = 0}));
  EXPECT_THAT(profile.destination_rules,
              ElementsAre(AddressSpec{.side = store::AddressSide::kDestination,
                                      .npi = 1,
                                      .prefix = "+",
                                      .action = AddressAction::kPrefix}));
  ASSERT_EQ(d.suppliers[0].binds.size(), 1u);
  EXPECT_EQ(d.suppliers[0].binds[0].bind.port, 2775);
  EXPECT_EQ(d.suppliers[0].binds[0].bind.mode, "tx");
  EXPECT_EQ(d.suppliers[0].binds[0].bind.sessions, 3);
  EXPECT_EQ(d.suppliers[0].binds[0].bind.tls, store::SupplierTls::kInsecure);
  EXPECT_EQ(d.suppliers[0].binds[0].bind.tls_server_name, "sms.example");
  EXPECT_EQ(d.suppliers[0].binds[0].bind.tls_ca, "/etc/ca.pem");
  EXPECT_EQ(d.suppliers[0].binds[0].bind.tls_certificate, "/etc/ours.pem");
  EXPECT_EQ(d.suppliers[0].binds[0].bind.tls_key, "/etc/ours.key");
  EXPECT_EQ(d.suppliers[0].supplier.rate_per_second, 250);
  EXPECT_EQ(d.suppliers[0].binds[0].bind.rate_per_second, 20);
  EXPECT_THAT(d.suppliers[0].binds[0].bind.other_hosts,
              ElementsAre("b.example", "[2001:db8::1]:2776"));
  ASSERT_EQ(d.mo_routes.size(), 3u);
  EXPECT_EQ(d.mo_routes[0].client, "acme");
  EXPECT_EQ(d.mo_routes[0].route.prefix, "4477");
  EXPECT_EQ(d.mo_routes[1].route.range_from, "4478000");
  EXPECT_EQ(d.mo_routes[1].route.range_to, "4478099");
  EXPECT_EQ(d.mo_routes[1].route.keyword, "STOP");
  EXPECT_EQ(d.mo_routes[1].supplier, "alpha");
  EXPECT_EQ(d.mo_routes[2].route.number, "4477");
}

TEST(Description, EveryErrorIsToldInOrderOfItsPlace) {
  EXPECT_EQ(ErrorsOf("[[client]]\nsystm_id = \"a\"\ncurrency = \"eur\"\npassword = 5\n"
                     "[[deck]]\nname = \"d\"\ncurrency = \"EUR\"\nrates = [ { mcc = \"26\", price "
                     "= 0.01 } ]\n"),
            "d.toml:1:1: client.system_id: is missing\n"
            "d.toml:1:1: client.deck: is missing\n"
            "d.toml:2:1: client.systm_id: unknown key (did you mean \"system_id\"?)\n"
            "d.toml:3:12: client.currency: expected 3 capital letters\n"
            "d.toml:4:12: client.password: expected a string, got an integer\n"
            "d.toml:8:19: deck.rates.mcc: expected a string of 3 to 3 octets, got 2\n"
            "d.toml:8:33: deck.rates.price: expected money as a string, got a float (write it in "
            "quotes, \"0.0123\": it is kept exactly)\n");
}

TEST(Description, AMissingFileIsNamed) {
  EXPECT_THAT(Text(LoadDescription("/nonexistent.toml").error()),
              HasSubstr("read /nonexistent.toml: No such"));
}

}  // namespace
}  // namespace hub::admin
