// A message of a customer, from its submit to its answer. Owned by the loop of the session it came on.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "protocol/pdu/message_view.h"
#include "protocol/wire/header.h"
#include "server/base/loop_ptr.h"
#include "server/base/pooled.h"
#include "server/base/reused_text.h"
#include "server/base/slab.h"
#include "server/base/slot_map.h"
#include "server/relay/client/dedupe_key.h"
#include "server/relay/message_class.h"
#include "server/relay/snapshot.h"
#include "server/relay/supplier/sent_as.h"
#include "server/store/records.h"

namespace hub::relay {

/// One route of the plan: what it would cost, fixed when the message was decided.
struct PlannedRoute {
  std::uint32_t supplier = 0;  // index in the message's snapshot
  std::int64_t rate_id = 0;
  Nano rate, cost;
};

/// Submits of one message to suppliers: their number names its rows, and is smallint in PostgreSQL. Beyond, it ends as one
/// whose time is over.
inline constexpr std::uint16_t kAttemptsMax = 32'000;

/// TLVs of a refusal that are kept while its message may go elsewhere. The texts and codes that SMPP knows are some 300 octets.
inline constexpr std::size_t kRefusalTlvOctetsMax = 1'024;

/// Message::unknown of one that PostgreSQL had meanwhile: more than late answers can tell about.
inline constexpr std::uint8_t kUnknownMany = 255;

/// A receipt, an acknowledgement or an intermediate notification is wanted, or decides about money.   SMPP v3.4 §5.2.17
constexpr bool IsAskedFor(std::uint8_t registered_delivery, bool moves_money) {
  return (registered_delivery & 0x1F) != 0 || moves_money;
}

/// Message::patient_with: its patience is not renewed by another route.
inline constexpr std::uint8_t kPatienceEnds = 255;

/// Where a message stands; told apart when what it waits for has come.
enum class Step : std::uint8_t {
  kDeciding,   // until credit is reserved
  kHanding,    // the record of the next attempt is on its way to disk
  kSent,       // with a link
  kBereft,     // its link was lost, and no supplier of its plan has one
  kAccepting,  // its charge is on its way to disk; then ESME_ROK
  kKept,       // ours, waiting for its time or for room at its supplier
};

/// Freed messages whose memory a loop keeps for the next ones: some 12 MiB.
inline constexpr std::size_t kSpareMessagesMax = 16'384;

struct Message final : Pooled<Message, kSpareMessagesMax> {
  MessageId id = 0;
  SlotId slot = 0;
  SlotId session = 0;
  SlotId multi =
      0;  // of the MultiDesk, whose submit_multi it is a part of; 0: a message of its own
  smpp::CommandId command_id{};
  std::uint32_t sequence_number = 0;  // the customer's
  Slice pdu;
  LoopPtr<const Snapshot> snapshot;  // that it is planned with; null while it waits for its time
  LoopPtr<ClientState> client;
  const store::ClientRow* row = nullptr;  // of the snapshot; null too when the client is gone

  std::string source_addr, destination_addr;  // destination: E.164 digits
  std::uint8_t source_ton = 0, source_npi = 0, dest_ton = 0, dest_npi = 0;
  std::uint8_t data_coding = 0, registered_delivery = 0, esm_class = 0;
  std::int32_t segments = 1;
  std::int64_t network_id = 0;
  std::int64_t sell_rate_id = 0;
  Nano sell_rate, sell_amount;
  store::ChargeBasis basis = store::ChargeBasis::kSubmit;
  std::int64_t script_version = 0;
  ReusedText decision;

