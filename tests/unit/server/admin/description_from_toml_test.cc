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
using testing::Not;
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
message_ttl_s = 3600
receipt_ttl_s = 0
dlr_timeout_s = 86400
no_receipt_state = "EXPIRED"
dedupe_window_s = 600
dedupe_by = "user_message_reference"
over_rate = "delay"
allow_from = ["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"]
binds_max = 7
binds_max_tx = 1
binds_max_rx = 2
binds_max_trx = 3
password_valid_until = 2030-01-01T00:00:00Z
refund_on_hub_fault = false
refund_on_upstream_reject = true
refund_on_undelivered = true
ack_unknown = "release"
no_dlr = "charge"

[[supplier]]
name = "beta"
type = "direct"
currency = "EUR"
deck = "beta-cost"
priority = 2
id_form = "hex_to_dec"
on_unknown = "resend"
retry_after_s = [1, 30]
rate_per_second = 250
statuses = { ESME_RMSGQFUL = "transient", 0x0000000b = "permanent", "1025" = "throttle" }
client_statuses = { 0x00000401 = "ESME_RSUBMITFAIL", ESME_RINVDSTADR = "0x400" }
tlvs = "shown"
data_codings = { 0x01 = 0x03, 8 = 24 }
force_receipts = true
receipts_by_text = true
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
  EXPECT_EQ(client.client.no_receipt_state, 3);
  EXPECT_EQ(client.client.dedupe_window_s, 600);
  EXPECT_EQ(client.client.dedupe_by, store::DedupeBy::kUserMessageReference);
  EXPECT_THAT(client.client.allow_from,
              ElementsAre("192.0.2.0/24", "2001:db8::/32", "198.51.100.7"));
  EXPECT_EQ(client.client.binds_max, 7);
  EXPECT_EQ(client.client.binds_max_tx, 1);
  EXPECT_EQ(client.client.binds_max_rx, 2);
  EXPECT_EQ(client.client.binds_max_trx, 3);
  EXPECT_EQ(client.client.password_until_us, 1'893'456'000'000'000);
  EXPECT_FALSE(client.terms.refund_on_hub_fault);
  EXPECT_TRUE(client.terms.refund_on_upstream_reject);
  EXPECT_TRUE(client.terms.refund_on_undelivered);
  EXPECT_EQ(client.terms.ack_unknown, store::UnknownRule::kRelease);
  EXPECT_EQ(client.terms.no_dlr, store::UnknownRule::kCharge);

  ASSERT_EQ(d.suppliers.size(), 1u);
  EXPECT_EQ(d.suppliers[0].supplier.type, "direct");
  EXPECT_EQ(d.suppliers[0].supplier.id_form, store::IdForm::kHexToDec);
  EXPECT_EQ(d.suppliers[0].deck, "beta-cost");
  EXPECT_EQ(d.suppliers[0].supplier.on_unknown, store::OnUnknown::kResend);
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

constexpr const char* kClient =
    "[[client]]\nsystem_id = \"a\"\npassword = \"canary08\"\ncurrency = \"EUR\"\ndeck = "
    "\"d\"\n";
constexpr const char* kSupplier = "[[supplier]]\nname = \"b\"\ncurrency = \"EUR\"\ndeck = \"d\"\n";
constexpr const char* kDeck = "[[deck]]\nname = \"d\"\ncurrency = \"EUR\"\n";

struct BadCase {
  const char* name;
  const char* before;  // a whole table, or ""
  const char* text;
  const char* error;
};

class BadDescription : public testing::TestWithParam<BadCase> {};

TEST_P(BadDescription, IsRefusedAtItsPlaceAndTellsNoSecret) {
  const std::string errors = ErrorsOf(std::string(GetParam().before) + GetParam().text);
  EXPECT_THAT(errors, HasSubstr(GetParam().error));
  EXPECT_THAT(errors, Not(HasSubstr("canary")));
}

const BadCase kBadCases[] = {
    {"MoneyAsInteger", kClient, "credit_limit = 5\n",
     "d.toml:6:16: client.credit_limit: expected money as a string, got an integer"},
    {"MoneyWithTenDecimals", kClient, "credit_limit = \"0.0000000001\"\n", "at most 9 decimals"},
    {"MoneyWithExponent", kClient, "credit_limit = \"1e3\"\n", "is no decimal number"},
    {"NegativeLimit", kClient, "credit_limit = \"-1\"\n", "is less than 0"},
    {"TopupOfNothing", kClient, "topup = { amount = \"0\", ref = \"r\" }\n",
     "a topup is more than 0"},
    {"TopupWithoutRef", kClient, "topup = { amount = \"1\" }\n", "client.topup.ref: is missing"},
    {"TopupRefTwice", kClient,
     "[[client.topup]]\namount = \"1\"\nref = \"r\"\n[[client.topup]]\namount = \"2\"\nref = "
     "\"r\"\n",
     "d.toml:11:7: client.topup.ref: \"r\" stands twice; first at d.toml:6:1"},
    {"PasswordAndHash", kClient, "password_hash = \"$6$saltsalt$x\"\n", "password is given too"},
    {"PasswordThatNoBindCarries", "", "[[client]]\nsystem_id = \"a\"\npassword = \"canary-09\"\n",
     "d.toml:3:12: client.password: has 9 octets: no bind can carry more than 8"},
    {"AnswerMisspelt", kClient, "answer = \"accept\"\n",
     "d.toml:6:10: client.answer: \"accept\" is none of: upstream, accepted (did you mean "
     "\"accepted\"?)"},
    {"TtlTooLong", kClient, "message_ttl_s = 2592001\n", "2592001 is not within 1 .. 2592000"},
    {"DlrTimeoutTooShort", kClient, "dlr_timeout_s = 59\n", "59 is not within 60 .. 2592000"},
    {"NoReceiptState", kClient, "no_receipt_state = \"DELIVRD\"\n",
     "\"DELIVRD\" is none of: EXPIRED, UNDELIV, UNKNOWN"},
    {"DedupeWindowTooLong", kClient, "dedupe_window_s = 604801\n", "is not within 0 .. 604800"},
    {"OverRate", kClient, "over_rate = \"wait\"\n", "\"wait\" is none of: throttle, delay"},
    {"DedupeBy", kClient, "dedupe_by = \"id\"\n", "\"id\" is none of: content"},
    {"RefundAsText", kClient, "refund_on_undelivered = \"yes\"\n",
     "expected true or false, got a string"},
    {"NetworkWithBitsBesideItsMask", kClient, "allow_from = [\"192.0.2.7/24\"]\n",
     "d.toml:6:14: client.allow_from: \"192.0.2.7/24\" has bits to the right of its mask"},
    {"NetworkWithAName", kClient, "allow_from = [\"192.0.2.7\", \"acme.example\"]\n",
     "client.allow_from: \"acme.example\" is no address and no network"},
    {"NetworkWithTooLongAMask", kClient, "allow_from = [\"::/129\"]\n", "has no mask of 0 to 128"},
    {"BindsOfAMode", kClient, "binds_max_rx = -1\n", "-1 is not within 0 .. 1000"},
    {"PasswordUntilLocalTime", kClient, "password_valid_until = 2026-12-01T00:00:00\n",
     "a date-time with its offset"},
    {"AckUnknown", kClient, "ack_unknown = \"refund\"\n", "is none of: charge, release"},
    {"OnUnknown", kSupplier, "on_unknown = \"retry\"\n", "is none of: hold, resend, fail"},
    {"SupplierRate", kSupplier, "rate_per_second = -1\n", "-1 is not within 0 .. 1000000"},
    {"OtherHostWithoutItsPort", kSupplier,
     "[[supplier.bind]]\nhost = \"a\"\nport = 1\nsystem_id = \"h\"\nother_hosts = [\"b:\"]\n",
     "supplier.bind.other_hosts: \"b:\": a port is within 0 .. 65535"},
    {"OtherHostV6", kSupplier,
     "[[supplier.bind]]\nhost = \"a\"\nport = 1\nsystem_id = \"h\"\nother_hosts = "
     "[\"2001:db8::1\"]\n",
     "a v6 address stands in brackets"},
    {"RetriesNone", kSupplier, "retry_after_s = []\n", "expected a list of 1 to 32 seconds"},
    {"RetriesAsNumber", kSupplier, "retry_after_s = 5\n",
     "d.toml:5:17: supplier.retry_after_s: expected a list of 1 to 32 seconds"},
    {"RetryOfNothing", kSupplier, "retry_after_s = [5, 0]\n",
     "d.toml:5:21: supplier.retry_after_s: expected seconds within 1 .. 2592000"},
    {"StatusUnknown", kSupplier, "statuses = { ESME_RMSGQFULL = \"transient\" }\n",
     "d.toml:5:31: supplier.statuses.ESME_RMSGQFULL: is no command_status of an error"},
    {"StatusOfSuccess", kSupplier, "statuses = { 0x0 = \"transient\" }\n",
     "supplier.statuses.0x0: is no command_status of an error"},
    {"StatusClass", kSupplier, "statuses = { 0x0b = \"later\" }\n",
     "supplier.statuses.0x0b: \"later\" is none of: throttle, transient, permanent, default"},
    {"StatusTwice", kSupplier, "statuses = { 0x0b = \"transient\", 11 = \"permanent\" }\n",
     "supplier.statuses.11: the same status stands here twice"},
    {"ClientStatus", kSupplier, "client_statuses = { 0x0b = \"ESME_ROK\" }\n",
     "supplier.client_statuses.0x0b: \"ESME_ROK\" is no command_status of an error"},
    {"ClientStatusOfSuccess", kSupplier, "client_statuses = { 0 = \"0x0b\" }\n",
     "supplier.client_statuses.0: is no command_status of an error"},
    {"Tlvs", kSupplier, "tlvs = \"some\"\n",
     "supplier.tlvs: \"some\" is none of: pass, shown, none"},
    {"TlvOfTheText", kSupplier, "[[supplier.tlv]]\ntag = 0x0424\naction = \"drop\"\n",
     "supplier.tlv.tag: carries the text"},
    {"TlvToTheText", kSupplier, "[[supplier.tlv]]\ntag = 5\naction = \"map\"\nto_tag = 0x020C\n",
     "supplier.tlv.to_tag: carries the text"},
    {"TlvTwice", kSupplier,
     "[[supplier.tlv]]\ntag = 5\naction = \"drop\"\n[[supplier.tlv]]\ntag = 5\naction = "
     "\"drop\"\n",
     "supplier.tlv.tag: has a rule already"},
    {"TlvMapNowhere", kSupplier, "[[supplier.tlv]]\ntag = 5\naction = \"map\"\n",
     "supplier.tlv.to_tag: belongs to action = \"map\", and must stand there"},
    {"TlvAddNothing", kSupplier, "[[supplier.tlv]]\ntag = 5\naction = \"add\"\n",
     "supplier.tlv.value: is missing"},
    {"TlvDropValue", kSupplier, "[[supplier.tlv]]\ntag = 5\naction = \"drop\"\nvalue = \"01\"\n",
     "supplier.tlv.value: what is dropped has none"},
    {"TlvValue", kSupplier, "[[supplier.tlv]]\ntag = 5\naction = \"add\"\nvalue = \"0g\"\n",
     "supplier.tlv.value: expected octets in hexadecimal"},
    {"TlvValueOdd", kSupplier, "[[supplier.tlv]]\ntag = 5\naction = \"add\"\nvalue = \"012\"\n",
     "supplier.tlv.value: expected octets in hexadecimal"},
    {"AddressSide", kSupplier, "[[supplier.address]]\nto_ton = 1\n",
     "supplier.address.side: is missing"},
    {"AddressTo", kSupplier, "[[supplier.address]]\nside = \"source\"\nto = \"1\"\n",
     "supplier.address.to: belongs to action"},
    {"AddressWithoutTo", kSupplier,
     "[[supplier.address]]\nside = \"source\"\naction = \"prefix\"\n",
     "supplier.address.to: belongs to action"},
    {"NoDestination", kSupplier,
     "[[supplier.address]]\nside = \"destination\"\naction = \"address\"\nto = \"\"\n",
     "supplier.address.to: no message goes without a destination"},
    {"RefusedWithTon", kSupplier,
     "[[supplier.address]]\nside = \"source\"\naction = \"refuse\"\nto_ton = 1\n",
     "supplier.address.action: what is refused has no to_ton"},
    {"DataCodings", kSupplier, "data_codings = { latin = 3 }\n",
     "supplier.data_codings.latin: is no data_coding"},
    {"DataCodingsTwice", kSupplier, "data_codings = { 0x03 = 3, 3 = 4 }\n",
     "supplier.data_codings.3: the same data_coding stands here twice"},
    {"ReceiptState", kSupplier, "receipt_states = { OK = \"DELIVRD\" }\n",
     "supplier.receipt_states.OK: \"DELIVRD\" is none of: SCHEDULED"},
    {"ReceiptStateTwice", kSupplier, "receipt_states = { OK = \"DELIVERED\", ok = \"EXPIRED\" }\n",
     "supplier.receipt_states.ok: the same word stands here twice"},
    {"ReceiptWord", kSupplier, "receipt_states = { \"O K\" = \"DELIVERED\" }\n",
     "is no word of a receipt"},
    {"StatusesAsList", kSupplier, "statuses = [\"0x0b\"]\n",
     "supplier.statuses: expected a table, got a list"},
    {"ChargeBasis", kDeck, "charge_basis = \"sent\"\n",
     "is none of: submit, upstream_ack, delivered"},
    {"RateBlockedAndPriced", kDeck, "rates = [{ mcc = \"262\", price = \"1\", blocked = true }]\n",
     "d.toml:4:33: deck.rates.price: blocked is said too"},
    {"HashThatIsNone", "",
     "[[client]]\nsystem_id = \"a\"\npassword_hash = \"secret\"\ncurrency = \"EUR\"\ndeck = "
     "\"d\"\n",
     "is no crypt(5) string"},
    {"NoPassword", "", "[[client]]\nsystem_id = \"a\"\ncurrency = \"EUR\"\ndeck = \"d\"\n",
     "client.password: is missing"},
    {"SystemIdTooLong", "", "[[client]]\nsystem_id = \"1234567890123456\"\n",
     "a string of 1 to 15 octets, got 16"},
    {"SystemIdTwice", kClient, "[[client]]\nsystem_id = \"a\"\n",
     "d.toml:7:13: client.system_id: \"a\" stands twice; first at d.toml:1:1"},
    {"UnknownMode", kClient, "bind_modes = [\"txr\"]\n", "\"txr\" is none of: tx, rx, trx"},
    {"StatusOk", kClient, "out_of_credit_status = \"ESME_ROK\"\n",
     "is no command_status of an error"},
    {"GuardMisspelt", kClient, "guard = \"blok\"\n", "did you mean \"block\"?"},
    {"RateNegative", kClient, "rate_per_second = -1\n", "-1 is not within 0 .. 1000000"},
    {"PortTooLarge", kSupplier,
     "[[supplier.bind]]\nhost = \"h\"\nport = 65536\nsystem_id = \"x\"\n",
     "65536 is not within 1 .. 65535"},
    {"BindWithoutHost", kSupplier, "[[supplier.bind]]\nport = 1\nsystem_id = \"x\"\n",
     "supplier.bind.host: is missing"},
    {"BindTlsMisspelt", kSupplier,
     "[[supplier.bind]]\nhost = \"h\"\nport = 1\nsystem_id = \"x\"\ntls = \"verfy\"\n",
     "did you mean \"verify\"?"},
    {"BindTlsRelativeFile", kSupplier,
     "[[supplier.bind]]\nhost = \"h\"\nport = 1\nsystem_id = \"x\"\ntls_ca = \"ca.pem\"\n",
     "supplier.bind.tls_ca: is no absolute path (\"/etc/smpphub/ca.pem\")"},
    {"BindTlsCertificateWithoutKey", kSupplier,
     "[[supplier.bind]]\nhost = \"h\"\nport = 1\nsystem_id = \"x\"\ntls_certificate = \"/c\"\n",
     "tls_certificate and tls_key go together"},
    {"BindAsTable", kSupplier, "bind = { host = \"h\" }\n", "write [[supplier.bind]]"},
    {"SupplierTwice", kSupplier, "[[supplier]]\nname = \"b\"\n", "\"b\" stands twice"},
    {"UnknownType", kSupplier, "type = \"gray\"\n", "\"gray\" is none of: direct"},
    {"RateWithoutPrice", kDeck, "rates = [{ mcc = \"262\" }]\n", "deck.rates.price: is missing"},
    {"RateNegativePrice", kDeck, "rates = [{ mcc = \"262\", price = \"-1\" }]\n", "is less than 0"},
    {"RateOfOneDigitMnc", kDeck, "rates = [{ mcc = \"262\", mnc = \"1\", price = \"1\" }]\n",
     "has two or three digits"},
    {"RateEndsBeforeItBegins", kDeck,
     "rates = [{ mcc = \"262\", price = \"1\", valid_from = 2026-12-01, valid_to = 2026-12-01 }]\n",
     "is not after valid_from"},
    {"RateWithLocalTime", kDeck,
     "rates = [{ mcc = \"262\", price = \"1\", valid_from = 2026-12-01T00:00:00 }]\n",
     "a date-time with its offset"},
    {"RateMisspelt", kDeck, "rates = [{ mcc = \"262\", pric = \"1\" }]\n",
     "did you mean \"price\"?"},
    {"DeckTwice", kDeck, "[[deck]]\nname = \"d\"\n", "\"d\" stands twice"},
    {"PrefixOfLetters", "",
     "[[network]]\nmcc = \"262\"\ncountry = \"DE\"\nname = \"n\"\nprefixes = [\"49x\"]\n",
     "\"49x\": expected digits only"},
    {"PrefixTwice", "",
     "[[network]]\nmcc = \"262\"\ncountry = \"DE\"\nname = \"n\"\nprefixes = [\"49\", \"49\"]\n",
     "\"49\" stands twice"},
    {"PrefixAsNumber", "", "[[mo_route]]\nprefix = 49\nclient = \"a\"\n",
     "mo_route.prefix: expected a string, got an integer"},
    {"MoRouteOfTwoKinds", "", "[[mo_route]]\nprefix = \"49\"\nnumber = \"49\"\nclient = \"a\"\n",
     "mo_route.prefix: number is given too"},
    {"MoRouteOfNoKind", "", "[[mo_route]]\nclient = \"a\"\n", "mo_route.number: is missing"},
    {"MoRangeWithoutItsEnd", "", "[[mo_route]]\nfrom = \"49\"\nclient = \"a\"\n",
     "mo_route.to: is missing"},
    {"MoRangeUnevenly", "", "[[mo_route]]\nfrom = \"49\"\nto = \"500\"\nclient = \"a\"\n",
     "mo_route.to: has another number of digits than from"},
    {"MoRangeBackwards", "", "[[mo_route]]\nfrom = \"49\"\nto = \"49\"\nclient = \"a\"\n",
     "mo_route.to: is not after from"},
    {"MoKeywordOfTwoWords", "",
     "[[mo_route]]\nnumber = \"49\"\nkeyword = \"a b\"\nclient = \"a\"\n",
     "is not one word of letters and digits"},
    {"MoRouteTwice", "",
     "[[mo_route]]\nnumber = \"49\"\nkeyword = \"stop\"\nclient = \"a\"\n"
     "[[mo_route]]\nnumber = \"49\"\nkeyword = \"STOP\"\nclient = \"b\"\n",
     "\"49 STOP\" stands twice"},
    {"UnknownTable", "", "[[clients]]\nsystem_id = \"a\"\n",
     "clients: unknown key (did you mean \"client\"?)"},
};
INSTANTIATE_TEST_SUITE_P(Table, BadDescription, testing::ValuesIn(kBadCases),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Description, AMissingFileIsNamed) {
  EXPECT_THAT(Text(LoadDescription("/nonexistent.toml").error()),
              HasSubstr("read /nonexistent.toml: No such"));
}

}  // namespace
}  // namespace hub::admin
