// alert_notification of a supplier: to the client that owns the address, now or never.
#include <gtest/gtest.h>

#include "protocol/pdu/alert_notification.h"
#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

constexpr std::uint8_t kAvailable[] = {0x04, 0x22, 0, 1, 0, 0x14, 0x99, 0, 1, 7};

Octets Alert(std::string_view esme_addr) {
  smpp::AlertNotification alert;
  alert.source_addr_ton = alert.source_addr_npi = 1;
  alert.source_addr = "4915112345678";
  alert.esme_addr = esme_addr;
  alert.tlvs = kAvailable;
  return smpp::Encode(alert, ESME_ROK, 77);
}

TEST(Alert, ItReachesTheOwnerOfTheAddressOctetForOctet) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer(), other = rig.Customer("other");
  rig.alpha().Send(Alert("10001"));
  const std::optional<Pdu> got = acme.Next();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->id(), alert_notification);
  const Octets sent = Alert("10001");
  EXPECT_TRUE(
      std::equal(sent.begin() + 16, sent.end(), got->octets.begin() + 16, got->octets.end()));
  EXPECT_FALSE(acme.Next());
  EXPECT_FALSE(other.Next());
  EXPECT_FALSE(rig.alpha().Next()) << "it has no response";
  EXPECT_EQ(rig.Count(Metric::alerts_relayed), 1u);
}

TEST(Alert, NothingWaitsForAnAnswerToIt) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (int n = 0; n < 500; ++n) rig.alpha().Send(Alert("10001"));
  std::uint32_t last = 0;
  for (int n = 0; n < 500; ++n) {
    const std::optional<Pdu> got = acme.Next();
    ASSERT_TRUE(got);
    EXPECT_GT(got->sequence_number(), last);
    last = got->sequence_number();
  }
  rig.network.Advance(std::chrono::seconds(20));
  EXPECT_TRUE(acme.connected());
}

TEST(Alert, WhoCannotTakeItDoesNotGetItLater) {
  RelayRig rig;
  rig.alpha();
  rig.alpha().Send(Alert("10001"));
  SmppPeer old = rig.Customer("acme", bind_transceiver, 0x33);
  rig.alpha().Send(Alert("10001"));
  SmppPeer sender = rig.Customer("acme", bind_transmitter);
  rig.alpha().Send(Alert("10001"));
  rig.alpha().Send(Alert("99999"));
  EXPECT_FALSE(old.Next()) << "v3.3 has none";
  EXPECT_FALSE(sender.Next());
  EXPECT_EQ(rig.Count(Metric::alerts_received), 4u);
  EXPECT_EQ(rig.Count(Metric::alerts_relayed), 0u);
}

TEST(Alert, AMalformedOneIsCountedAndDropped) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  Octets cut = Alert("10001");
  cut.resize(30);
  smpp::WriteU32(cut.data(), 30);
  rig.alpha().Send(cut);
  EXPECT_FALSE(acme.Next());
  EXPECT_FALSE(rig.alpha().Next());
  EXPECT_EQ(rig.Count(Metric::pdu_errors), 1u);
}

// Who does not know the command says so, each time; it has done nothing wrong.
TEST(Alert, WhoAnswersEachWithAGenericNackStays) {
  RelayRig rig;
  rig.alpha();
  SmppPeer acme = rig.Customer();
  for (int n = 0; n < 300; ++n) {
    rig.alpha().Send(Alert("10001"));
    const std::optional<Pdu> got = acme.Next();
    ASSERT_TRUE(got) << n;
    acme.Send(Bare(generic_nack, got->sequence_number(), ESME_RINVCMDID));
  }
  EXPECT_TRUE(acme.connected());
}

}  // namespace
}  // namespace hub::test
