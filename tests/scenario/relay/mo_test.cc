// Mobile originated messages: each to the client whose route is the most specific one, and the answer upstream is honest.
#include <gtest/gtest.h>

#include "protocol/text/ucs2.h"
#include "server/telemetry/log.h"
#include "tests/scenario/relay/relay_rig.h"
#include "tests/support/profile_rules.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

constexpr std::string_view kShort = "10000";

store::MoRouteRow NumberOf(std::int64_t client_id, std::string_view number,
                           std::string_view keyword = {}) {
  store::MoRouteRow row;
  row.client_id = client_id;
  row.number = number;
  row.keyword = keyword;
  return row;
}

// acme has the short code and all of 4477, other the keyword WIN of the short code and beta's range.
store::Catalog WithKeywords() {
  store::Catalog catalog = TwoSuppliers();
  store::MoRouteRow prefix, range;
  prefix.client_id = 1;
  prefix.prefix = "4477";
  range.client_id = 2;
  range.range_from = "447700100";
  range.range_to = "447700199";
  range.supplier_id = 102;
  catalog.mo_routes = {NumberOf(1, kShort), NumberOf(2, kShort, "WIN"), prefix, range};
  return catalog;
}

struct MoRig : RelayRig {
  explicit MoRig(store::Catalog catalog = WithKeywords(), relay::Limits with = {})
      : RelayRig(std::move(catalog), with) {
    alpha();
  }
  /// Alpha sends it; whose client got it: "acme", "other" or "", and what alpha was told.
  std::string Sent(const Octets& mo) {
    alpha().Send(mo);
    std::string got;
    for (const auto& [name, client] : {std::pair{"acme", &acme}, std::pair{"other", &other}}) {
      if (const auto pdu = client->Next()) {
        got += name;
        client->Answer(*pdu, ESME_ROK, "");
      }
    }
    answer = alpha().Next()->status();
    return got;
  }
  std::string Sent(std::string_view to, std::string_view text) {
    return Sent(Message(deliver_sm, ++sequence, "4915112345678", to, text));
  }

  SmppPeer acme = Customer("acme"), other = Customer("other");
  std::uint32_t sequence = 0;
  smpp::Status answer{};
};

TEST(MoRouting, TheFirstWordDecidesWithinANumber) {
  MoRig rig;
  EXPECT_EQ(rig.Sent(kShort, "hello"), "acme");
  EXPECT_EQ(rig.Sent(kShort, "win a car"), "other");
  EXPECT_EQ(rig.answer, ESME_ROK);
  EXPECT_EQ(rig.Sent(kShort, "Win!"), "other");
  EXPECT_EQ(rig.Sent(kShort, "WINTER"), "acme");
  EXPECT_EQ(rig.Sent(kShort, "I win"), "acme");
  EXPECT_EQ(rig.Sent(kShort, ""), "acme");
  EXPECT_EQ(rig.Sent("+10000", "win"), "other");
}

TEST(MoRouting, TheWordIsReadInItsAlphabetAndBehindItsHeader) {
  MoRig rig;
  smpp::DeliverSm mo;
  mo.source_addr = "4915112345678";
  mo.destination_addr = kShort;
  const auto ucs2 = smpp::Ucs2FromUtf8("win \xc3\xa4");
  mo.data_coding = 8;
  mo.short_message = ucs2;
  EXPECT_EQ(rig.Sent(smpp::Encode(mo, ESME_ROK, 1)), "other");
  const std::string ports("\x06\x05\x04\x0b\x84\xc0\x02win",
                          10);  // an element of ports, then the text
  mo.data_coding = 0;
  mo.short_message = smpp::AsBytes(ports);
  EXPECT_EQ(rig.Sent(smpp::Encode(mo, ESME_ROK, 2)), "acme");  // without UDHI it is no header
  mo.esm_class = 0x40;
  EXPECT_EQ(rig.Sent(smpp::Encode(mo, ESME_ROK, 3)), "other");
}

TEST(MoRouting, TheWordMayStandInMessagePayload) {
  MoRig rig;
  const Octets payload = {0x04, 0x24, 0, 5, 'w', 'i', 'n', ' ', 'x'};
  EXPECT_EQ(rig.Sent(Message(deliver_sm, 1, "4915112345678", kShort, "", 0, payload)), "other");
  smpp::DataSm data;
  data.source_addr = "4915112345678";
  data.destination_addr = kShort;
  data.tlvs = payload;
  EXPECT_EQ(rig.Sent(smpp::Encode(data, ESME_ROK, 2)), "other");
}

TEST(MoRouting, ARangeOfOneSupplierIsNobodyElseS) {
  MoRig rig;
  rig.beta();
  EXPECT_EQ(rig.Sent("447700150", "x"), "acme");  // the range is beta's
  rig.beta().Send(Message(deliver_sm, 1, "4915112345678", "447700150", "x"));
  EXPECT_TRUE(rig.other.Next());
  rig.beta().Send(Message(deliver_sm, 2, "4915112345678", "447700200", "x"));
  EXPECT_TRUE(rig.acme.Next());
}

TEST(MoRouting, WhatFitsNoRouteIsRefused) {
  store::Catalog catalog = WithKeywords();
  catalog.mo_routes.erase(catalog.mo_routes.begin());  // the short code has its keyword only
  MoRig rig(std::move(catalog));
  EXPECT_EQ(rig.Sent(kShort, "hello"), "");
  EXPECT_EQ(rig.answer, ESME_RINVDSTADR);
  EXPECT_EQ(rig.Sent(kShort, "win"), "other");
  EXPECT_EQ(rig.Count(Metric::mo_no_route), 1u);
}

