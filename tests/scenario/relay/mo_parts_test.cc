// Long mobile originated messages: all parts to the client that the first one's keyword names, on one bind, in order.
#include <gtest/gtest.h>

#include <set>

#include "protocol/text/segments.h"
#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using namespace std::chrono_literals;
using enum smpp::CommandId;
using enum smpp::Status;

constexpr std::string_view kHandset = "4915112345678", kShort = "10000";

store::Catalog WithKeyword() {
  store::Catalog catalog = TwoSuppliers();
  store::MoRouteRow number, keyword, prefix;
  number.client_id = prefix.client_id = 1;
  keyword.client_id = 2;
  number.number = keyword.number = kShort;
  keyword.keyword = "WIN";
  prefix.prefix = "4477";
  catalog.mo_routes = {number, keyword, prefix};
  return catalog;
}

struct Part {
  std::uint8_t number = 1, total = 3;
  std::string_view text = "x";
  std::uint16_t ref = 7;
  std::string_view to = kShort, from = kHandset;
};

enum class Form { kUdh8, kUdh16, kSar };

Octets PartPdu(std::uint32_t sequence_number, const Part& part, Form form = Form::kUdh8) {
  const auto low = static_cast<char>(part.ref & 0xff), high = static_cast<char>(part.ref >> 8);
  const auto total = static_cast<char>(part.total), number = static_cast<char>(part.number);
  std::string text;
  if (form == Form::kUdh8) text = {5, 0, 3, low, total, number};
  if (form == Form::kUdh16) text = {6, 8, 4, high, low, total, number};
  text += part.text;
  smpp::DeliverSm mo;
  mo.source_addr = part.from;
  mo.destination_addr = part.to;
  mo.esm_class = form == Form::kSar ? 0 : 0x40;
  mo.short_message = smpp::AsBytes(text);
  Octets sar;
  if (form == Form::kSar) {
    sar = {0x02,
           0x0c,
           0,
           2,
           static_cast<std::uint8_t>(part.ref >> 8),
           static_cast<std::uint8_t>(part.ref),
           0x02,
           0x0e,
           0,
           1,
           part.total,
           0x02,
           0x0f,
           0,
           1,
           part.number};
    mo.tlvs = sar;
  }
  return smpp::Encode(mo, ESME_ROK, sequence_number);
}

struct PartsRig : RelayRig {
  explicit PartsRig(relay::Limits with = {}) : RelayRig(WithKeyword(), with) { alpha(); }

  void Send(const Part& part, Form form = Form::kUdh8) {
    alpha().Send(PartPdu(++sequence, part, form));
  }
  /// The parts that the client got since, "12"; answered.
  std::string Got(SmppPeer& client) {
    std::string got;
    while (const auto pdu = client.Next()) {
      got += std::to_string(smpp::ConcatOf(pdu->view())->part);
      client.Answer(*pdu, ESME_ROK, "");
    }
    return got;
  }
  /// What alpha was told since, in the order of the answers.
  std::vector<smpp::Status> Told() {
    std::vector<smpp::Status> told;
    while (const auto pdu = alpha().Next()) told.push_back(pdu->status());
    return told;
  }

  SmppPeer acme = Customer("acme"), other = Customer("other");
  std::uint32_t sequence = 0;
};

using Statuses = std::vector<smpp::Status>;

TEST(MoParts, FollowTheirFirstOneHoweverTheySayIt) {
  for (const Form form : {Form::kUdh8, Form::kUdh16, Form::kSar}) {
    PartsRig rig;
    rig.Send({.number = 1, .text = "win a car"}, form);
    rig.Send({.number = 2, .text = "or lose"}, form);
    rig.Send({.number = 3, .text = "x"}, form);
    EXPECT_EQ(rig.Got(rig.other), "123");
    EXPECT_EQ(rig.Got(rig.acme), "");
    EXPECT_EQ(rig.Told(), Statuses(3, ESME_ROK));
  }
}

TEST(MoParts, AWordThatBeginsALaterPartIsNoKeyword) {
  PartsRig rig;
  rig.Send({.number = 1, .text = "do we"});
  rig.Send({.number = 2, .text = "win?"});
  EXPECT_EQ(rig.Got(rig.acme), "12");
  EXPECT_EQ(rig.Got(rig.other), "");
}

