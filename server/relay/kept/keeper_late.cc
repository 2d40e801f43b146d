// What suppliers say about messages of ours after they had been given up waiting for it.
//
//   a message that ... │ was taken                                   │ was refused
//   is held            │ ends here; its receipts find it             │ tried again, or REJECTED: nobody else has it
//   waits for a retry  │ the same                                    │ waits on
//   is under way again │ the same, and goes when its attempt ended   │ goes on
//   is not in memory   │ the same, if it waits in PostgreSQL         │ its row alone
//
// By one id at most a message is known to ReceiptDesk, in memory or in PostgreSQL: two, on two loops, would be two authors of
// its final state. The first supplier of whom we hear that it took the message is the one; if it said so without an id, the one
// that has the message as well.
#include <utility>

#include "protocol/receipt/id_form.h"
#include "server/relay/kept/keeper.h"
#include "server/relay/receipts/id_profile.h"
#include "server/relay/retry_class.h"
#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {
namespace {

using smpp::Status;

std::string KeyOf(const LateAnswer& late) {
  if (late.upstream_id.empty()) return {};
  return std::string(smpp::CanonicalId(ProfileOf(late.id_form), late.upstream_id, false).view());
}

// By the rules of now: those that it was sent by are gone, or those of another attempt.
std::unique_ptr<const SentAs> SentAsOf(const Message& message, const SupplierEntry& supplier) {
  smpp::MessageView view;
  if (supplier.profile == nullptr || !supplier.profile->ChangesAddresses() ||
      smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) != Status::ESME_ROK)
    return nullptr;
  return AddressesSent(*supplier.profile, view);
}

}  // namespace

void Keeper::OnLateAnswer(LateAnswer late) {
  Message* message = Find(late.message_id);
  const bool held = message == nullptr;
  if (held) message = TakeHeld(late.message_id);
  if (message == nullptr && late.ours && late.status == Status::ESME_ROK)
    return TakeElsewhere(late);
  if (message == nullptr || message->taken_late) return records_.AnsweredLate(late, {});
  if (late.status != Status::ESME_ROK) return OnRefusedLate(*message, late, held);
  Take(*message, late);
  message->taken_late = message->step != Step::kKept;
  if (message->taken_late) return;  // its attempt has a row to write yet
  if (!held) NoteGone(*message);
  LetGo(*message);
}

// It waits in PostgreSQL alone, or has ended: settlement finds out. A page that was made before that is told from our word:
// nobody but this loop takes it up.
void Keeper::TakeElsewhere(const LateAnswer& late) {
  records_.AnsweredLate(late, KeyOf(late));
  recent_.Note(late.message_id);
}

// Into memory again: it is decided about within this call.
Message* Keeper::TakeHeld(MessageId id) {
  std::unique_ptr<Message> held = held_.Take(id);
  if (held == nullptr) return nullptr;
  Message& message = *held;
  flow_.attempts().Insert(std::move(held));
  NoteKept(message);
  return &message;
}

// As if the answer had come in time, but for the clock: the receipt is waited for from when the answer was given up, as
// Overdue sees it (the row's ended_at stays). So neither of the two can think that the end is its own while the other does.
// At once, whatever is under way: behind a crash nobody would know that it is not to be sent again.
void Keeper::Take(Message& message, const LateAnswer& late) {
  context_.metrics.Add(Metric::kept_taken_late);
  const std::string key = KeyOf(late);
  records_.AnsweredLate(late, key);
  message.taken_at = late.timed_out_at;
  message.named_late = !key.empty();
  const SnapshotPtr& snapshot = front_.snapshot();
  const SupplierEntry* supplier = snapshot->SupplierOf(late.supplier_id);
  if (key.empty() || supplier == nullptr) return;
  routes_.SendCorrelate(
      Correlate::Of(message,
                    {late.supplier_id, key, late.timed_out_at, SentAsOf(message, *supplier)},
                    snapshot->ClientOf(*message.client)),
      supplier->state->home);
}

// What the row says of the attempt stands behind what becomes of the message: a batch may end between the two, and a message
// that is held for an attempt which was refused would be Overdue's since it was accepted.
void Keeper::OnRefusedLate(Message& message, const LateAnswer& late, bool held) {
  if (message.unknown != 0 && message.unknown != kUnknownMany) --message.unknown;
  if (held && IsOverdues(message, late)) {
    LetGo(message);
  } else if (held && message.unknown != 0) {
    Hold(message);
  } else if (held) {
    context_.metrics.Add(Metric::kept_refused_late);
    message.possible_duplicate = message.answer_may_come = false;
    EndRefused(message, late);
  }
  records_.AnsweredLate(late, {});
}

// Held messages are Overdue's when their time is over: by the clock of this turn, as ReceiptDesk has it.
bool Keeper::IsOverdues(const Message& message, const LateAnswer& late) const {
  const store::ClientRow* row = front_.snapshot()->ClientOf(*message.client);
  return row == nullptr ||
         context_.wall_now() - late.timed_out_at > std::chrono::seconds(row->dlr_timeout_s);
}

// Its routes are tried again from the first one on, behind a pause: a supplier that is slow to refuse is not asked at once.
void Keeper::EndRefused(Message& message, const LateAnswer& late) {
  const Snapshot& snapshot = *front_.snapshot();
  const auto found = snapshot.supplier_by_id.find(late.supplier_id);
  const store::SupplierRow* supplier = found == snapshot.supplier_by_id.end()
                                           ? nullptr
                                           : &snapshot.catalog->suppliers[found->second];
  RetryClass verdict =
      supplier == nullptr ? Classify(late.status) : Classify(late.status, supplier->statuses);
  if (verdict == RetryClass::kVendor && std::exchange(message.met_vendor_status, true))
    verdict = RetryClass::kPermanent;
  if (verdict == RetryClass::kPermanent)
    return Finish(message, smpp::MessageState::REJECTED, store::OutcomeCause::kUpstreamReject);
  if (!EndIfExpired(message)) RetryAfter(message, PauseOf(message, supplier));
}

}  // namespace hub::relay
