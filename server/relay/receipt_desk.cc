#include "server/relay/receipt_desk.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "protocol/receipt/id_form.h"
#include "protocol/receipt/rewrite.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

using smpp::Status;

smpp::IdProfile ProfileOf(store::IdForm form) {
  switch (form) {
    case store::IdForm::kSame:
      return smpp::IdProfile::same;
    case store::IdForm::kHexToDec:
      return smpp::IdProfile::hex_to_dec;
    case store::IdForm::kDecToHex:
      return smpp::IdProfile::dec_to_hex;
    case store::IdForm::kAuto:
      break;
  }
  return smpp::IdProfile::automatic;
}

std::string KeyOf(std::int64_t supplier_id, std::string_view canonical_id) {
  std::string key(sizeof supplier_id, '\0');
  std::memcpy(key.data(), &supplier_id, sizeof supplier_id);
  return key.append(canonical_id);
}

// Whether the receipt speaks of this number: its source, or its destination where a supplier does not swap them.
bool IsAbout(const ReceiptJob& job, std::string_view number) {
  smpp::MessageView view;
  if (smpp::ViewMessage(job.origin.command_id, job.pdu.bytes(), view) != Status::ESME_ROK)
    return false;
  for (std::string_view address : {view.source_addr, view.destination_addr}) {
    if (address.starts_with('+')) address.remove_prefix(1);
    if (address.starts_with("00")) address.remove_prefix(2);
    if (address == number) return true;
  }
  return false;
}

// What the client asked for.                                                 SMPP v3.4 §5.2.17, v5.0 §4.7.21
bool Wanted(std::uint8_t registered_delivery, smpp::MessageState state) {
  if (!smpp::IsFinal(state)) return (registered_delivery & 0x10) != 0;
  const bool delivered =
      state == smpp::MessageState::DELIVERED || state == smpp::MessageState::ACCEPTED;
  switch (registered_delivery & 0x03) {
    case 1:
      return true;
    case 2:
      return !delivered;
    case 3:
      return delivered;
    default:
      return false;
  }
}

}  // namespace

ReceiptDesk::ReceiptDesk(Context& context, Records& records, ReceiptRoutes& routes)
    : context_(context),
      records_(records),
      routes_(routes),
      park_timer_(context.network.timers(), [this] { DropExpired(); }) {}

void ReceiptDesk::OnCorrelate(Correlate correlate) {
  const smpp::IdText id =
      smpp::CanonicalId(ProfileOf(correlate.id_form), correlate.upstream_id, false);
  Key key = KeyOf(correlate.supplier_id, id.view());
  // Suppliers reuse ids after a while: the newest message has it.
  order_.emplace_back(key, correlate.message_id);
  waiting_.insert_or_assign(
      key, Waiting{correlate.message_id, std::move(correlate.client), correlate.registered_delivery,
                   std::move(correlate.destination_addr)});
  DropOldest();
  context_.metrics.Set(Metric::receipts_correlated, static_cast<std::int64_t>(waiting_.size()));
  if (parked_now_ != 0) Unpark(key);
}

void ReceiptDesk::DropOldest() {
  const std::size_t max = context_.limits.receipts_correlated_max;
  while (!order_.empty()) {
    const auto& [key, message_id] = order_.front();
    const auto found = waiting_.find(key);
    const bool lives = found != waiting_.end() && found->second.message_id == message_id;
    // The second limit bounds the list itself, in which the ones already done stand until their turn comes.
    if (lives && waiting_.size() <= max && order_.size() <= 2 * max) return;
    if (lives) {
      waiting_.erase(found);
      context_.metrics.Add(Metric::receipts_forgotten);
    }
    order_.pop_front();
  }
}

// --- a receipt -------------------------------------------------------------------------------------------------

std::vector<ReceiptDesk::Key> ReceiptDesk::KeysOf(const ReceiptJob& job) const {
  std::vector<Key> keys;
  smpp::MessageView view;
  if (smpp::ViewMessage(job.origin.command_id, job.pdu.bytes(), view) != Status::ESME_ROK)
    return keys;
  const smpp::Receipt receipt = smpp::ReadReceipt(view);
  // The TLV's id first; some suppliers write another form of it into the text.
  for (const std::string_view text : {receipt.id, receipt.fields.id.value}) {
    if (text.empty()) continue;
    for (const smpp::IdText& id : smpp::ReceiptIdCandidates(ProfileOf(job.id_form), text)) {
      Key key = KeyOf(job.supplier_id, id.view());
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
    }
  }
  return keys;
}

ReceiptDesk::Waiting* ReceiptDesk::Find(const std::vector<Key>& keys, const ReceiptJob& job,
                                        Key* hit) {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto it = waiting_.find(keys[i]);
    if (it == waiting_.end() || (i > 0 && !IsAbout(job, it->second.destination_addr))) continue;
    *hit = keys[i];
    return &it->second;
  }
  return nullptr;
}

void ReceiptDesk::OnReceipt(ReceiptJob job) {
  context_.metrics.Add(Metric::receipts_received);
  std::vector<Key> keys = KeysOf(job);
  Key key;
  if (Waiting* waiting = Find(keys, job, &key)) return Handle(job, key, *waiting);
  Park(std::move(job), std::move(keys));
}