TEST(MoParts, ThoseThatComeBeforeTheFirstWaitForItAndFollowInOrder) {
  PartsRig rig;
  rig.Send({.number = 3});
  rig.Send({.number = 2});
  EXPECT_EQ(rig.Got(rig.acme) + rig.Got(rig.other), "");
  EXPECT_EQ(rig.Told(), Statuses());
  EXPECT_EQ(rig.Count(Metric::mo_parts_waiting), 2u);
  rig.Send({.number = 1, .text = "WIN"});
  EXPECT_EQ(rig.Got(rig.other), "123");
  EXPECT_EQ(rig.Got(rig.acme), "");
  EXPECT_EQ(rig.Told(), Statuses(3, ESME_ROK));
  EXPECT_EQ(rig.Count(Metric::mo_parts_waiting), 0u);
  rig.network.Advance(10s);  // nobody is answered twice
  EXPECT_EQ(rig.Told(), Statuses());
}

TEST(MoParts, WhoseFirstOneDoesNotComeGoBackToTheSupplierAndComeAgain) {
  PartsRig rig;
  rig.Send({.number = 2});
  rig.network.Advance(1s);
  rig.Send({.number = 3});
  rig.network.Advance(999ms);
  EXPECT_EQ(rig.Told(), Statuses());
  rig.network.Advance(1ms);
  EXPECT_EQ(rig.Told(), Statuses{ESME_RX_T_APPN});
  rig.network.Advance(1s);
  EXPECT_EQ(rig.Told(), Statuses{ESME_RX_T_APPN});
  EXPECT_EQ(rig.Count(Metric::mo_parts_alone), 2u);
  EXPECT_EQ(rig.Got(rig.acme) + rig.Got(rig.other), "");  // not guessed
  rig.Send({.number = 1, .text = "win"});
  rig.Send({.number = 2});
  EXPECT_EQ(rig.Got(rig.other), "12");
}

TEST(MoParts, OfANumberWithoutKeywordsWaitForNothing) {
  PartsRig rig;
  rig.Send({.number = 2, .to = "447700"});
  EXPECT_EQ(rig.Got(rig.acme), "2");
}

TEST(MoParts, OfNobodysAreRefusedWithTheirFirstOne) {
  PartsRig rig;
  store::Catalog catalog = WithKeyword();
  catalog.mo_routes.erase(catalog.mo_routes.begin());
  rig.Use(std::move(catalog));
  rig.Send({.number = 2});
  rig.Send({.number = 1, .text = "hello"});
  EXPECT_EQ(rig.Told(), Statuses(2, ESME_RINVDSTADR));
}

// The first one is refused for good and does not come again: parts that waited for it would come back to the supplier for days.
TEST(MoParts, OfNobodysAreRefusedBehindTheirFirstOneToo) {
  PartsRig rig;
  store::Catalog catalog = WithKeyword();
  catalog.mo_routes.erase(catalog.mo_routes.begin());
  rig.Use(std::move(catalog));
  rig.Send({.number = 1, .text = "hello"});
  rig.Send({.number = 2});
  rig.Send({.number = 3});
  EXPECT_EQ(rig.Told(), Statuses(3, ESME_RINVDSTADR));
  EXPECT_EQ(rig.Count(Metric::mo_parts_waited), 0u);
  EXPECT_EQ(rig.Count(Metric::mo_no_route), 3u);
  rig.Send({.number = 1, .text = "win"});  // the reference is used again
  rig.Send({.number = 2});
  EXPECT_EQ(rig.Got(rig.other), "12");
}

TEST(MoParts, AreToldApartByReferenceTotalHandsetNumberAndSupplier) {
  PartsRig rig;
  rig.beta();
  rig.Send({.number = 1, .text = "win"});
  EXPECT_EQ(rig.Got(rig.other), "1");
  rig.Send({.number = 2, .ref = 8});
  rig.Send({.number = 2, .total = 2});
  rig.Send({.number = 2, .from = "4915100000000"});
  rig.beta().Send(PartPdu(900, {.number = 2}));
  EXPECT_EQ(rig.Got(rig.other), "");
  EXPECT_EQ(rig.Count(Metric::mo_parts_waiting), 4u);
  rig.Send({.number = 2});
  EXPECT_EQ(rig.Got(rig.other), "2");
}