TEST(MoRouting, TheLogNamesAShortCodeWithoutARouteAndNoLongerNumber) {
  MoRig rig;
  testing::internal::CaptureStderr();
  LogStart({.lines_per_second_max = 1'000});  // other tests' lines of this second count too
  for (const char* to : {"999", "123456", "1234567", "4915112345678", "+4915112345678"})
    EXPECT_EQ(rig.Sent(to, "x"), "");
  LogStop();
  LogStart({});  // the limit that there was
  LogStop();
  const std::string told = testing::internal::GetCapturedStderr();
  for (const char* shown : {"999", "123456", "*****67", "49151******78", "+4915*******78"}) {
    EXPECT_NE(told.find("ev=mo.no_route destination=" + std::string(shown) + "\n"),
              std::string::npos)
        << told;
  }
}

TEST(MoRouting, AReloadMovesTheNextOne) {
  MoRig rig;
  EXPECT_EQ(rig.Sent(kShort, "win"), "other");
  store::Catalog catalog = WithKeywords();
  catalog.mo_routes[1].client_id = 1;
  rig.Use(std::move(catalog));
  EXPECT_EQ(rig.Sent(kShort, "win"), "acme");
}

TEST(MoRouting, TheClientsWordIsTheAnswerAndWithoutABindTheSupplierKeepsIt) {
  MoRig rig;
  rig.alpha().Send(Message(deliver_sm, 1, "4915112345678", kShort, "x"));
  rig.acme.Answer(*rig.acme.Next(), ESME_RX_R_APPN, "");
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_RX_R_APPN);
  rig.acme.raw().Hangup();
  rig.network.RunUntilQuiet();
  EXPECT_EQ(rig.Sent(kShort, "x"), "");
  EXPECT_EQ(rig.answer, ESME_RX_T_APPN);
  EXPECT_EQ(rig.Count(Metric::mo_refused_no_bind), 1u);
}

// Its supplier writes national numbers, as its profile says; the client and its routes know them otherwise.
TEST(MoRouting, AClientThatUnbindsReceivesNoMore) {
  MoRig rig;
  rig.alpha();
  rig.acme.Send(Submit(2));
  const Pdu submit = *rig.alpha().Next();
  rig.acme.Send(Bare(unbind, 3));  // and waits for its answer
  rig.alpha().Send(Message(deliver_sm, 70, "4915112345678", kShort, "hi"));
  const std::optional<Pdu> answer = rig.alpha().Next();
  ASSERT_TRUE(answer) << "nobody waits for a session that is leaving";
  EXPECT_EQ(answer->status(), ESME_RX_T_APPN);
  rig.alpha().Answer(submit, ESME_ROK, "1");
  EXPECT_EQ(rig.acme.Next()->id(), submit_sm_resp);
  EXPECT_EQ(rig.acme.Next()->id(), unbind_resp);
  rig.acme = rig.Customer("acme");
  EXPECT_EQ(rig.Sent(kShort, "hi"), "acme");
}

// Nothing but rubbish ends a bind; rubbish among good ones is a habit of its supplier.
TEST(MoRouting, MalformedOnesInARowEndABind) {
  relay::Limits limits;
  limits.smsc.bad_pdus_max = 3;
  MoRig rig(WithKeywords(), limits);
  SmppPeer& alpha = rig.alpha();
  for (std::uint32_t n = 1; n <= 10; ++n) {
    alpha.Send(Bare(deliver_sm, 90));
    EXPECT_NE(alpha.Next()->status(), ESME_ROK);
    EXPECT_EQ(rig.Sent(kShort, "hi"), "acme");
    ASSERT_TRUE(alpha.connected());
  }
  for (std::uint32_t n = 1; n <= 3; ++n) {
    ASSERT_TRUE(alpha.connected());
    alpha.Send(Bare(deliver_sm, n));
    EXPECT_EQ(alpha.Next()->id(), deliver_sm_resp);
  }
  EXPECT_FALSE(alpha.connected());
  EXPECT_EQ(rig.Count(Metric::bad_pdus_closed), 1u);
}

TEST(MoRouting, ANumberInItsSuppliersFormIsRoutedAndToldInTheClients) {
  store::Catalog catalog = WithKeywords();
  const AddressSpec national{
      .prefix = "44", .action = store::AddressAction::kPrefix, .to = "0", .to_ton = 2};
  catalog.suppliers[0].profile.source_rules = {national};
  catalog.suppliers[0].profile.destination_rules = {national};
  MoRig rig(std::move(catalog));
  smpp::DeliverSm mo;
  mo.source_addr_ton = mo.dest_addr_ton = 2;
  mo.source_addr_npi = mo.dest_addr_npi = 1;
  mo.source_addr = "07400123456";
  mo.destination_addr = "07700900123";
  mo.short_message = smpp::AsBytes("hello");
  rig.alpha().Send(smpp::Encode(mo, ESME_ROK, 900));
  const std::optional<Pdu> got = rig.acme.Next();
  ASSERT_TRUE(got);
  mo.source_addr_ton = mo.dest_addr_ton = 0;
  mo.source_addr = "447400123456";
  mo.destination_addr = "447700900123";
  EXPECT_EQ(got->octets, smpp::Encode(mo, ESME_ROK, got->sequence_number()));
  rig.acme.Answer(*got, ESME_ROK, "");
  EXPECT_EQ(rig.alpha().Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.Sent(kShort, "hello"), "acme") << "a short code has one form";
  EXPECT_EQ(rig.Count(Metric::mo_rewritten), 1u);
}

}  // namespace
}  // namespace hub::test
