#include "tests/scenario/relay/change_rig.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/pdu/cancel_sm.h"
#include "protocol/pdu/replace_sm.h"

namespace hub::test {

relay::Limits NoRoomForLater() {
  relay::Limits limits = Patient();
  limits.kept_messages_max = 2;
  return limits;
}

std::string InAnHour(const KeptRig& rig) { return At(rig.wall_now() + std::chrono::hours(1)); }

Octets Cancel(std::uint32_t sequence_number, std::string_view message_id,
              std::string_view source_addr, std::string_view destination_addr) {
  smpp::CancelSm cancel;
  cancel.message_id = message_id;
  cancel.source_addr_ton = 5;
  cancel.source_addr = source_addr;
  cancel.dest_addr_ton = cancel.dest_addr_npi = 1;
  cancel.destination_addr = destination_addr;
  return smpp::Encode(cancel, smpp::Status::ESME_ROK, sequence_number);
}

Octets Otherwise(std::uint32_t sequence_number, std::string_view message_id,
                 std::string_view validity_period) {
  smpp::ReplaceSm replace;
  replace.message_id = message_id;
  replace.source_addr_ton = 5;
  replace.source_addr = "ACME";
  replace.validity_period = validity_period;
  replace.short_message = smpp::AsBytes("other");
  return smpp::Encode(replace, smpp::Status::ESME_ROK, sequence_number);
}

void ExpectCancelAnswer(SmppPeer& peer, std::uint32_t sequence_number, smpp::Status status) {
  const std::optional<Pdu> answer = peer.Next();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->octets, Bare(smpp::CommandId::cancel_sm_resp, sequence_number, status));
}

ChangeRig::ChangeRig(store::Catalog catalog, relay::Limits with)
    : KeptRig(std::move(catalog), std::move(with)) {
  archive.refresh = [this, queue = archive.refresh] {
    queue();
    if (!settler.stays_at) Show();
  };
}

// What the journal says of messages that are ours.
void ChangeRig::Show() {
  archive.changeable = shown;
  for (const store::MessageRecord& each : All<store::MessageRecord>()) {
    store::ChangeableMessage message;
    message.message_id = each.message_id;
    message.client_id = each.client_id;
    message.source_addr = each.source_addr;
    message.source_addr_ton = each.source_addr_ton;
    message.source_addr_npi = each.source_addr_npi;
    message.registered_delivery = each.registered_delivery;
    message.data_coding = each.data_coding;
    message.esm_class = each.esm_class;
    message.segments = each.segments;
    message.dedupe_key = each.dedupe_key;
    message.is_broadcast = each.message_class == store::kBroadcastClass;
    for (const store::StoredMessage& row : archive.messages) {
      if (row.message_id != each.message_id) continue;
      message.queued = true;
      if (row.next_at_us != INT64_MAX) message.waits = row;
    }
    ShowAttempts(&message);
    const auto ends = All<store::OutcomeRecord>();
    message.is_final = std::any_of(ends.begin(), ends.end(), [&](const auto& end) {
      return end.message_id == each.message_id;
    });
    archive.changeable.push_back(std::move(message));
  }
}

// A late answer makes an attempt one that was taken, or not.
void ChangeRig::ShowAttempts(store::ChangeableMessage* message) const {
  const auto late_answers = All<store::LateAnswerRecord>();
  int maybe = 0;
  for (const store::AttemptRecord& attempt : All<store::AttemptRecord>()) {
    if (attempt.message_id != message->message_id) continue;
    const auto late = std::find_if(
        late_answers.begin(), late_answers.end(), [&](const store::LateAnswerRecord& each) {
          return each.message_id == attempt.message_id && each.attempt_no == attempt.attempt_no;
        });
    const bool answered_late = late != late_answers.end();
    const bool taken =
        answered_late ? late->accepted : attempt.result == store::AttemptResult::kAccepted;
    const bool unknown = !answered_late && (attempt.result == store::AttemptResult::kTimeout ||
                                            attempt.result == store::AttemptResult::kLinkLost);
    maybe += taken || unknown;
    if (!taken) continue;
    message->supplier_id = attempt.supplier_id;
    message->upstream_id = answered_late ? late->upstream_id : attempt.upstream_id;
  }
  message->maybe_elsewhere = maybe > 1;
}

store::ChangeableMessage ChangeRig::Changeable(std::uint32_t n) const {
  store::ChangeableMessage message;
  message.message_id = MadeBy(1, n);
  message.client_id = 1;
  message.source_addr = "ACME";
  message.source_addr_ton = 5;
  message.registered_delivery = 1;
  return message;
}

store::ChangeableMessage ChangeRig::AtAlpha() const {
  store::ChangeableMessage message = Changeable(1);
  message.supplier_id = 101;
  message.upstream_id = "0A1B";
  return message;
}

std::optional<Pdu> ChangeRig::Relayed() {
  network.Advance(kSettled);
  return alpha().Next();
}

std::string ChangeRig::Spilled(SmppPeer& customer, const Octets& submit) {
  const std::uint64_t before = Count(Metric::kept_spilled);
  Accepted(customer, Timed(900, At(wall_now() + std::chrono::hours(1)), "", 0));
  std::string id = Accepted(customer, submit);
  EXPECT_EQ(Count(Metric::kept_spilled), before + 1);
  return id;
}

MessageId ChangeRig::MadeBy(unsigned node, std::uint32_t n) const {
  return MessageIdSource(node, 0, 0).Next(wall_now() - std::chrono::hours(n));
}

}  // namespace hub::test
