#include "tests/scenario/relay/outbox_rig.h"

#include <unordered_map>

namespace hub::test {

using enum smpp::Status;

void Settle(RelayRig& rig) {
  struct Told {
    std::int32_t tries = 0;
    bool ended = false;
  };
  std::unordered_map<std::uint64_t, Told> told;
  for (const store::ReceiptEndRecord& end : rig.All<store::ReceiptEndRecord>()) {
    Told& one = told[end.receipt_id];
    if (end.end == store::ReceiptEnd::kTriedAgain) one.tries = end.tries;
    one.ended |= end.end != store::ReceiptEnd::kTriedAgain;
  }
  rig.archive.receipts.clear();
  for (const store::ReceiptRecord& each : rig.All<store::ReceiptRecord>()) {
    const Told& one = told[each.receipt_id];
    if (one.ended) continue;
    store::StoredReceipt stored;
    stored.receipt_id = each.receipt_id;
    stored.message_id = each.message_id;
    stored.message_state = each.message_state;
    stored.is_final = each.is_final;
    stored.tries = one.tries;
    stored.pdu.assign(each.pdu.begin(), each.pdu.end());
    rig.archive.receipts.emplace_back(each.client_id, stored);
  }
}

std::vector<std::string> Accepted(RelayRig& rig, SmppPeer& client, std::uint32_t count,
                                  std::uint32_t first) {
  std::vector<std::string> ids;
  for (std::uint32_t n = first; n < first + count; ++n) {
    client.Send(Submit(n + 1));
    rig.alpha().Answer(*rig.alpha().Next(), ESME_ROK, std::to_string(n));
    ids.push_back(client.Next()->message_id());
  }
  return ids;
}

void ReceiptComes(RelayRig& rig, std::uint32_t n) {
  rig.alpha().Send(Receipt(100'000 + n, std::to_string(n), "4915112345678", "ACME"));
  rig.alpha().Next();
}

void ReceiptsWait(RelayRig& rig, std::uint32_t count) {
  for (std::uint32_t n = 1; n <= count; ++n) ReceiptComes(rig, n);
  rig.archive.refresh_receipts = [&rig] { Settle(rig); };
}

}  // namespace hub::test