TEST(MoParts, AFirstOneDecidesAnewForReferencesAreUsedAgain) {
  PartsRig rig;
  rig.Send({.number = 1, .text = "win"});
  rig.Send({.number = 1, .text = "hello"});
  rig.Send({.number = 2});
  EXPECT_EQ(rig.Got(rig.other), "1");
  EXPECT_EQ(rig.Got(rig.acme), "12");
}

TEST(MoParts, AreForgottenWhenNoneCameForSoLong) {
  relay::Limits limits;
  limits.mo_parts_kept = 5s;
  PartsRig rig(limits);
  rig.Send({.number = 1, .text = "win"});
  EXPECT_EQ(rig.Got(rig.other), "1");
  rig.network.Advance(5s);
  rig.Send({.number = 2});
  EXPECT_EQ(rig.Got(rig.other), "2");  // and this one was a use
  rig.network.Advance(5s);
  rig.Send({.number = 3});
  EXPECT_EQ(rig.Got(rig.other), "3");
  rig.network.Advance(5s + 1ms);
  rig.Send({.number = 3});
  EXPECT_EQ(rig.Got(rig.other), "");
}

TEST(MoParts, BeyondTheLimitTheOneUsedLongestAgoIsForgotten) {
  relay::Limits limits;
  limits.mo_long_messages_max = 2;
  PartsRig rig(limits);
  for (std::uint16_t ref = 1; ref <= 3; ++ref) rig.Send({.number = 1, .text = "win", .ref = ref});
  EXPECT_EQ(rig.Got(rig.other), "111");
  EXPECT_EQ(rig.Count(Metric::mo_long_forgotten), 1u);
  EXPECT_EQ(rig.Count(Metric::mo_long_messages), 2u);
  for (std::uint16_t ref = 1; ref <= 3; ++ref) rig.Send({.number = 2, .ref = ref});
  EXPECT_EQ(rig.Got(rig.other), "22");
}

TEST(MoParts, BeyondTheLimitOfThoseThatWaitTheyComeAgain) {
  relay::Limits limits;
  limits.mo_parts_waiting_max = 1;
  PartsRig rig(limits);
  rig.Send({.number = 2});
  rig.Send({.number = 3});
  EXPECT_EQ(rig.Told(), Statuses{ESME_RX_T_APPN});
  EXPECT_EQ(rig.Count(Metric::mo_parts_full), 1u);
  rig.Send({.number = 1, .text = "win"});
  EXPECT_EQ(rig.Got(rig.other), "12");
}

TEST(MoParts, GoToOneOfTheClientsBinds) {
  PartsRig rig;
  SmppPeer second = rig.Customer("other"), third = rig.Customer("other");
  std::string all;
  std::set<SmppPeer*> used;
  for (std::uint16_t ref = 1; ref <= 20; ++ref) {
    for (std::uint8_t n = 1; n <= 3; ++n) rig.Send({.number = n, .text = "win", .ref = ref});
    for (SmppPeer* bind : {&rig.other, &second, &third}) {
      const std::string got = rig.Got(*bind);
      EXPECT_TRUE(got.empty() || got == "123") << got;
      all += got;
      if (!got.empty()) used.insert(bind);
    }
  }
  EXPECT_EQ(all.size(), 60u);
  EXPECT_EQ(used.size(), 3u);  // different messages to different ones
}

TEST(MoParts, WaitForTheirBindAndHoldUpNoOther) {
  relay::Limits limits;
  limits.esme.window_requests_max = 1;
  PartsRig rig(limits);
  SmppPeer second = rig.Customer("other");
  rig.Send({.number = 1, .text = "win"});
  rig.Send({.number = 2});  // its bind has no room
  std::optional<Pdu> first = rig.other.Next();
  SmppPeer& theirs = first ? rig.other : second;
  SmppPeer& free = first ? second : rig.other;
  if (!first) first = second.Next();
  ASSERT_TRUE(first);
  EXPECT_FALSE(free.Next());
  rig.alpha().Send(Message(deliver_sm, 900, kHandset, kShort, "win alone"));
  EXPECT_TRUE(free.Next());  // the other bind takes what stands behind
  theirs.Answer(*first, ESME_ROK, "");
  EXPECT_EQ(rig.Got(theirs), "2");
}

}  // namespace
}  // namespace hub::test
