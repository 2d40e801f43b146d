#include "tests/scenario/relay/late_rig.h"

#include <gtest/gtest.h>

#include <utility>

namespace hub::test {

using enum smpp::Status;
using namespace std::chrono_literals;

store::Catalog Resending(store::Catalog catalog) {
  for (store::SupplierRow& supplier : catalog.suppliers)
    supplier.on_unknown = store::OnUnknown::kResend;
  return catalog;
}

LateRig::LateRig(store::Catalog catalog, relay::Limits with)
    : KeptRig(std::move(catalog), std::move(with)) {
  alpha();
  if (relay->front().snapshot()->catalog->suppliers[1].enabled) beta();
}

Pdu LateRig::TimedOut(std::uint32_t sequence_number) {
  id = Accepted(acme, Submit(sequence_number));
  const Pdu submit = *alpha().Next();
  network.Advance(10s);
  return submit;
}

bool LateRig::IsHeld() const {
  const auto queue = Queue();
  return queue.size() == 1 && queue[0].next_at_us == kHeld;
}

void LateRig::SendReceipt(SmppPeer& supplier, std::string_view upstream_id) {
  supplier.Send(Receipt(900, upstream_id, kNumber, "ACME"));
  network.RunUntilQuiet();
}

void LateRig::ExpectToldOnce(std::string_view stat) {
  const std::optional<Pdu> told = acme.Next();
  ASSERT_TRUE(told);
  EXPECT_EQ(told->receipt_id(), id);
  EXPECT_EQ(StatIn(*told), stat);
  acme.Answer(*told, ESME_ROK, "");
  ExpectNothingMore();
  EXPECT_EQ(All<store::OutcomeRecord>().size(), 1u);
}

void LateRig::ExpectNothingMore() {
  network.Advance(49h);  // its time to live is over, too
  EXPECT_FALSE(acme.Next());
  EXPECT_FALSE(NextSubmit(alpha()));
  EXPECT_TRUE(Queue().empty());
  ExpectMoneyBalances();
}

bool LateRig::NextSubmit(SmppPeer& supplier) {
  while (const std::optional<Pdu> pdu = supplier.Next()) {
    if (pdu->id() == smpp::CommandId::submit_sm) return true;
  }
  return false;
}

}  // namespace hub::test
