#include "server/relay/client/dedupe_key.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "protocol/pdu/data_sm.h"
#include "protocol/pdu/message.h"

namespace hub::relay {
namespace {

using Octets = std::vector<std::uint8_t>;
using enum store::DedupeBy;

std::string Hex(smpp::Bytes octets) {
  std::string out;
  for (const std::uint8_t octet : octets) {
    out += "0123456789abcdef"[octet >> 4];
    out += "0123456789abcdef"[octet & 15];
  }
  return out;
}

template <class P>
std::optional<DedupeKey> KeyOf(store::DedupeBy by, const P& pdu) {
  const Octets octets = smpp::Encode(pdu, smpp::Status::ESME_ROK, 7);
  smpp::MessageView view;
  EXPECT_EQ(smpp::ViewMessage(P::kCommandId, octets, view), smpp::Status::ESME_ROK);
  return DedupeKeyOf(by, view);
}

constexpr std::uint8_t kReference[] = {0x02, 0x04, 0x00, 0x02, 0x12, 0x34};

smpp::SubmitSm Hello() {
  smpp::SubmitSm pdu;
  pdu.source_addr_ton = 5;
  pdu.source_addr = "INFO";
  pdu.dest_addr_ton = 1;
  pdu.dest_addr_npi = 1;
  pdu.destination_addr = "447700900123";
  pdu.short_message = smpp::AsBytes("Hello");
  pdu.tlvs = kReference;
  return pdu;
}

TEST(DedupeKey, IsTheSameForEver) {  // keys of earlier runs stand in PostgreSQL
  EXPECT_EQ(Hex(*KeyOf(kContent, Hello())), "0ff7a2b2cce0fc55346b743b510f7051");
  EXPECT_EQ(Hex(*KeyOf(kUserMessageReference, Hello())), "dce5488fa9870105d94870fed6e3a5df");
}

using Change = std::function<void(smpp::SubmitSm&)>;

Octets SarTlvs(std::uint8_t ref, std::uint8_t part) {
  Octets tlvs(std::begin(kReference), std::end(kReference));
  const std::uint8_t sar[] = {0x02, 0x0C, 0, 2,    0,    ref, 0x02, 0x0E,
                              0,    1,    3, 0x02, 0x0F, 0,   1,    part};
  tlvs.insert(tlvs.end(), std::begin(sar), std::end(sar));
  return tlvs;
}

TEST(DedupeKey, ByContentEveryFieldOfItCounts) {
  static const Octets kPart1 = SarTlvs(1, 1), kPart2 = SarTlvs(1, 2), kOther1 = SarTlvs(2, 1);
  static const std::uint8_t kUdh1[] = {5, 0, 3, 9, 2, 1, 'x'}, kUdh2[] = {5, 0, 3, 9, 2, 2, 'x'};
  const Change changes[] = {
      [](auto&) {},
      [](auto& p) { p.source_addr = "INF"; },
      [](auto& p) { p.source_addr_ton = 0; },
      [](auto& p) { p.source_addr_npi = 1; },
      [](auto& p) { p.destination_addr = "447700900124"; },
      [](auto& p) { p.dest_addr_ton = 0; },
      [](auto& p) { p.dest_addr_npi = 0; },
      [](auto& p) { p.esm_class = 3; },
      [](auto& p) { p.data_coding = 3; },
      [](auto& p) { p.short_message = smpp::AsBytes("Hello "); },
      [](auto& p) { p.short_message = {}; },
      [](auto& p) { p.tlvs = kPart1; },
      [](auto& p) { p.tlvs = kPart2; },
      [](auto& p) { p.tlvs = kOther1; },
      [](auto& p) { p.esm_class = 0x40, p.short_message = kUdh1; },
      [](auto& p) { p.esm_class = 0x40, p.short_message = kUdh2; },
  };
  std::set<DedupeKey> keys;
  for (const Change& change : changes) {
    smpp::SubmitSm pdu = Hello();
    change(pdu);
    EXPECT_TRUE(keys.insert(*KeyOf(kContent, pdu)).second) << keys.size();
  }
}

TEST(DedupeKey, ByContentNothingElseCounts) {
  const DedupeKey key = *KeyOf(kContent, Hello());
  const Change changes[] = {
      [](auto& p) { p.registered_delivery = 1; },
      [](auto& p) { p.validity_period = "000001000000000R"; },
      [](auto& p) { p.priority_flag = 3; },
      [](auto& p) { p.service_type = "CMT"; },
      [](auto& p) { p.tlvs = {}; },
  };
  for (const Change& change : changes) {
    smpp::SubmitSm pdu = Hello();
    change(pdu);
    EXPECT_EQ(*KeyOf(kContent, pdu), key);
  }
}

TEST(DedupeKey, ByContentItIsTheTextThatCountsWhereverItStands) {
  static const std::uint8_t kPayload[] = {0x04, 0x24, 0, 5, 'H', 'e', 'l', 'l', 'o'};
  smpp::SubmitSm in_payload = Hello();
  in_payload.short_message = {};
  in_payload.tlvs = kPayload;
  EXPECT_EQ(KeyOf(kContent, in_payload), KeyOf(kContent, Hello()));
  smpp::DataSm data;
  data.source_addr_ton = 5;
  data.source_addr = "INFO";
  data.dest_addr_ton = 1;
  data.dest_addr_npi = 1;
  data.destination_addr = "447700900123";
  data.tlvs = kPayload;
  EXPECT_EQ(KeyOf(kContent, data), KeyOf(kContent, Hello()));
}

TEST(DedupeKey, NoOctetMovesFromOneFieldToTheNext) {
  smpp::SubmitSm a = Hello(), b = Hello();
  a.source_addr = "4477009001";
  a.destination_addr = "231";
  b.source_addr = "44770090012";
  b.destination_addr = "31";
  EXPECT_NE(KeyOf(kContent, a), KeyOf(kContent, b));
}

TEST(DedupeKey, ByReferenceTheTextDoesNotCount) {
  smpp::SubmitSm other_text = Hello();
  other_text.short_message = smpp::AsBytes("Bye");
  EXPECT_EQ(KeyOf(kUserMessageReference, other_text), KeyOf(kUserMessageReference, Hello()));
}

TEST(DedupeKey, ByReferenceTheReferenceTheAddressesAndThePartCount) {
  static const std::uint8_t kOtherReference[] = {0x02, 0x04, 0x00, 0x02, 0x12, 0x35};
  static const Octets kPart1 = SarTlvs(1, 1), kPart2 = SarTlvs(1, 2);
  const Change changes[] = {
      [](auto&) {},
      [](auto& p) { p.tlvs = kOtherReference; },
      [](auto& p) { p.source_addr = "OTHER"; },
      [](auto& p) { p.destination_addr = "447700900124"; },
      [](auto& p) { p.tlvs = kPart1; },
      [](auto& p) { p.tlvs = kPart2; },
  };
  std::set<DedupeKey> keys;
  for (const Change& change : changes) {
    smpp::SubmitSm pdu = Hello();
    change(pdu);
    EXPECT_TRUE(keys.insert(*KeyOf(kUserMessageReference, pdu)).second) << keys.size();
  }
  EXPECT_TRUE(keys.insert(*KeyOf(kContent, Hello())).second);
}

TEST(DedupeKey, ByReferenceAMessageWithoutOneIsAlwaysNew) {
  smpp::SubmitSm pdu = Hello();
  pdu.tlvs = {};
  EXPECT_EQ(KeyOf(kUserMessageReference, pdu), std::nullopt);
}

}  // namespace
}  // namespace hub::relay