  std::array<PlannedRoute, routing::kPlanMax> plan;
  std::uint8_t plan_count = 0;
  std::uint8_t next_route = 0;    // into plan
  std::uint16_t attempts = 0;     // submits handed to a link
  std::uint8_t same_route = 0;    // times that another link of the same supplier was tried
  bool again = false;             // the supplier that it is with throttled it
  std::uint8_t patient_with = 0;  // the route (counted from 1) that `patience` is about
  TimePoint patience{};  // until then it stays with a supplier that throttles it or has no room
  bool met_vendor_status =
      false;  // a supplier's status without a rule was taken for temporary once
  Step step = Step::kDeciding;
  bool answered = false;  // the customer has its ESME_ROK, or will have it: the message is ours now
  bool possible_duplicate =
      false;                 // an attempt's outcome is unknown, and the next one may be the second
  std::uint8_t unknown = 0;  // attempts of which nobody knows whether a supplier took it
  bool answer_may_come = false;  // of these, one timed out: see LateAnswer
  bool taken_late = false;  // by an earlier attempt than the one under way: it is not sent again
  bool named_late = false;  // the same, and by the id that came with that: by no other one
  smpp::Status last_status = smpp::Status::ESME_RSYSERR;  // what to answer when the plan is used up
  std::shared_ptr<LinkState> link;  // that the next attempt goes to; its place there is promised
  std::shared_ptr<SupplierState> has_place_at;  // counted in its PlaceShares; null: at none
  Slice for_supplier;  // the next attempt's octets, where its supplier wants other ones than `pdu`
  std::unique_ptr<const SentAs>
      sent_as;  // by that supplier's rules; null: its addresses go as they came
  smpp::Status unfit =
      smpp::Status::ESME_ROK;  // why the first supplier of its plan that cannot be sent it cannot
  bool others =
      false;  // its plan lacks suppliers that are down or drained, or beyond its attempts_max
  TimePoint give_up{};  // while it waits for credit
  // Of the attempt that a supplier took, while its charge is on its way to disk: by what its receipts are known, canonical.
  std::string upstream_key;
  // Its end, or that of the one that took it late: receipts are waited for from then on.
  WallTime taken_at{};
  WallTime
      accepted_at{};  // as its row says; the time within a short id may be another, see ShortIdSource
  // For the client: of the supplier that took it, else those that came with last_status.
  Slice response_tlvs;
  std::uint64_t credit_answers =
      0;  // of the account when it began to wait: a new one is worth another look

  std::uint64_t parts_key = 0;  // of a part of a concatenated message: routing::RoutingKey, never 0

  std::optional<DedupeKey> dedupe_key;  // of a client with a window

  // Of a message that is ours (answer = accepted):
  MessageClass message_class{};
  std::uint8_t priority = 0;  // 0 first
  std::int32_t cycles = 0;    // times that all routes were tried
  WallTime next_at{}, expires_at{};

  /// What the PDU says of itself.
  void TakeView(const smpp::MessageView& view);
  /// What its client is answered if nobody else takes it. `tlvs` are the supplier's, whole ones: those for the next hop are copied, since the
  /// message may wait. Not where the client has its ESME_ROK, or hears of all destinations at once. False: they are more than
  /// kRefusalTlvOctetsMax, and not kept.
  bool NoteRefusal(smpp::Status status, smpp::Bytes tlvs = {});
  /// It has no destination, and no view: see Flow::OnBroadcast.
  bool is_broadcast() const { return command_id == smpp::CommandId::broadcast_sm; }
  const store::SupplierRow& SupplierOf(const PlannedRoute& route) const {
    return snapshot->catalog->suppliers[route.supplier];
  }
  const SupplierEntry& LinksOf(const PlannedRoute& route) const {
    return snapshot->suppliers[route.supplier];
  }
  /// The loop that matches the supplier's receipts.
  unsigned HomeOf(const PlannedRoute& route) const {
    return snapshot->suppliers[route.supplier].state->home;
  }
  /// A receipt may charge, release or refund: see store::OutcomeRecord::moves_money. `of_client` is null when it is gone.
  bool MovesMoney(const store::ClientRow* of_client) const {
    return basis != store::ChargeBasis::kSubmit ||
           (of_client != nullptr && of_client->refund_on_undelivered);
  }
  /// A receipt of this route's supplier, which took it, may come, and will find it. Of the many that nobody wants one of, none is
  /// remembered, as long as the supplier keeps to what it is asked for. A broadcast has no field to ask in.
  bool AwaitsReceipt(const PlannedRoute& route) const;
  /// What the supplier is asked for. Where a receipt decides about money it is asked for, whatever the client wants to hear.
  std::uint8_t RegisteredDeliveryUpstream() const {
    if (basis == store::ChargeBasis::kUpstreamAck || !MovesMoney(row)) return registered_delivery;
    return static_cast<std::uint8_t>((registered_delivery & ~0x03) | 0x01);
  }
};

}  // namespace hub::relay