void ReceiptDesk::Handle(const ReceiptJob& job, const Key& key, Waiting& waiting) {
  smpp::MessageView view;
  if (smpp::ViewMessage(job.origin.command_id, job.pdu.bytes(), view) != Status::ESME_ROK) return;
  const smpp::Receipt receipt = smpp::ReadReceipt(view);
  const bool final = smpp::IsFinal(receipt.state) && !view.is_intermediate();
  if (final && !waiting.outcome_known) {
    waiting.outcome_known = true;
    records_.Outcome(waiting.message_id, job.supplier_id, static_cast<std::uint8_t>(receipt.state),
                     receipt.err);
  }
  if (!Wanted(waiting.registered_delivery, receipt.state)) {
    context_.metrics.Add(Metric::receipts_not_wanted);
    return Answer(job, Status::ESME_ROK);
  }
  if (final && waiting.delivering)
    return Answer(job, Status::ESME_RX_T_APPN);  // the first one decides
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, waiting.message_id).ptr;
  smpp::ReceiptRewrite rewrite;
  rewrite.message_id = {digits, end};
  const std::vector<std::uint8_t> pdu = smpp::RewriteReceipt(view, job.pdu.bytes(), rewrite);
  if (pdu.empty())
    return Answer(job, Status::ESME_RX_P_APPN);  // an id that can stand nowhere in it
  DeliverJob delivery;
  delivery.client = waiting.client;
  delivery.pdu = Slice::CopyOf(pdu);
  delivery.command_id = job.origin.command_id;
  delivery.origin = job.origin;
  delivery.is_receipt = true;
  delivery.is_final = final;
  delivery.home = context_.loop;
  delivery.key = key;
  delivery.message_id = waiting.message_id;
  waiting.delivering = final;
  routes_.SendDelivery(std::move(delivery));
}

void ReceiptDesk::OnDelivered(const ReceiptDelivered& delivered) {
  const auto found = waiting_.find(delivered.key);
  const bool lives = found != waiting_.end() && found->second.message_id == delivered.message_id;
  if (lives && delivered.is_final) found->second.delivering = false;
  if (delivered.status != Status::ESME_ROK)
    return context_.metrics.Add(Metric::receipts_refused_by_client);
  context_.metrics.Add(Metric::receipts_delivered);
  // The final one is done: a second one finds nothing, waits its time and is answered and dropped.
  if (lives && delivered.is_final) waiting_.erase(found);
  context_.metrics.Set(Metric::receipts_correlated, static_cast<std::int64_t>(waiting_.size()));
}

void ReceiptDesk::Answer(const ReceiptJob& job, Status status) {
  routes_.SendAnswer({job.origin, status});
}

// --- receipts before their response ----------------------------------------------------------------------------

void ReceiptDesk::Park(ReceiptJob job, std::vector<Key> keys) {
  if (parked_now_ >= context_.limits.receipts_parked_max) {
    context_.metrics.Add(Metric::receipts_park_full);
    return Answer(job, Status::ESME_RX_T_APPN);
  }
  context_.metrics.Add(Metric::receipts_parked);
  auto parked = std::make_shared<Parked>();
  // A parked receipt may wait for seconds: it must not hold a whole read buffer.
  job.pdu = Slice::CopyOf(job.pdu.bytes());
  parked->job = std::move(job);
  parked->keys = std::move(keys);
  parked->give_up = context_.now() + context_.limits.receipt_park;
  for (const Key& key : parked->keys) parked_by_key_.emplace(key, parked);
  parked_.push_back(std::move(parked));
  context_.metrics.Set(Metric::receipts_parked_now, static_cast<std::int64_t>(++parked_now_));
  if (!park_timer_.armed()) park_timer_.Start(context_.limits.receipt_park);
}

void ReceiptDesk::Forget(Parked& parked) {
  parked.done = true;
  for (const Key& key : parked.keys) {
    auto [it, end] = parked_by_key_.equal_range(key);
    while (it != end) it = it->second.get() == &parked ? parked_by_key_.erase(it) : std::next(it);
  }
  context_.metrics.Set(Metric::receipts_parked_now, static_cast<std::int64_t>(--parked_now_));
}

void ReceiptDesk::Unpark(const Key& key) {
  std::vector<std::shared_ptr<Parked>> matching;
  for (auto [it, end] = parked_by_key_.equal_range(key); it != end; ++it)
    matching.push_back(it->second);
  for (const std::shared_ptr<Parked>& parked : matching) {
    Key hit;
    Waiting* waiting = Find(parked->keys, parked->job, &hit);
    if (waiting == nullptr) continue;
    Forget(*parked);
    Handle(parked->job, hit, *waiting);
  }
}

void ReceiptDesk::DropExpired() {
  const TimePoint now = context_.now();
  while (!parked_.empty() && (parked_.front()->done || parked_.front()->give_up <= now)) {
    const std::shared_ptr<Parked> oldest = std::move(parked_.front());
    parked_.pop_front();
    if (oldest->done) continue;
    Forget(*oldest);
    context_.metrics.Add(Metric::receipts_unknown);
    Log(Event::receipt_unknown, {{"supplier", oldest->job.supplier_id}});
    Answer(oldest->job, Status::ESME_ROK);  // it would only come again; never to a guessed client
  }
  if (!parked_.empty()) park_timer_.Start(parked_.front()->give_up - now);
}

}  // namespace hub::relay
