#include "server/relay/attempts.h"

#include <algorithm>

#include "protocol/receipt/id_form.h"
#include "server/base/crash_point.h"
#include "server/relay/receipts/id_profile.h"
#include "server/relay/supplier/broadcast_rewrite.h"
#include "server/relay/supplier/fitness.h"
#include "server/relay/supplier/link_choice.h"
#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {
namespace {

using smpp::Status;

void AskForReceipt(Slice& pdu, smpp::CommandId id, const Message& message) {
  const std::uint8_t asked = message.RegisteredDeliveryUpstream();
  if (asked == message.registered_delivery) return;
  smpp::MessageView view;
  if (smpp::ViewMessage(id, pdu.bytes(), view) != Status::ESME_ROK) return;
  pdu.data()[view.offsets.registered_delivery] = asked;
}

Rewritten RewriteFor(const Message& message, const store::SupplierProfile* profile,
                     bool takes_tlvs) {
  if (message.is_broadcast()) return RewriteBroadcast(profile, message.pdu.bytes());
  if (SendsAsItCame(profile, takes_tlvs)) return {};
  smpp::MessageView view;
  const Status status = smpp::ViewMessage(message.command_id, message.pdu.bytes(), view);
  if (status != Status::ESME_ROK) return {status, {}, {}};
  return RewriteSubmit(profile, takes_tlvs, view);
}

// Handed, and then an earlier attempt turned out to have been taken.
SubmitResult NotSent(SlotId slot, WallTime at) {
  SubmitResult result;
  result.message = slot;
  result.sent_at = result.ended_at = at;
  return result;
}

// Over any of its links, up or not.
bool MayHaveIt(const Message& message, const SupplierEntry& supplier) {
  smpp::MessageView view;
  return smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) == Status::ESME_ROK &&
         JudgeFit(supplier, view) != routing::Drop::kunfit;
}

// Nobody knows whether its supplier has it. A client that waits for the answer decides itself after a timeout, and after a lost
// link if the supplier's on_link_lost or its own says so; what is ours goes by the supplier's on_unknown. What is sent again is marked as
// a possible duplicate. No broadcast is: two of them would be on the air, and the client could name one.
// client: as it is now, or as it was when it submitted, if it is gone; null for a message of ours alone.
bool IsSentAgain(const Message& message, const store::ClientRow* client,
                 const store::SupplierRow& supplier, bool link_lost) {
  if (message.is_broadcast()) return false;
  if (message.answered) return supplier.on_unknown == store::OnUnknown::kResend;
  if (client != nullptr && client->on_link_lost == store::OnLinkLost::kFail) return false;
  return link_lost && supplier.on_link_lost == store::OnLinkLost::kResend;
}

}  // namespace

SlotId Attempts::Insert(std::unique_ptr<Message> message) {
  Message& stays = *message;
  stays.slot = messages_.Insert(std::move(message));
  context_.metrics.Set(Metric::messages_in_flight, static_cast<std::int64_t>(messages_.size()));
  return stays.slot;
}

Message* Attempts::Find(SlotId slot) {
  std::unique_ptr<Message>* found = messages_.Find(slot);
  return found == nullptr ? nullptr : found->get();
}

std::unique_ptr<Message> Attempts::Take(SlotId slot) {
  std::unique_ptr<Message> message = messages_.Take(slot);
  if (message != nullptr) LeavePlace(*message);
  context_.metrics.Set(Metric::messages_in_flight, static_cast<std::int64_t>(messages_.size()));
  return message;
}

// --- out -------------------------------------------------------------------------------------------------------

// A reload may have put other links in the place of those that the message was planned with, or taken the supplier away.
const SupplierEntry& Attempts::LinksOf(const Message& message, const PlannedRoute& route) const {
  if (message.snapshot == in_force_) return message.LinksOf(route);
  static const SupplierEntry kGone{std::make_shared<SupplierState>(), {}, {}};
  const SupplierEntry* found = in_force_->SupplierOf(message.SupplierOf(route).supplier_id);
  return found == nullptr ? kGone : *found;
}

const store::SupplierRow& Attempts::RowOf(const Message& message, const PlannedRoute& route) const {
  const store::SupplierRow& planned = message.SupplierOf(route);
  if (message.snapshot == in_force_) return planned;
  const auto found = in_force_->supplier_by_id.find(planned.supplier_id);
  return found == in_force_->supplier_by_id.end() ? planned
                                                  : in_force_->catalog->suppliers[found->second];
}

