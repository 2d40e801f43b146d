#include "tests/scenario/relay/kept_rig.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "protocol/pdu/smpp_time.h"
#include "protocol/receipt/receipt.h"

namespace hub::test {

using enum smpp::Status;

store::Catalog Accepting() {
  store::Catalog catalog = TwoSuppliers();
  for (store::ClientRow& client : catalog.clients) client.answer = store::AnswerMode::kAccepted;
  return catalog;
}

store::Catalog AlphaAlone() {
  store::Catalog catalog = Accepting();
  catalog.suppliers[1].enabled = false;
  return catalog;
}

relay::Limits Patient() {
  relay::Limits limits;
  limits.esme.enquire_link_interval = limits.smsc.enquire_link_interval = Duration{0};
  return limits;
}

Octets Timed(std::uint32_t sequence_number, std::string_view schedule_delivery_time,
             std::string_view validity_period, std::uint8_t registered_delivery) {
  smpp::SubmitSm message;
  message.source_addr_ton = 5;
  message.source_addr = "ACME";
  message.dest_addr_ton = message.dest_addr_npi = 1;
  message.destination_addr = "4915112345678";
  message.schedule_delivery_time = schedule_delivery_time;
  message.validity_period = validity_period;
  message.registered_delivery = registered_delivery;
  message.short_message = smpp::AsBytes("hello");
  return smpp::Encode(message, ESME_ROK, sequence_number);
}

std::string To(std::uint32_t n) { return "4915100" + std::to_string(100'000 + n); }

std::string At(WallTime moment) {
  const auto text = smpp::WriteTime(moment);
  return {text.begin(), text.end()};
}

std::string StatIn(const Pdu& receipt) {
  const smpp::MessageView view = receipt.view();
  return std::string(smpp::ReadReceipt(view).stat);
}

KeptRig::KeptRig(store::Catalog catalog, relay::Limits with)
    : RelayRig(std::move(catalog), std::move(with)) {
  archive.refresh = [this] {
    if (!settler.stays_at) archive.messages = Queue();
  };
}

void KeptRig::FreezePostgreSql() {
  archive.refresh();
  settler.stays_at = settler.settled();
}

std::string KeptRig::TakeNext(SmppPeer& supplier) {
  const std::optional<Pdu> submit = supplier.Next();
  if (!submit) return "";
  std::string to(submit->view().destination_addr);
  supplier.Answer(*submit, ESME_ROK, "up");
  return to;
}

std::vector<std::string> KeptRig::TakeAll(SmppPeer& supplier, Duration during) {
  constexpr Duration kStep = std::chrono::milliseconds(10);
  std::vector<std::string> taken;
  for (Duration passed{0}; passed <= during; passed += kStep, network.Advance(kStep)) {
    for (std::string to; !(to = TakeNext(supplier)).empty();) taken.push_back(to);
  }
  std::sort(taken.begin(), taken.end());
  return taken;
}

std::string KeptRig::Accepted(SmppPeer& customer, const Octets& submit) {
  customer.Send(submit);
  const std::optional<Pdu> answer = customer.Next();
  EXPECT_TRUE(answer && answer->status() == ESME_ROK);
  return answer ? answer->message_id() : "";
}

bool KeptRig::Answers(SmppPeer& supplier, smpp::Status status, std::string_view upstream_id) {
  const std::optional<Pdu> submit = supplier.Next();
  if (!submit) return false;
  supplier.Answer(*submit, status, upstream_id);
  return true;
}

SmppPeer& KeptRig::Returns(std::uint16_t port) {
  const auto connects = [&](const ScriptedPeer* each) {
    return each->address().port == port && !each->connected() && !each->close_cause();
  };
  const auto& peers = network.peers();
  for (int second = 0; second < 100 && std::none_of(peers.begin(), peers.end(), connects); ++second)
    network.Advance(std::chrono::seconds(1));
  return Supplier(port);
}

std::vector<store::StoredMessage> KeptRig::Queue() const {
  std::vector<store::StoredMessage> queue;
  for (const store::MessageRecord& each : All<store::MessageRecord>()) {
    if (each.pdu.empty()) continue;
    queue.push_back({each.message_id,
                     each.client_id,
                     std::string(each.message_class),
                     each.rate_id,
                     each.rate,
                     each.amount,
                     each.basis,
                     each.priority,
                     each.accepted_at_us,
                     each.next_at_us,
                     each.expires_at_us,
                     0,
                     0,
                     false,
                     {each.pdu.begin(), each.pdu.end()}});
  }
  for (const store::QueuedRecord& each : All<store::QueuedRecord>()) {
    for (store::StoredMessage& row : queue) {
      if (row.message_id != each.message_id) continue;
      row.next_at_us = each.next_at_us;
      row.cycles = each.cycles;
      row.attempts = each.attempts;
      row.possible_duplicate = each.possible_duplicate;
    }
  }
  for (const store::ReplacedRecord& each : All<store::ReplacedRecord>()) {
    for (store::StoredMessage& row : queue) {
      if (row.message_id != each.message_id) continue;
      row.next_at_us = each.next_at_us;
      row.expires_at_us = each.expires_at_us;
      row.pdu.assign(each.pdu.begin(), each.pdu.end());
    }
  }
  std::set<MessageId> ended;
  for (const store::QueueEndRecord& each : All<store::QueueEndRecord>())
    ended.insert(each.message_id);
  for (const store::LateAnswerRecord& each : All<store::LateAnswerRecord>()) {
    if (each.accepted) ended.insert(each.message_id);
  }
  std::erase_if(queue, [&](const auto& row) { return ended.contains(row.message_id); });
  std::sort(queue.begin(), queue.end(), [](const auto& a, const auto& b) {
    return std::tie(a.next_at_us, a.message_id) < std::tie(b.next_at_us, b.message_id);
  });
  return queue;
}

}  // namespace hub::test
