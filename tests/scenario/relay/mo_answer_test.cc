// What a client says of an MO besides its status, network_error_code and its like: its supplier hears that, too.
#include <gtest/gtest.h>

#include "tests/scenario/relay/outbox_rig.h"

namespace hub::test {
namespace {

using namespace std::chrono_literals;
using enum smpp::CommandId;
using enum smpp::Status;

// network_error_code, additional_status_info_text "no", a vendor's.
const Octets kTlvs = FromHex(
    "0423000303000804"
    "1d00036e6f00"
    "14010002cafe");
// congestion_state, sc_interface_version.
const Octets kOfOneHop = FromHex(
    "042800015a"
    "0210000150");

Octets WithTlvs(Octets pdu, const Octets& tlvs) {
  pdu.insert(pdu.end(), tlvs.begin(), tlvs.end());
  smpp::WriteU32(pdu.data(), static_cast<std::uint32_t>(pdu.size()));
  return pdu;
}

struct MoAnswerRig : RelayRig {
  explicit MoAnswerRig(store::Catalog catalog = TwoSuppliers(), relay::Limits with = {})
      : RelayRig(std::move(catalog), with) {
    alpha();
  }
  void SendMo(std::uint32_t sequence_number, smpp::CommandId id = deliver_sm) {
    if (id == deliver_sm)
      return alpha().Send(Message(deliver_sm, sequence_number, "4915112345678", "1000", "hi"));
    smpp::DataSm data;
    data.source_addr = "4915112345678";
    data.destination_addr = "1000";
    const Octets payload = FromHex(
        "04240002"
        "6869");
    data.tlvs = payload;
    alpha().Send(smpp::Encode(data, ESME_ROK, sequence_number));
  }
  // What alpha hears of an MO that acme answers so.
  Octets Heard(smpp::Status status, const Octets& tlvs, std::string_view message_id = {},
               smpp::CommandId id = deliver_sm) {
    SendMo(77, id);
    const Pdu mo = *acme.Next();
    acme.Send(WithTlvs(
        IdAnswer(smpp::ResponseOf(mo.id()), status, mo.sequence_number(), message_id), tlvs));
    return alpha().Next()->octets;
  }
  static Octets Bare(smpp::Status status, smpp::CommandId response = deliver_sm_resp) {
    return IdAnswer(response, status, 77, "");
  }