void Attempts::LeavePlace(Message& message) {
  if (message.has_place_at == nullptr) return;
  message.has_place_at->shares.Leave(message.client->client_id);
  message.has_place_at.reset();
}

// Parts on one link stay in order.
void Attempts::NoteParts(const Message& message, const PlannedRoute& route) {
  if (message.parts_key == 0) return;
  context_.parts.Note(message.parts_key,
                      {message.SupplierOf(route).supplier_id, message.link.get()}, context_.now());
}

void Attempts::Start(Message& message) {
  if (message.taken_late) return events_.OnFailed(message, Failure::kUsedUp);
  const auto pin = PinOf(message);
  bool follows = pin && Follow(message, *pin);
  if (!follows) SkipPaused(message);
  while (message.next_route < message.plan_count && message.attempts < kAttemptsMax) {
    const PlannedRoute& route = message.plan[message.next_route++];
    const SupplierEntry& supplier = LinksOf(message, route);
    message.link = LinkFor(message, supplier, follows ? &*pin : nullptr);
    if (message.link != nullptr) {
      if (Prepare(message, supplier)) return Hand(message, route);
      message.link.reset();
    } else if (message.answered && IsOpen(supplier)) {
      --message.next_route;
      return events_.OnNoRoom(message);
    } else if (follows) {
      break;  // its client sends it again, and the message stays whole
    }
    message.again = follows = false;
  }
  if (message.unfit != Status::ESME_ROK && NobodyCanHaveIt(message)) {
    if (message.attempts == 0) message.NoteRefusal(message.unfit);
    return events_.OnFailed(message, Failure::kPermanent);
  }
  if (!message.answered && message.attempts > 0 && HasPatience(message) && NobodyIsOpen(message))
    return AwaitLink(message);
  const bool full = message.attempts == 0 && SomebodyIsUp(message);
  if (full) message.NoteRefusal(Status::ESME_RTHROTTLED);
  events_.OnFailed(message, full ? Failure::kFull : Failure::kUsedUp);
}

std::shared_ptr<LinkState> Attempts::LinkFor(const Message& message, const SupplierEntry& supplier,
                                             const PartPins::Pin* pin) const {
  const WaitsIn waits_in = message.answered ? WaitsIn::kLane : WaitsIn::kQueue;
  if (pin != nullptr)
    return FollowLink(supplier, waits_in, context_.loop, context_.limits, pin->link, message.again);
  const std::uint8_t version_min = message.is_broadcast() ? kBroadcastVersion : std::uint8_t{0};
  std::shared_ptr<LinkState> link =
      ChooseLink(supplier, waits_in, context_.loop, context_.limits, version_min);
  const bool in_short_supply = link == nullptr || IsShort(*link);
  if (in_short_supply && !message.answered && !HasShareOf(message, supplier, link.get()))
    link.reset();
  return link;
}

// Here and not where it is sent: who cannot be sent it must not stand in the journal as somebody who may have it. The
// message's own octets stay as they came, for the next supplier may want them so.
bool Attempts::Prepare(Message& message, const SupplierEntry& supplier) {
  const LinkState& link = *message.link;
  message.sent_as.reset();
  if (supplier.profile == nullptr && link.row.interface_version >= kTlvVersion) return true;
  const store::SupplierProfile* profile = supplier.profile.get();
  Rewritten rewritten = RewriteFor(message, profile, TakesTlvs(profile, link));
  message.for_supplier = std::move(rewritten.pdu);
  message.sent_as = std::move(rewritten.sent_as);
  if (rewritten.status == Status::ESME_ROK) return true;
  context_.metrics.Add(Metric::submits_unfit);
  if (message.unfit == Status::ESME_ROK) message.unfit = rewritten.status;
  return false;
}

// Those that the plan lacks may come back, or get their turn when it is made anew: only time tells.
bool Attempts::NobodyCanHaveIt(const Message& message) const {
  const auto begin = message.plan.begin();
  return !message.others &&
         std::none_of(begin, begin + message.plan_count, [&](const PlannedRoute& route) {
           return MayHaveIt(message, LinksOf(message, route));
         });
}

// Who was throttled stays with its supplier; others need not wait for a pause when somebody else takes them now.
void Attempts::SkipPaused(Message& message) const {
  const auto next = message.plan.begin() + message.next_route;
  const auto end = message.plan.begin() + message.plan_count;
  if (message.again || next >= end) return;
  const auto flowing = std::find_if(
      next, end, [&](const PlannedRoute& route) { return IsFlowing(LinksOf(message, route)); });
  if (flowing != end) PutNext(message, static_cast<std::uint8_t>(flowing - message.plan.begin()));
}

