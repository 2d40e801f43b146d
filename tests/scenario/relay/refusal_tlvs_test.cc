// What a supplier says of a refusal besides its status (delivery_failure_reason and its like): the client hears that, too.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/scenario/relay/broadcast_rig.h"
#include "tests/scenario/relay/multi_rig.h"

namespace hub::test {
namespace {

using namespace std::chrono_literals;
using enum smpp::CommandId;
using enum smpp::Status;

// network_error_code, delivery_failure_reason, additional_status_info_text "no", a vendor's; SMPP v3.4 §4.7.2, v5.0 §4.8.4.
const Octets kTlvs = FromHex(
    "0423000303000804"
    "25000101"
    "001d00036e6f00"
    "14010002cafe");
const Octets kOther = FromHex("14020001ff");
// congestion_state, sc_interface_version.
const Octets kOfOneHop = FromHex(
    "042800015a"
    "0210000150");

Octets Data(std::uint32_t sequence_number) {
  smpp::DataSm data;
  data.source_addr = "ACME";
  data.destination_addr = "4915112345678";
  const Octets payload = FromHex("042400026869");
  data.tlvs = payload;
  return smpp::Encode(data, ESME_ROK, sequence_number);
}

Octets Request(smpp::CommandId id, std::uint32_t sequence_number) {
  return id == data_sm ? Data(sequence_number) : Submit(sequence_number);
}

// A refusal without a body, as it is where nothing is to be said.
Octets Plain(smpp::CommandId request, smpp::Status status, std::uint32_t sequence_number = 2) {
  return Bare(smpp::ResponseOf(request), sequence_number, status);
}

Octets Telling(smpp::CommandId request, smpp::Status status, const Octets& tlvs,
               std::uint32_t sequence_number = 2) {
  return WithTlvs(IdAnswer(smpp::ResponseOf(request), status, sequence_number, ""), tlvs);
}

struct RefusalRig : RelayRig {
  explicit RefusalRig(store::Catalog catalog = TwoSuppliers(), std::uint8_t version = 0x34,
                      const relay::Limits& with = {})
      : RelayRig(std::move(catalog), with), acme(Customer("acme", bind_transceiver, version)) {
    alpha();
    if (relay->front().snapshot()->catalog->suppliers[1].enabled) beta();
  }
  // The next submit there is refused so.
  static void Refuse(SmppPeer& supplier, smpp::Status status, const Octets& tlvs,
                     std::string_view message_id = "") {
    const Pdu submit = *supplier.Next();
    supplier.Send(WithTlvs(
        IdAnswer(smpp::ResponseOf(submit.id()), status, submit.sequence_number(), message_id),
        tlvs));
  }
  // What acme hears of a request that alpha refuses for good.
  Octets Heard(smpp::CommandId request, const Octets& tlvs, std::string_view message_id = "") {
    acme.Send(Request(request, 2));
    Refuse(alpha(), ESME_RINVSCHED, tlvs, message_id);
    return acme.Next()->octets;
  }
  SmppPeer acme;
};

class RefusedTo : public testing::TestWithParam<std::tuple<smpp::CommandId, int>> {};

TEST_P(RefusedTo, ASessionThatKnowsTlvsTellsWhatTheSupplierSaid) {
  const auto [request, version] = GetParam();
  const bool knows_tlvs = version >= 0x34;
  RefusalRig rig(TwoSuppliers(), static_cast<std::uint8_t>(version));
  const Octets said = rig.Heard(request, kTlvs);
  EXPECT_EQ(said,
            knows_tlvs ? Telling(request, ESME_RINVSCHED, kTlvs) : Plain(request, ESME_RINVSCHED));
  EXPECT_FALSE(rig.beta().Next());
  EXPECT_TRUE(rig.All<store::MessageRecord>().empty());
  EXPECT_EQ(rig.All<store::RejectRecord>().size(), 1u);
  rig.ExpectMoneyBalances();
}

INSTANTIATE_TEST_SUITE_P(Sessions, RefusedTo,
                         testing::Combine(testing::Values(submit_sm, data_sm),
                                          testing::Values(0x33, 0x34, 0x50)),
                         [](const auto& c) {
                           return std::string(smpp::CommandName(std::get<0>(c.param))) +
                                  std::to_string(std::get<1>(c.param));
                         });

TEST(RefusalTlvs, NothingToSayIsAHeaderAlone) {
  for (const smpp::CommandId request : {submit_sm, data_sm}) {
    EXPECT_EQ(RefusalRig().Heard(request, {}), Plain(request, ESME_RINVSCHED));
    EXPECT_EQ(RefusalRig().Heard(request, {}, "up-1"), Plain(request, ESME_RINVSCHED));
    EXPECT_EQ(RefusalRig().Heard(request, kOfOneHop), Plain(request, ESME_RINVSCHED));
    EXPECT_EQ(RefusalRig().Heard(request, FromHex("0423000303")), Plain(request, ESME_RINVSCHED))
        << "torn";
  }
}

TEST(RefusalTlvs, OfOneHopStayThereAndTheIdThatNobodyHasIsNotTold) {
  Octets both = kOfOneHop;
  both.insert(both.end(), kTlvs.begin(), kTlvs.end());
  EXPECT_EQ(RefusalRig().Heard(data_sm, both, "up-1"), Telling(data_sm, ESME_RINVSCHED, kTlvs));
}

TEST(RefusalTlvs, AreTheirsWhoseStatusIsTheAnswer) {
  RefusalRig rig;
  rig.acme.Send(Submit(2));
  rig.Refuse(rig.alpha(), ESME_RSYSERR, kTlvs);
  rig.Refuse(rig.beta(), ESME_RX_T_APPN, kOther);
  EXPECT_EQ(rig.acme.Next()->octets, Telling(submit_sm, ESME_RX_T_APPN, kOther));
}

TEST(RefusalTlvs, OfAnEarlierSupplierAreNotTheLastOnes) {
  RefusalRig rig;
  rig.acme.Send(Submit(2));
  rig.Refuse(rig.alpha(), ESME_RSYSERR, kTlvs);
  rig.Refuse(rig.beta(), ESME_RX_T_APPN, {});
  EXPECT_EQ(rig.acme.Next()->octets, Plain(submit_sm, ESME_RX_T_APPN));
}

TEST(RefusalTlvs, OfATemporaryRefusalAreToldWhenNobodyElseIsLeft) {
  RefusalRig rig(UpstreamAlphaAlone());
  rig.acme.Send(Submit(2));
  rig.Refuse(rig.alpha(), ESME_RSYSERR, kTlvs);
  EXPECT_EQ(rig.acme.Next()->octets, Telling(submit_sm, ESME_RSYSERR, kTlvs));
}

TEST(RefusalTlvs, OfAnEarlierSupplierAreNotThoseOfOneThatIsSilent) {
  RefusalRig rig;
  rig.acme.Send(Submit(2));
  rig.Refuse(rig.alpha(), ESME_RSYSERR, kTlvs);
  ASSERT_TRUE(rig.beta().Next());
  rig.network.Advance(10s);
  EXPECT_EQ(rig.acme.Next()->octets, Plain(submit_sm, ESME_RSYSERR));
}

TEST(RefusalTlvs, OfAnEarlierSupplierAreNotThoseOfAGenericNack) {
  RefusalRig rig;
  rig.acme.Send(Submit(2));
  rig.Refuse(rig.alpha(), ESME_RSYSERR, kTlvs);
  const Pdu submit = *rig.beta().Next();
  rig.beta().Send(Bare(generic_nack, submit.sequence_number(), ESME_RINVDSTADR));
  EXPECT_EQ(rig.acme.Next()->octets, Plain(submit_sm, ESME_RINVDSTADR));
}

TEST(RefusalTlvs, AreNotThoseOfTheNextSupplierThatTookIt) {
  RefusalRig rig;
  rig.acme.Send(Submit(2));
  rig.Refuse(rig.alpha(), ESME_RSYSERR, kTlvs);
  rig.beta().Answer(*rig.beta().Next(), ESME_ROK, "b-1");
  const Pdu answer = *rig.acme.Next();
  EXPECT_EQ(answer.octets, IdAnswer(submit_sm_resp, ESME_ROK, 2, answer.message_id()));
}

// The profile's word is about the status; its TLV rules are about submits.
TEST(RefusalTlvs, StandBesideTheStatusThatTheProfileShows) {
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.suppliers[0].profile.client_statuses = {
      {static_cast<std::uint32_t>(ESME_RINVSCHED), static_cast<std::uint32_t>(ESME_RSUBMITFAIL)}};
  catalog.suppliers[0].profile.tlvs = store::SupplierTlvs::kNone;
  RefusalRig rig(catalog);
  EXPECT_EQ(rig.Heard(submit_sm, kTlvs), Telling(submit_sm, ESME_RSUBMITFAIL, kTlvs));
}

// A supplier without TLVs is sent a data_sm as a submit_sm.
TEST(RefusalTlvs, OfASubmitSmThatWasADataSmReachItsClient) {
  store::Catalog catalog = UpstreamAlphaAlone();
  catalog.suppliers[0].profile.tlvs = store::SupplierTlvs::kNone;
  RefusalRig rig(catalog);
  EXPECT_EQ(rig.Heard(data_sm, kTlvs), Telling(data_sm, ESME_RINVSCHED, kTlvs));
}

TEST(RefusalTlvs, OfABroadcastSayWhichAreaFailed) {
  BroadcastRig rig;
  rig.alpha();
  SmppPeer acme = rig.Acme();
  acme.Send(Broadcast(7));
  const Pdu sent = *rig.alpha().Next();
  rig.alpha().Send(WithTlvs(
      IdAnswer(broadcast_sm_resp, ESME_RBCASTFAIL, sent.sequence_number(), ""), kFailedArea));
  EXPECT_EQ(acme.Next()->octets, Telling(broadcast_sm, ESME_RBCASTFAIL, kFailedArea, 7));
}

// One answer for all of them, with a status for each and room for nothing more.
TEST(RefusalTlvs, OfASubmitMultiAreNotTold) {
  RefusalRig rig(UpstreamAlphaAlone());
  rig.acme.Send(SubmitMulti(2, {"4915112345678"}));
  rig.Refuse(rig.alpha(), ESME_RINVSCHED, kTlvs);
  EXPECT_EQ(rig.acme.Next()->octets, Plain(submit_multi, ESME_RINVSCHED));
}

// A vendor's TLV of so many octets, head and all.
Octets TlvsOf(std::size_t octets) {
  Octets tlv(octets, 'x');
  const auto length = static_cast<std::uint16_t>(octets - 4);
  const Octets head = {0x14, 0x01, static_cast<std::uint8_t>(length >> 8),
                       static_cast<std::uint8_t>(length)};
  std::ranges::copy(head, tlv.begin());
  return tlv;
}

TEST(RefusalTlvs, AreKeptUpToALimitWithAName) {
  RefusalRig fits, over;
  const Octets most = TlvsOf(relay::kRefusalTlvOctetsMax);
  EXPECT_EQ(fits.Heard(submit_sm, most), Telling(submit_sm, ESME_RINVSCHED, most));
  EXPECT_EQ(fits.Count(Metric::answer_tlvs_dropped), 0u);
  EXPECT_EQ(over.Heard(submit_sm, TlvsOf(most.size() + 1)), Plain(submit_sm, ESME_RINVSCHED));
  EXPECT_EQ(over.Count(Metric::answer_tlvs_dropped), 1u);
}

// What it would lose with its session are answers to messages that were charged.
TEST(RefusalTlvs, AClientThatDoesNotReadGetsTheStatusesAlone) {
  relay::Limits limits;
  limits.esme.stream.output_octets_high = 1'000;
  limits.esme.stream.output_octets_max = 3'000;
  RefusalRig rig(UpstreamAlphaAlone(), 0x34, limits);
  const Octets big = TlvsOf(relay::kRefusalTlvOctetsMax);
  rig.acme.raw().StopReading();
  for (std::uint32_t n = 1; n <= 20; ++n) rig.acme.Send(Submit(n));
  for (std::uint32_t n = 1; n <= 20; ++n)
    rig.Refuse(rig.alpha(), n % 2 == 0 ? ESME_RINVSCHED : ESME_ROK, big, "up");
  ASSERT_TRUE(rig.acme.connected());
  EXPECT_EQ(rig.Count(Metric::answer_tlvs_dropped), 19u);
  rig.acme.raw().ReadAgain();
  rig.network.RunUntilQuiet();
  for (std::uint32_t n = 1; n <= 20; ++n) {
    const std::optional<Pdu> answer = rig.acme.Next();
    ASSERT_TRUE(answer) << n;
    EXPECT_EQ(answer->sequence_number(), n);
    EXPECT_EQ(answer->status(), n % 2 == 0 ? ESME_RINVSCHED : ESME_ROK);
    EXPECT_EQ(answer->octets.size() > big.size(), n == 1);
  }
  EXPECT_EQ(rig.Count(Metric::output_overflow), 0u);
}

}  // namespace
}  // namespace hub::test
