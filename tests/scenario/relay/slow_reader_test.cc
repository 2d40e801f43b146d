// A client that does not read costs itself only: what waits for it is bounded, then it is closed, and its neighbour does not notice.
#include <gtest/gtest.h>

#include "tests/scenario/relay/relay_rig.h"

namespace hub::test {
namespace {

using namespace std::chrono_literals;
using enum smpp::CommandId;
using enum smpp::Status;

constexpr std::size_t kHigh = 500, kMax = 2'000;

store::Catalog BothReceive() {
  store::Catalog catalog = TwoSuppliers();
  catalog.mo_routes.emplace_back().prefix = "2000";
  catalog.mo_routes.back().client_id = 2;
  for (store::SupplierBindRow& bind : catalog.supplier_binds) bind.window_requests_max = 1'000;
  return catalog;
}

relay::Limits SmallOutput() {
  relay::Limits limits;
  limits.esme.stream.output_octets_high = kHigh;
  limits.esme.stream.output_octets_max = kMax;
  return limits;
}

struct SlowRig : RelayRig {
  SlowRig() : RelayRig(BothReceive(), SmallOutput()) {
    alpha();
    acme = std::make_unique<SmppPeer>(Customer("acme"));
    other = std::make_unique<SmppPeer>(Customer("other"));
    acme->raw().StopReading();
  }
  void SendMo(std::string_view to) {
    alpha().Send(Message(deliver_sm, ++number, "4915112345678", to, "hi"));
  }
  // The neighbour's own message and one for it pass at once.
  void ExpectTheNeighbourLives() {
    other->Send(Submit(++number, 0));
    const std::optional<Pdu> submit = alpha().Next();
    ASSERT_TRUE(submit);
    alpha().Answer(*submit, ESME_ROK, "n-" + std::to_string(number));
    const std::optional<Pdu> answer = other->Next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status(), ESME_ROK);
    SendMo("2000");
    const std::optional<Pdu> mo = other->Next();
    ASSERT_TRUE(mo);
    other->Answer(*mo, ESME_ROK, "");
    const std::optional<Pdu> heard = alpha().Next();
    ASSERT_TRUE(heard);
    EXPECT_EQ(heard->sequence_number(), number);
    EXPECT_EQ(heard->status(), ESME_ROK);
  }

  std::unique_ptr<SmppPeer> acme, other;
  std::uint32_t number = 1'000;
};

TEST(SlowReader, OfItsAnswersIsClosedAndItsNeighbourLives) {
  SlowRig rig;
  for (std::uint32_t n = 2; n < 102; ++n) rig.acme->Send(Submit(n, 0));
  std::vector<Pdu> submits;
  while (const std::optional<Pdu> submit = rig.alpha().Next()) submits.push_back(*submit);
  ASSERT_EQ(submits.size(), 100u) << "a window of them, whose answers are more than it may leave";
  testing::internal::CaptureStderr();
  std::size_t answered = 0;
  for (const Pdu& submit : submits) {
    rig.alpha().Answer(submit, ESME_ROK, "s-" + std::to_string(++answered));
    if (answered % 10 == 0) rig.ExpectTheNeighbourLives();
  }
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_FALSE(rig.acme->connected());
  EXPECT_EQ(rig.acme->raw().close_cause(), net::CloseCause::kOutputLimit);
  EXPECT_EQ(rig.Count(Metric::output_overflow), 1u);
  EXPECT_NE(log.find("ev=output.overflow sess=c-0.1 "), std::string::npos) << log;
  EXPECT_EQ(rig.Count(Metric::binds_esme), 1u);
  EXPECT_TRUE(rig.other->connected());
  // What its supplier took is charged, whether it reads its answer or not.
  EXPECT_EQ(rig.All<store::MessageRecord>().size(), 110u);
  EXPECT_EQ(rig.Count(Metric::messages_in_flight), 0u);
  rig.ExpectMoneyBalances();
  EXPECT_EQ(rig.Customer("acme").connected(), true) << "its place is free";
}

// It is sent no more than its output takes, and the rest is put off: it does not even reach the limit.
TEST(SlowReader, OfItsDeliveriesGetsNoMoreAndItsSupplierKeepsThem) {
  SlowRig rig;
  for (int n = 0; n < 100; ++n) rig.SendMo("1000");
  EXPECT_FALSE(rig.alpha().Next());
  rig.ExpectTheNeighbourLives();
  rig.network.Advance(10s);  // limits.delivery_wait, and response_timeout of what was sent
  std::size_t put_off = 0;
  while (const std::optional<Pdu> answer = rig.alpha().Next()) {
    if (answer->id() == enquire_link) continue;
    EXPECT_EQ(answer->id(), deliver_sm_resp);
    EXPECT_EQ(answer->status(), ESME_RX_T_APPN);
    ++put_off;
  }
  EXPECT_EQ(put_off, 100u);
  EXPECT_TRUE(rig.acme->connected());
  EXPECT_EQ(rig.Count(Metric::output_overflow), 0u);
  rig.ExpectTheNeighbourLives();
}

}  // namespace
}  // namespace hub::test