// Those that stood before it come behind it: they are routes still.
void Attempts::PutNext(Message& message, std::uint8_t route) {
  if (route == message.next_route) return;
  const auto first = message.plan.begin();
  std::rotate(first + message.next_route, first + route, first + route + 1);
  if (message.patient_with == message.next_route + 1) message.patient_with = 0;  // was another's
}

bool Attempts::SomebodyIsUp(const Message& message) const {
  for (std::uint8_t i = 0; i < message.plan_count; ++i) {
    if (LinksOf(message, message.plan[i]).state->links_up.load(std::memory_order_relaxed) != 0)
      return true;
  }
  return false;
}

bool Attempts::NobodyIsOpen(const Message& message) const {
  for (std::uint8_t i = 0; i < message.plan_count; ++i) {
    if (IsOpen(LinksOf(message, message.plan[i]))) return false;
  }
  return true;
}

// Its client still waits for an answer: a supplier that comes back within the time that it may take to answer gets it yet.
void Attempts::AwaitLink(Message& message) {
  message.step = Step::kBereft;
  message.patient_with = kPatienceEnds;
  message.next_route = 0;
  bereft_.push_back(message.slot);
  if (!bereft_timer_.armed()) bereft_timer_.Start(kLooksEvery);
}

void Attempts::LookForLinks() {
  for (const SlotId slot : std::exchange(bereft_, {})) {
    Message* message = Find(slot);
    if (message == nullptr) continue;
    if (HasPatience(*message) && NobodyIsOpen(*message)) {
      bereft_.push_back(slot);
    } else if (HasPatience(*message)) {
      Start(*message);
    } else {
      events_.OnFailed(*message, Failure::kUsedUp);
    }
  }
  if (!bereft_.empty()) bereft_timer_.Start(kLooksEvery);
}

void Attempts::Hand(Message& message, const PlannedRoute& route) {
  if (message.patient_with != message.next_route && message.patient_with != kPatienceEnds) {
    message.patient_with = message.next_route;
    message.patience =
        context_.now() + std::chrono::milliseconds(message.SupplierOf(route).response_timeout_ms);
  }
  message.link->promised.fetch_add(1, std::memory_order_relaxed);
  if (!message.answered && IsShort(*message.link)) {
    message.has_place_at = LinksOf(message, route).state;
    message.has_place_at->shares.Enter(message.client->client_id);
  }
  NoteParts(message, route);
  records_.Handed(message, route);
  if (++message.attempts > 1)
    context_.metrics.Add(message.again ? Metric::throttle_retries : Metric::failovers);
  message.step = Step::kHanding;
  records_.Then(*this, message.slot);
}

void Attempts::OnDurable(std::uint64_t slot) {
  Message* message = Find(slot);
  if (message == nullptr) return;
  Pass(CrashPoint::relay_before_supplier_write);
  if (!message->taken_late) return Send(*message);
  message->link->promised.fetch_sub(1, std::memory_order_relaxed);
  message->link.reset();
  OnJobEnd(NotSent(slot, context_.wall_now()));
}

void Attempts::Send(Message& message) {
  message.step = Step::kSent;
  SubmitJob job;
  job.client_loop = context_.loop;
  job.message = message.slot;
  job.link = std::move(message.link);
  job.command_id = message.command_id;
  if (message.for_supplier.empty()) {
    // A link that failed may still hold the octets: a second attempt sends a copy, so that nobody patches under it.
    job.pdu = message.attempts > 1 ? Slice::CopyOf(message.pdu.bytes()) : message.pdu;
  } else {
    job.pdu = std::exchange(message.for_supplier, Slice());
    job.command_id =
        smpp::ReadHeader(job.pdu.data()).command_id;  // a data_sm may have become a submit_sm
    context_.metrics.Add(Metric::submits_rewritten);
  }
  AskForReceipt(job.pdu, job.command_id, message);
  job.again = message.again;
  job.age = message.id;
  const PlannedRoute& route = message.plan[message.next_route - 1];
  job.attempt_no = message.attempts;
  job.cost = route.cost;
  job.ours = message.answered;
  job.resolves_hold = message.answered && message.basis == store::ChargeBasis::kUpstreamAck;
  if (message.again) job.give_up = message.patience;
  sender_.SendJob(std::move(job));
}

