// The parts of a concatenated message go to one supplier and one of its links, whatever the balancing.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;
using namespace std::chrono_literals;

// Part `n` of three, told by SAR TLVs.
Octets Part(std::uint8_t n, std::uint8_t reference = 7, std::string_view from = "ACME") {
  const Octets tlvs = {0x02, 0x0C, 0x00, 0x02, 0x00, reference, 0x02, 0x0E,
                       0x00, 0x01, 0x03, 0x02, 0x0F, 0x00,      0x01, n};
  return Message(submit_sm, 100u + n, from, "4915112345678", "part", 0, tlvs);
}

struct PartsRig : RelayRig {
  explicit PartsRig(store::Catalog catalog = TwoSuppliers()) : RelayRig(std::move(catalog)) {
    alpha();
    beta();
  }
  SmppPeer acme = Customer();

  // alpha, which is cheaper, fails the first part; beta takes it.
  void FirstPartGoesToBeta() {
    acme.Send(Part(1));
    alpha().Answer(*alpha().Next(), ESME_RSYSERR, "");
    beta().Answer(*beta().Next(), ESME_ROK, "1");
    EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  }
};

TEST(Parts, FollowTheOneThatFailedOver) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  for (std::uint8_t n = 2; n <= 3; ++n) {
    rig.acme.Send(Part(n));
    EXPECT_FALSE(rig.alpha().Next());
    const auto part = rig.beta().Next();
    ASSERT_TRUE(part);
    rig.beta().Answer(*part, ESME_ROK, std::to_string(n));
    EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
  }
  const auto rows = rig.All<store::MessageRecord>();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[2].decision.find("beta first: it has other parts") != std::string_view::npos, true)
      << rows[2].decision;
}

struct OtherCase {
  const char* name;
  Octets submit;
};
class OthersDoNot : public testing::TestWithParam<OtherCase> {};

TEST_P(OthersDoNot, Follow) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  rig.acme.Send(GetParam().submit);
  EXPECT_TRUE(rig.alpha().Next()) << "the cheapest";
  EXPECT_FALSE(rig.beta().Next());
}

INSTANTIATE_TEST_SUITE_P(Messages, OthersDoNot,
                         testing::Values(OtherCase{"AWholeOne", Submit(9)},
                                         OtherCase{"AnotherReference", Part(2, 8)},
                                         OtherCase{"AnotherSource", Part(2, 7, "ACMF")}),
                         [](const auto& c) { return std::string(c.param.name); });

TEST(Parts, OfAnotherClientGoTheirOwnWay) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  SmppPeer other = rig.Customer("other");
  other.Send(Part(2));
  EXPECT_TRUE(rig.alpha().Next());
}

TEST(Parts, GoElsewhereWhenTheirSupplierIsDown) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  rig.beta().raw().Hangup();
  rig.acme.Send(Part(2));
  const auto part = rig.alpha().Next();
  ASSERT_TRUE(part);
  rig.alpha().Answer(*part, ESME_ROK, "2");
  EXPECT_EQ(rig.acme.Next()->status(), ESME_ROK);
}

TEST(Parts, AreForgottenInTime) {
  PartsRig rig;
  rig.FirstPartGoesToBeta();
  for (auto left = relay::PartPins::kKept + 1s; left > 0s; left -= 10s) {
    rig.network.Advance(10s);
    for (SmppPeer* peer : {&rig.acme, &rig.alpha(), &rig.beta()}) {
      while (const auto pdu = peer->Next())
        if (pdu->id() == enquire_link) peer->Send(Bare(enquire_link_resp, pdu->sequence_number()));
    }
  }
  rig.acme.Send(Part(2));
  EXPECT_TRUE(rig.alpha().Next());
}

TEST(Parts, StayOnOneLinkOfTheirSupplier) {
  store::Catalog catalog = TwoSuppliers();
  catalog.suppliers[1].enabled = false;
  catalog.supplier_binds[0].sessions = 2;
  RelayRig rig(catalog);
  std::vector<SmppPeer> links;
  for (ScriptedPeer* each : rig.network.peers()) {
    each->Accept();
    SmppPeer& peer = links.emplace_back(*each);
    peer.Answer(*peer.Next(), ESME_ROK, "smsc");
  }
  ASSERT_EQ(links.size(), 2u);
  SmppPeer acme = rig.Customer();
  for (std::uint8_t n = 1; n <= 3; ++n) acme.Send(Part(n));
  acme.Send(Submit(9));  // the other link has less to do
  std::vector<std::size_t> count;
  for (SmppPeer& link : links) {
    count.push_back(0);
    while (link.Next()) ++count.back();
  }
  std::sort(count.begin(), count.end());
  EXPECT_EQ(count, (std::vector<std::size_t>{1, 3}));
}

}  // namespace
}  // namespace hub::test
