// What a supplier is asked to report, and what the client hears of it.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using enum smpp::CommandId;
using enum smpp::Status;

struct AskedUpstream {
  const char* name;
  store::ChargeBasis basis;
  bool refund_on_undelivered;
  std::uint8_t client_asks, supplier_is_asked;
};

void PrintTo(const AskedUpstream& c, std::ostream* os) { *os << c.name; }

class RegisteredDelivery : public testing::TestWithParam<AskedUpstream> {};

// Whoever pays for what is delivered must not get it free by not asking.
TEST_P(RegisteredDelivery, IsAskedOfTheSupplierWhereMoneyHangsOnIt) {
  const AskedUpstream& c = GetParam();
  store::Catalog catalog = TwoSuppliers();
  catalog.decks[0].charge_basis = c.basis;
  catalog.clients[0].refund_on_undelivered = c.refund_on_undelivered;
  RelayRig rig(catalog);
  rig.alpha();
  SmppPeer acme = rig.Customer();
  acme.Send(Submit(2, c.client_asks));
  const Pdu got = *rig.alpha().Next();
  EXPECT_EQ(got.view().registered_delivery, c.supplier_is_asked);
  rig.alpha().Answer(got, ESME_ROK, "1");
  EXPECT_EQ(acme.Next()->status(), ESME_ROK);
  EXPECT_EQ(rig.All<store::MessageRecord>()[0].registered_delivery, c.client_asks);
  rig.alpha().Send(Receipt(900, "1", "4915112345678", "ACME"));
  EXPECT_EQ(acme.Next().has_value(), (c.client_asks & 3) == 1)
      << "the client hears what it asked for";
  // What nobody asked for is not remembered: see unasked_receipts_test.
  const bool is_awaited = c.supplier_is_asked != 0 || c.basis != store::ChargeBasis::kSubmit;
  EXPECT_EQ(rig.All<store::OutcomeRecord>().size(), is_awaited ? 1u : 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Relay, RegisteredDelivery,
    testing::Values(AskedUpstream{"Submit", store::ChargeBasis::kSubmit, false, 0, 0},
                    AskedUpstream{"SubmitFailures", store::ChargeBasis::kSubmit, false, 2, 2},
                    AskedUpstream{"SubmitRefunded", store::ChargeBasis::kSubmit, true, 0, 1},
                    AskedUpstream{"UpstreamAck", store::ChargeBasis::kUpstreamAck, true, 0, 0},
                    AskedUpstream{"Delivered", store::ChargeBasis::kDelivered, false, 0, 1},
                    AskedUpstream{"DeliveredFailures", store::ChargeBasis::kDelivered, false, 2, 1},
                    AskedUpstream{"DeliveredAll", store::ChargeBasis::kDelivered, false, 1, 1},
                    AskedUpstream{"DeliveredIntermediate", store::ChargeBasis::kDelivered, false,
                                  0x10, 0x11}),
    [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace hub::test
