// Each mistake in a file of parties, and what is said of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/admin/description_from_toml.h"

namespace hub::admin {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string ErrorsOf(const std::string& text) {
  const auto parsed = ParseDescription(text, "d.toml");
  return parsed.ok() ? "" : Text(parsed.error());
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
    {"MoOffline", kClient, "mo_offline = \"keep\"\n", "\"keep\" is none of: refuse, store"},
    {"MoTtlOfNothing", kClient, "mo_ttl_s = 0\n", "0 is not within 1 .. 2592000"},
    {"OverRate", kClient, "over_rate = \"wait\"\n", "\"wait\" is none of: throttle, delay"},
    {"DedupeBy", kClient, "dedupe_by = \"id\"\n", "\"id\" is none of: content"},
    {"RefundAsText", kClient, "refund_on_undelivered = \"yes\"\n",
     "expected true or false, got a string"},
    {"NetworkWithBitsBesideItsMask", kClient, "allow_from = [\"192.0.2.7/24\"]\n",
     "d.toml:6:14: client.allow_from: \"192.0.2.7/24\" has bits to the right of its mask"},
    {"TlsOfASupplier", kClient, "tls = \"verify\"\n",
     "d.toml:6:7: client.tls: \"verify\" is none of: optional, required"},
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
    {"BindPasswordThatNoSupplierGives", kSupplier,
     "[[supplier.bind]]\nhost = \"a\"\nport = 1\nsystem_id = \"h\"\npassword = "
     "\"canary78901234567890123456789012345678901234567890123456789012345\"\n",
     "d.toml:9:12: supplier.bind.password: expected a string of 0 to 64 octets, got 65"},
    {"BindSystemIdInOctets", kSupplier,
     "[[supplier.bind]]\nhost = \"a\"\nport = 1\nsystem_id = \"ääääääää\"\n",
     "d.toml:8:13: supplier.bind.system_id: expected a string of 1 to 15 octets, got 16"},
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

}  // namespace
}  // namespace hub::admin