// The link failed, not the supplier: its other binds may do as well, and cost the same.
void Attempts::TrySameRoute(Message& message) const {
  if (HasPatience(message) && message.same_route++ < kSameRouteTriesMax) --message.next_route;
}

// --- back ------------------------------------------------------------------------------------------------------

void Attempts::OnJobEnd(SubmitResult&& result) {
  Message* found = Find(result.message);
  if (found == nullptr) return context_.metrics.Add(Metric::answers_too_late);
  Pass(CrashPoint::relay_supplier_response);
  Message& message = *found;
  LeavePlace(message);
  const PlannedRoute route = message.plan[message.next_route - 1];
  const store::SupplierRow& supplier = RowOf(message, route);
  const bool taken = result.end == JobEnd::kAnswered && result.status == Status::ESME_ROK;
  // Once for memory and PostgreSQL: a reload between the two must not make two keys of one id.
  message.upstream_key.clear();
  if (taken && TakesName(message) && !result.upstream_id.empty())
    message.upstream_key =
        smpp::CanonicalId(ProfileOf(supplier.id_form), result.upstream_id, false).view();
  records_.Attempted(message, route, result, message.upstream_key);
  // Its place before others is with the supplier that throttled it, until that says something else.
  message.again = message.again && result.end == JobEnd::kNotSent && HasPatience(message);
  switch (result.end) {
    case JobEnd::kNotSent:
      if (message.attempts == 1) message.NoteRefusal(Status::ESME_RMSGQFUL);
      TrySameRoute(message);
      return Start(message);
    case JobEnd::kTimeout:
      return OnUnknown(message, supplier, false);
    case JobEnd::kLinkLost:
      return OnUnknown(message, supplier, true);
    case JobEnd::kAnswered:
      break;
  }
  if (taken) return events_.OnTaken(message, route, result);
  context_.metrics.Add(Metric::submit_errors);
  if (!message.NoteRefusal(ShownStatus(supplier.profile, result.status),
                           result.response_tlvs.bytes()))
    context_.metrics.Add(Metric::answer_tlvs_dropped);
  const RetryClass verdict = ClassOf(message, route, result.status);
  if (verdict == RetryClass::kThrottle) return OnThrottled(message);
  if (verdict == RetryClass::kPermanent) return events_.OnFailed(message, Failure::kPermanent);
  Start(message);
}

// By one id at most is it known. Who was taken late without one may have this, but not when its time was over since then: Overdue
// goes by the first that took it until it hears of the second, and may have ended it.
bool Attempts::TakesName(const Message& message) const {
  if (!message.taken_late) return true;
  const store::ClientRow* row = in_force_->ClientOf(*message.client);
  return !message.named_late && row != nullptr &&
         context_.wall_now() - message.taken_at <= std::chrono::seconds(row->dlr_timeout_s);
}

// Its bind pauses (Back::Link), others of the supplier may not. Each submit has records of its own: the journal knows of every
// one that may be at the supplier, and of each that it did not take.
void Attempts::OnThrottled(Message& message) {
  context_.metrics.Add(Metric::supplier_throttled);
  message.again = HasPatience(message);
  if (message.again) --message.next_route;
  Start(message);
}

// It left for the supplier, and no answer came. Neither is sent a third time: nobody knows of two submits then.
void Attempts::OnUnknown(Message& message, const store::SupplierRow& supplier, bool link_lost) {
  const bool first = !std::exchange(message.possible_duplicate, true);
  message.NoteRefusal(Status::ESME_RSYSERR);
  if (message.unknown != kUnknownMany) ++message.unknown;
  message.answer_may_come |= !link_lost;
  const store::ClientRow* in_force = in_force_->ClientOf(*message.client);
  const store::ClientRow* client = in_force == nullptr ? message.row : in_force;
  if (!first || !IsSentAgain(message, client, supplier, link_lost))
    return events_.OnFailed(message, Failure::kUnknown);
  if (link_lost) TrySameRoute(message);
  Start(message);
}

RetryClass Attempts::ClassOf(Message& message, const PlannedRoute& route, Status status) const {
  const RetryClass by_table = Classify(status, RowOf(message, route).statuses);
  if (by_table != RetryClass::kVendor) return by_table;
  // A status without a rule: another supplier may know better, but not a third one.
  return std::exchange(message.met_vendor_status, true) ? RetryClass::kPermanent
                                                        : RetryClass::kTransient;
}

}  // namespace hub::relay
