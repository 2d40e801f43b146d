#include <gtest/gtest.h>

#include <set>
#include <string>

#include "bench/load/lib/id_format.h"
#include "bench/load/lib/listener_options.h"
#include "bench/load/lib/option_values.h"
#include "bench/load/lib/submit_template.h"
#include "protocol/pdu/message_view.h"
#include "protocol/wire/header.h"

namespace hub::load {
namespace {

TEST(ListenerOptions, ReadsAListWhoseValuesHaveCommas) {
  ListenerOptions o;
  const auto set = SetListenerOptions(
      o,
      "name=alpha,port=2801,error=0x08:5%,ESME_RTHROTTLED:0.25%,error-prefix=49152:0x0B,49153=0x45,"
      "receipt-state=DELIVRD:90,UNDELIV:10,receipt-before-response=on,id-format=hex-upper");
  ASSERT_TRUE(set.ok()) << set.error().Text();
  EXPECT_EQ(o.name, "alpha");
  EXPECT_EQ(o.listen.port, 2801);
  ASSERT_EQ(o.errors.size(), 2u);
  EXPECT_EQ(o.errors[0].status, smpp::Status::ESME_RSYSERR);
  EXPECT_EQ(o.errors[0].millionths, 50'000u);
  EXPECT_EQ(o.errors[1].millionths, 2'500u);
  ASSERT_EQ(o.prefix_errors.size(), 2u);
  EXPECT_EQ(o.prefix_errors[1].prefix, "49153");
  EXPECT_EQ(o.prefix_errors[1].status, smpp::Status::ESME_RSUBMITFAIL);
  ASSERT_EQ(o.receipt_states.size(), 2u);
  EXPECT_EQ(o.receipt_states[1].state, smpp::MessageState::UNDELIVERABLE);
  EXPECT_TRUE(o.receipt_before_response);
  EXPECT_EQ(o.id_format, IdFormat::kHexUpper);
}

TEST(ListenerOptions, AnEmptyValueClearsAList) {
  ListenerOptions o;
  ASSERT_TRUE(SetListenerOptions(o, "error=0x08:5%").ok());
  ASSERT_TRUE(SetListenerOptions(o, "error=,port=7").ok());
  EXPECT_TRUE(o.errors.empty());
  EXPECT_EQ(o.listen.port, 7);
}

struct BadCase {
  const char* list;
  const char* says;
};
constexpr BadCase kBadCases[] = {
    {"nam=alpha", "set nam: there is no such option"},
    {"port=70000", "set port: expected a port, 0 to 65535"},
    {"listen=somewhere", "set listen: expected HOST:PORT"},
    {"error=0x08", "set error: '0x08' has no ':'"},
    {"error=0x08:101%", "set error: '0x08:101%' is not understood"},
    {"error=0x08:60%,0x58:50%", "set error: the shares add up to more than 100%"},
    {"error=ESME_NONSENSE:5%", "set error: 'ESME_NONSENSE:5%' is not understood"},
    {"receipt-state=GONE:1", "set receipt-state: 'GONE:1' is not understood"},
    {"receipt-state=DELIVRD:0", "set receipt-state: the weights add up to nothing"},
    {"receipt-state=", "set receipt-state: the weights add up to nothing"},
    {"receipt-delay-ms=-1", "set receipt-delay-ms: expected milliseconds, a day at most"},
    {"receipt-before-response=yes", "set receipt-before-response: expected on or off"},
    {"id-format=octal", "set id-format: expected decimal, hex, hex-upper or decimal-padded"},
    {"drop-percent=1.23456", "set drop-percent: expected a percentage, 0 to 100"},
};

TEST(ListenerOptions, SaysWhatIsWrong) {
  for (const BadCase& c : kBadCases) {
    ListenerOptions o;
    const auto set = SetListenerOptions(o, c.list);
    ASSERT_FALSE(set.ok()) << c.list;
    EXPECT_EQ(set.error().Text(), c.says);
  }
}

TEST(IdFormat, WritesAsRealSmscsDo) {
  IdRoom room;
  EXPECT_EQ(FormatId(IdFormat::kDecimal, 439041101, room), "439041101");
  EXPECT_EQ(FormatId(IdFormat::kHex, 439041101, room), "1a2b3c4d");
  EXPECT_EQ(FormatId(IdFormat::kHexUpper, 439041101, room), "1A2B3C4D");
  EXPECT_EQ(FormatId(IdFormat::kDecimalPadded, 439041101, room), "0439041101");
}

TEST(SubmitTemplate, PatchesDestinationAndSequenceAlone) {
  auto made =
      SubmitTemplate::Make({.dest_prefix = "49151", .source = "ACME", .registered_delivery = 1});
  ASSERT_TRUE(made.ok());
  const smpp::Bytes first = made->Message(1'234'567, 99);
  auto view = smpp::ViewMessage(smpp::CommandId::submit_sm, first);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->destination_addr, "491511234567");
  EXPECT_EQ(view->source_addr, "ACME");
  EXPECT_EQ(view->source_addr_ton, 5);
  EXPECT_EQ(view->registered_delivery, 1);
  EXPECT_EQ(smpp::AsText(view->text()), "Hello from esmeload");
  EXPECT_EQ(smpp::ReadHeader(first.data()).sequence_number, 99u);
  view = smpp::ViewMessage(smpp::CommandId::submit_sm, made->Message(10'000'005, 100));
  EXPECT_EQ(view->destination_addr, "491510000005");  // the digits have run out and start again
}

TEST(SubmitTemplate, ScattersDestinationsAndRepeatsNoneOfThem) {
  constexpr unsigned kNumbers = 1000;  // of a prefix of 12 digits
  auto made = SubmitTemplate::Make({.dest_prefix = "491511234567", .scatter = true});
  ASSERT_TRUE(made.ok());
  std::set<unsigned> seen;
  unsigned before = 0;
  for (unsigned n = 0; n < kNumbers; ++n) {
    const auto view = smpp::ViewMessage(smpp::CommandId::submit_sm, made.value().Message(n, n + 1));
    const unsigned number =
        static_cast<unsigned>(std::stoul(std::string(view->destination_addr.substr(12))));
    const unsigned apart = number > before ? number - before : before - number;
    EXPECT_TRUE(n == 0 || apart > 100) << n;
    seen.insert(before = number);
  }
  EXPECT_EQ(seen.size(), kNumbers);
}

TEST(SubmitTemplate, SendsWhatIsNotAsciiAsUcs2) {
  auto made = SubmitTemplate::Make({.text = "Grüße"});
  ASSERT_TRUE(made.ok());
  const auto view = smpp::ViewMessage(smpp::CommandId::submit_sm, made->Message(0, 1));
  EXPECT_EQ(view->data_coding, 8);
  EXPECT_EQ(view->short_message.size(), 10u);
}

TEST(SubmitTemplate, RefusesWhatNoSubmitSmHolds) {
  EXPECT_FALSE(SubmitTemplate::Make({.dest_prefix = "49x"}).ok());
  EXPECT_FALSE(SubmitTemplate::Make({.dest_prefix = "4915112345678"}).ok());
  EXPECT_FALSE(SubmitTemplate::Make({.source = "a name that is far too long"}).ok());
  EXPECT_FALSE(SubmitTemplate::Make({.text = std::string(255, 'x')}).ok());
}

}  // namespace
}  // namespace hub::load
