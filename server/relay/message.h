// A message of a customer, from its submit to its answer. Owned by the loop of the session it came on.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "protocol/wire/header.h"
#include "server/base/slab.h"
#include "server/base/slot_map.h"
#include "server/relay/snapshot.h"

namespace hub::relay {

/// One route of the plan: what it would cost, fixed when the message was decided.
struct PlannedRoute {
  std::uint32_t supplier = 0;  // index in the message's snapshot
  std::int64_t rate_id = 0;
  Nano rate, cost;
};

struct Message {
  MessageId id = 0;
  SlotId slot = 0;
  SlotId session = 0;
  smpp::CommandId command_id{};
  std::uint32_t sequence_number = 0;  // the customer's
  Slice pdu;
  SnapshotPtr snapshot;
  std::shared_ptr<ClientState> client;
  const store::ClientRow* row = nullptr;  // of the snapshot

  std::string source_addr, destination_addr;  // destination: E.164 digits
  std::uint8_t data_coding = 0, registered_delivery = 0;
  std::int32_t segments = 1;
  std::int64_t network_id = 0;
  std::int64_t sell_rate_id = 0;
  Nano sell_rate, sell_amount;
  std::int64_t script_version = 0;
  std::string decision;

  std::array<PlannedRoute, routing::kPlanMax> plan;
  std::uint8_t plan_count = 0;
  std::uint8_t next_route = 0;  // into plan
  std::uint8_t attempts = 0;    // submits handed to a link
  std::uint8_t same_route = 0;  // times that another link of the same supplier was tried
  smpp::Status last_status = smpp::Status::ESME_RSYSERR;  // what to answer when the plan is used up
  TimePoint give_up{};                                    // while it waits for credit
  std::uint64_t credit_answers =
      0;  // of the account when it began to wait: a new one is worth another look
};

}  // namespace hub::relay