  SmppPeer acme = Customer();
};

TEST(MoAnswer, ItsTlvsReachTheSupplierWhateverItsStatus) {
  MoAnswerRig rig;
  for (const smpp::Status status : {ESME_ROK, ESME_RX_T_APPN, ESME_RX_R_APPN}) {
    EXPECT_EQ(rig.Heard(status, kTlvs), WithTlvs(rig.Bare(status), kTlvs));
    EXPECT_EQ(rig.Heard(status, kTlvs, {}, data_sm),
              WithTlvs(rig.Bare(status, data_sm_resp), kTlvs));
  }
  EXPECT_EQ(rig.Count(Metric::mo_answer_tlvs_dropped), 0u);
}

TEST(MoAnswer, WithoutThemItIsWhatItWas) {
  MoAnswerRig rig;
  EXPECT_EQ(rig.Heard(ESME_ROK, {}), rig.Bare(ESME_ROK));
  EXPECT_EQ(rig.Heard(ESME_ROK, {}, "4711"), rig.Bare(ESME_ROK)) << "its message_id is unused";
  EXPECT_EQ(rig.Heard(ESME_ROK, kTlvs, "4711"), WithTlvs(rig.Bare(ESME_ROK), kTlvs));
}

TEST(MoAnswer, WhatSpeaksOfOneHopStaysOnIt) {
  MoAnswerRig rig;
  EXPECT_EQ(rig.Heard(ESME_ROK, kOfOneHop), rig.Bare(ESME_ROK));
  Octets among = kOfOneHop;
  among.insert(among.end(), kTlvs.begin(), kTlvs.end());
  EXPECT_EQ(rig.Heard(ESME_ROK, among), WithTlvs(rig.Bare(ESME_ROK), kTlvs));
}

TEST(MoAnswer, TornTlvsAreNone) {
  MoAnswerRig rig;
  EXPECT_EQ(rig.Heard(ESME_ROK, FromHex("042300")), rig.Bare(ESME_ROK));
  EXPECT_EQ(rig.Heard(ESME_ROK, FromHex("042300ff03")), rig.Bare(ESME_ROK));
}

TEST(MoAnswer, ASupplierThatTakesNoTlvsHearsTheStatusAlone) {
  store::Catalog old = TwoSuppliers();
  old.supplier_binds[0].interface_version = 0x33;
  EXPECT_EQ(MoAnswerRig(old).Heard(ESME_RX_R_APPN, kTlvs), MoAnswerRig::Bare(ESME_RX_R_APPN));
  for (const auto tlvs : {store::SupplierTlvs::kNone, store::SupplierTlvs::kShown}) {
    store::Catalog catalog = TwoSuppliers();
    catalog.suppliers[0].profile.tlvs = tlvs;
    EXPECT_EQ(MoAnswerRig(catalog).Heard(ESME_RX_R_APPN, kTlvs), MoAnswerRig::Bare(ESME_RX_R_APPN));
  }
}

TEST(MoAnswer, AGenericNackHasNone) {
  MoAnswerRig rig;
  rig.SendMo(77);
  rig.acme.Send(WithTlvs(
      IdAnswer(generic_nack, ESME_RINVCMDID, rig.acme.Next()->sequence_number(), ""), kTlvs));
  EXPECT_EQ(rig.alpha().Next()->octets, MoAnswerRig::Bare(ESME_RINVCMDID));
}

// Its supplier heard ESME_ROK when it was on disk.
TEST(MoAnswer, OfAStoredOneNobodyHearsThem) {
  store::Catalog catalog = TwoSuppliers();
  catalog.clients[0].mo_offline = store::MoOffline::kStore;
  MoAnswerRig rig(catalog);
  rig.archive.refresh_receipts = [&rig] { Settle(rig); };
  rig.acme.raw().Hangup();
  rig.network.RunUntilQuiet();
  rig.SendMo(77);
  EXPECT_EQ(rig.alpha().Next()->octets, MoAnswerRig::Bare(ESME_ROK));
  rig.acme = rig.Customer();
  rig.network.Advance(1s);
  const std::optional<Pdu> mo = rig.acme.Next();
  ASSERT_TRUE(mo);
  rig.acme.Send(WithTlvs(IdAnswer(deliver_sm_resp, ESME_ROK, mo->sequence_number(), ""), kTlvs));
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Count(Metric::mo_delivered), 1u);
}

TEST(MoAnswer, OfAReceiptNobodyHearsThem) {
  MoAnswerRig rig;
  rig.acme.Send(Submit(2));
  rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, "up-1");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  rig.alpha().Send(Receipt(77, "up-1", "4915112345678", "ACME"));
  EXPECT_EQ(rig.alpha().Next()->octets, MoAnswerRig::Bare(ESME_ROK));
  const Pdu receipt = *rig.acme.Next();
  rig.acme.Send(
      WithTlvs(IdAnswer(deliver_sm_resp, ESME_ROK, receipt.sequence_number(), ""), kTlvs));
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Count(Metric::receipts_delivered), 1u);
}

// One client's long answers must not end the bind that all others share.
TEST(MoAnswer, ASupplierThatDoesNotReadGetsTheStatusesAlone) {
  relay::Limits limits;
  limits.smsc.stream.output_octets_high = 1'000;
  limits.smsc.stream.output_octets_max = 3'000;
  MoAnswerRig rig(TwoSuppliers(), limits);
  SmppPeer& alpha = rig.alpha();
  alpha.raw().StopReading();
  Octets big = FromHex("140103e8");
  big.resize(4 + 1'000, 'x');
  for (std::uint32_t n = 1; n <= 20; ++n) {
    rig.SendMo(n);
    const Pdu mo = *rig.acme.Next();
    rig.acme.Send(WithTlvs(IdAnswer(deliver_sm_resp, ESME_ROK, mo.sequence_number(), ""), big));
  }
  ASSERT_TRUE(alpha.connected());
  EXPECT_EQ(rig.Count(Metric::mo_answer_tlvs_dropped), 19u);
  alpha.raw().ReadAgain();
  rig.network.RunUntilQuiet();
  for (std::uint32_t n = 1; n <= 20; ++n) {
    const Octets bare = IdAnswer(deliver_sm_resp, ESME_ROK, n, "");
    EXPECT_EQ(alpha.Next()->octets, n == 1 ? WithTlvs(bare, big) : bare);
  }
  EXPECT_EQ(rig.Count(Metric::output_overflow), 0u);
}

}  // namespace
}  // namespace hub::test
