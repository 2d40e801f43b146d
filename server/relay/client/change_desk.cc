#include "server/relay/client/change_desk.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "server/base/check.h"
#include "server/base/short_id.h"
#include "server/relay/client/change_request.h"
#include "server/relay/client/id_answer.h"
#include "server/relay/supplier/link_choice.h"
#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {
namespace {

using smpp::CommandId;
using smpp::Status;

constexpr std::chrono::milliseconds kTick(50);

constexpr std::uint8_t kChangeTlvVersion = 0x50;  // SMPP v3.4 has none here

bool ChangesTakeTlvs(const SupplierEntry& supplier, const LinkState& link) {
  return link.row.interface_version >= kChangeTlvVersion &&
         (supplier.profile == nullptr || supplier.profile->tlvs == store::SupplierTlvs::kPass);
}

// Where the ids of a message are made and it is kept: also of an earlier run that had another number of loops.
unsigned OwnerOf(MessageId id, unsigned loops) {
  return static_cast<unsigned>(id >> 10 & (kLoopsMax - 1)) % loops;
}

// That of a submit_multi: there is no message with it.
bool IsBlock(MessageId id) { return BlockOf(id) > 1; }

// The message with the id, or any one of the submit_multi: all have one client and one source. Null: there is none.
using Messages = std::unordered_map<MessageId, const store::ChangeableMessage*, IdHash>;
const store::ChangeableMessage* FindIn(const Messages& messages, MessageId id) {
  for (std::size_t i = 0; i < BlockOf(id); ++i) {
    if (const auto found = messages.find(id + i); found != messages.end()) return found->second;
  }
  return nullptr;
}

// Of these nothing but a broadcast is known to either side.
bool IsOfBroadcast(CommandId id) { return id == CommandId::broadcast_sm || IsAboutBroadcast(id); }

unsigned NodeOf(MessageId id) { return static_cast<unsigned>(id >> 16 & (kNodesMax - 1)); }

}  // namespace

ChangeDesk::ChangeDesk(Context& context, Front& front, Records& records, JobSender& sender,
                       ChangeRoutes& routes)
    : context_(context),
      front_(front),
      records_(records),
      sender_(sender),
      routes_(routes),
      tick_(context.network.timers(), [this] { Tick(); }) {}

// --- in --------------------------------------------------------------------------------------------------------

void ChangeDesk::OnRequest(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu) {
  context_.metrics.Add(Metric::changes_received);
  EsmeSession& session = *entry.session;
  const auto refuse = [&](Status status) {
    session.AnswerStatus(header.command_id, status, header.sequence_number);
  };
  const ChangeRequest request = ReadChange(pdu.bytes());
  // All messages between two addresses: which of them are still ours changes while we look, and one answer could not say it.
  // So for those of one content type.
  const bool cancels = header.command_id == CommandId::cancel_sm ||
                       header.command_id == CommandId::cancel_broadcast_sm;
  if (cancels && request.message_id.empty()) return refuse(Failed(header.command_id));
  const std::optional<MessageId> id = ParseClientText(request.message_id);
  if (!id) return refuse(Status::ESME_RINVMSGID);
  // Each may be a record on disk and a request at a supplier: it costs its client what a message does, before anybody looks for it.
  if (!entry.IsDelayed() && !front_.TakeTurn(entry)) {
    front_.NoteThrottled(entry);
    return refuse(Status::ESME_RTHROTTLED);
  }
  if (ids_waiting_ >= context_.limits.change_waiting_max) {
    context_.metrics.Add(Metric::changes_full);
    return refuse(Status::ESME_RTHROTTLED);
  }
  auto made = std::make_unique<Change>();
  const Change& change = *made;
  *made = {session.id,
           header.sequence_number,
           header.command_id,
           entry.client->client_id,
           *id,
           Slice::CopyOf(pdu.bytes()),
           context_.now() + context_.limits.change_wait};
  const SlotId slot = changes_.Insert(std::move(made));
  ids_waiting_ += BlockOf(*id);
  context_.metrics.Add(Metric::changes_waiting);
  if (NodeOf(*id) != context_.node || IsBlock(*id) || IsOfBroadcast(change.command_id))
    return AskPostgreSql(slot);
  Send(OrderOf(slot, change));
}

ChangeOrder ChangeDesk::OrderOf(SlotId slot, const Change& change) const {
  ChangeOrder order;
  order.asker = context_.loop;
  order.change = slot;
  order.message_id = change.message_id;
  order.client_id = change.client_id;
  order.command_id = change.command_id;
  order.pdu = change.pdu;
  return order;
}

void ChangeDesk::Send(ChangeOrder order) {
  const unsigned owner = OwnerOf(order.message_id, context_.post.loops());
  routes_.SendOrder(std::move(order), owner);
}

void ChangeDesk::OnReply(const ChangeReply& reply) {
  const std::unique_ptr<Change>* found = changes_.Find(reply.change);
  HUB_CHECK(found != nullptr);
  if (reply.end == ChangeEnd::kAnswer) return Answer(reply.change, reply.status);
  if ((*found)->give_up <= context_.now()) return Fail(reply.change);
  if (reply.end != ChangeEnd::kUnderWay) return AskPostgreSql(reply.change);
  again_.push_back(reply.change);
  ArmTick();
}

// --- PostgreSQL ------------------------------------------------------------------------------------------------

void ChangeDesk::AskPostgreSql(SlotId slot) {
  gathered_.push_back(slot);
  ArmTick();
}

void ChangeDesk::ArmTick() {
  if (!tick_.armed()) tick_.Start(kTick);
}

void ChangeDesk::Tick() {
  for (const SlotId slot : std::exchange(again_, {})) Send(OrderOf(slot, **changes_.Find(slot)));
  if (!gathered_.empty()) {
    bunches_.push_back({std::exchange(gathered_, {}),
                        records_.Fence(),
                        {},
                        context_.now() + context_.limits.change_wait});
  }
  while (!bunches_.empty()) {
    Bunch& oldest = bunches_.front();
    if (!IsSettled(oldest) || !Ask(oldest)) {
      if (oldest.give_up > context_.now()) break;
      for (const SlotId slot : oldest.changes) Fail(slot);
    }
    bunches_.pop_front();
  }
  if (!bunches_.empty() || !gathered_.empty() || !again_.empty()) ArmTick();
}

bool ChangeDesk::IsSettled(Bunch& bunch) const {
  if (!bunch.below) bunch.below = records_.Beyond(bunch.fence);
  return bunch.below && context_.settler.settled() >= *bunch.below;
}

bool ChangeDesk::Ask(const Bunch& bunch) {
  std::vector<MessageId> ids;
  ids.reserve(bunch.changes.size());
  for (const SlotId slot : bunch.changes) {
    const MessageId id = (*changes_.Find(slot))->message_id;
    for (std::size_t i = 0; i < BlockOf(id); ++i) ids.push_back(id + i);
  }
  auto slots = std::make_shared<std::vector<SlotId>>(bunch.changes);
  return context_.archive.LoadChanges(
      std::move(ids),
      [this, slots = std::move(slots), run = context_.run_on_loop](store::ChangePage page) {
        run([this, slots, page = std::move(page)] { OnPage(*slots, page); });
      });
}

void ChangeDesk::OnPage(const std::vector<SlotId>& slots, const store::ChangePage& page) {
  Messages messages;
  for (const store::ChangeableMessage& each : page.messages) messages[each.message_id] = &each;
  for (const SlotId slot : slots) {
    const Change& change = **changes_.Find(slot);
    const store::ChangeableMessage* found = FindIn(messages, change.message_id);
    if (!page.reachable) {
      Fail(slot);
    } else if (found == nullptr || !IsTheirs(change, *found) ||
               found->is_broadcast != IsOfBroadcast(change.command_id)) {
      Answer(slot, Status::ESME_RINVMSGID);  // somebody else's is as unknown as none
    } else if (IsBlock(change.message_id)) {
      Answer(slot, Failed(change));  // one status could not say what became of each
    } else {
      Decide(slot, change, *found, page.settled);
    }
  }
}

bool ChangeDesk::IsTheirs(const Change& change, const store::ChangeableMessage& message) const {
  return message.client_id == change.client_id &&
         ReadChange(change.pdu.bytes())
             .IsFrom(message.source_addr_ton, message.source_addr_npi, message.source_addr);
}

void ChangeDesk::Decide(SlotId slot, const Change& change, const store::ChangeableMessage& message,
                        journal::Position settled) {
  if (message.is_final && change.command_id != CommandId::query_broadcast_sm)
    return Answer(slot, Failed(change));
  if (message.waits) {
    ChangeOrder order = OrderOf(slot, change);
    order.stored = std::make_shared<const store::StoredMessage>(*message.waits);
    order.settled = settled;
    return Send(std::move(order));
  }
  // Held, nobody knows who has it; or another node's, which nobody here can ask.
  if (message.queued) return Answer(slot, Failed(change));
  if (change.command_id == CommandId::broadcast_sm) return Replace(slot, message);
  Relay(slot, message);
}

// --- suppliers -------------------------------------------------------------------------------------------------

void ChangeDesk::Relay(SlotId slot, const store::ChangeableMessage& message) {
  Change& change = **changes_.Find(slot);
  const SupplierEntry* supplier = front_.snapshot()->SupplierOf(message.supplier_id);
  if (supplier == nullptr || message.upstream_id.empty() || message.maybe_elsewhere)
    return Answer(slot, Failed(change));
  if (change.command_id == CommandId::replace_sm &&
      !CanReplace(ReadReplace(change.pdu.bytes()), message))
    return Answer(slot, Status::ESME_RREPLACEFAIL);
  SubmitJob job;
  const bool of_broadcast = IsAboutBroadcast(change.command_id);
  job.link = ChooseLink(*supplier, WaitsIn::kAside, context_.loop, context_.limits,
                        of_broadcast ? kBroadcastVersion : std::uint8_t{0});
  if (job.link == nullptr) return Answer(slot, Failed(change));
  job.pdu =
      ForSupplier(change.pdu.bytes(), message,
                  {supplier->profile.get(), of_broadcast || ChangesTakeTlvs(*supplier, *job.link)});
  if (job.pdu.empty()) return Answer(slot, Failed(change));  // a rule came since it was sent
  context_.metrics.Add(Metric::changes_relayed);
  change.supplier_id = message.supplier_id;
  change.dedupe_key = message.dedupe_key;
  job.client_loop = context_.loop;
  job.message = slot;
  job.command_id = change.command_id;
  job.age = change.message_id;
  sender_.SendJob(std::move(job));
}

// Another supplier's broadcast cannot be replaced by one that goes to this.
void ChangeDesk::Replace(SlotId slot, const store::ChangeableMessage& message) {
  const std::unique_ptr<Change>& waits = *changes_.Find(slot);
  const EsmeEntry* entry = front_.Find(waits->session);
  const bool same = entry != nullptr && entry->row != nullptr && !message.upstream_id.empty() &&
                    entry->row->broadcast_supplier_id == message.supplier_id;
  const Slice pdu = same ? ReplacingBroadcast(waits->pdu.bytes(), message.upstream_id) : Slice();
  if (pdu.empty()) return Answer(slot, Status::ESME_RBCASTFAIL);
  const std::unique_ptr<Change> change = changes_.Take(slot);
  smpp::Header header = smpp::ReadHeader(pdu.data());
  header.sequence_number = change->sequence_number;
  routes_.SendBroadcast(*End(*change), header, pdu);
}

// What a supplier said is the answer; its receipt ends the message, or nothing does.
void ChangeDesk::OnRelayed(const SubmitResult& result) {
  const std::unique_ptr<Change>* found = changes_.Find(result.message);
  HUB_CHECK(found != nullptr);
  const Change& change = **found;
  if (result.end == JobEnd::kNotSent) return Answer(result.message, Failed(change));
  if (result.end != JobEnd::kAnswered) return Answer(result.message, Status::ESME_RSYSERR);
  // The supplier does not offer it: its generic_nack is no answer of ours.
  if (result.is_nack || result.status == Status::ESME_RINVCMDID)
    return Answer(result.message, Failed(change));
  if (result.status == Status::ESME_ROK && change.command_id == CommandId::query_broadcast_sm)
    return AnswerQuery(result.message, result.response_tlvs.bytes());
  if (result.status == Status::ESME_ROK) ForgetResubmits(change);
  Answer(result.message, Shown(change, result.status));
}

Status ChangeDesk::Shown(const Change& change, Status status) const {
  const SupplierEntry* supplier = front_.snapshot()->SupplierOf(change.supplier_id);
  const bool as_it_is =
      status == Status::ESME_ROK || supplier == nullptr || supplier->profile == nullptr;
  return as_it_is ? status : ShownStatus(*supplier->profile, status);
}

// As Keeper::ForgetResubmits: the same submit is not answered with a message that is not there any more.
void ChangeDesk::ForgetResubmits(const Change& change) {
  DedupeKey key;
  if (change.dedupe_key.size() != key.size()) return;
  std::copy(change.dedupe_key.begin(), change.dedupe_key.end(), key.begin());
  context_.dedupe.Abandon(change.client_id, key, change.message_id);
}

// --- out -------------------------------------------------------------------------------------------------------

Status ChangeDesk::Failed(CommandId command) {
  switch (command) {
    case CommandId::cancel_sm:
      return Status::ESME_RCANCELFAIL;
    case CommandId::query_broadcast_sm:
      return Status::ESME_RBCASTQUERYFAIL;
    case CommandId::cancel_broadcast_sm:
      return Status::ESME_RBCASTCANCELFAIL;
    case CommandId::broadcast_sm:
      return Status::ESME_RBCASTFAIL;
    default:
      return Status::ESME_RREPLACEFAIL;
  }
}

void ChangeDesk::Fail(SlotId slot) {
  context_.metrics.Add(Metric::changes_failed);
  Answer(slot, Failed(**changes_.Find(slot)));
}

EsmeEntry* ChangeDesk::End(const Change& change) {
  ids_waiting_ -= BlockOf(change.message_id);
  context_.metrics.Sub(Metric::changes_waiting);
  EsmeEntry* entry = front_.Find(change.session);
  if (entry == nullptr) context_.metrics.Add(Metric::answers_too_late);
  return entry;
}

void ChangeDesk::Answer(SlotId slot, Status status) {
  const std::unique_ptr<Change> change = changes_.Take(slot);
  if (EsmeEntry* entry = End(*change))
    entry->session->AnswerStatus(change->command_id, status, change->sequence_number);
}

void ChangeDesk::AnswerQuery(SlotId slot, smpp::Bytes tlvs) {
  const std::unique_ptr<Change> change = changes_.Take(slot);
  EsmeEntry* entry = End(*change);
  if (entry == nullptr) return;
  WriteIdAnswer({change->command_id, change->sequence_number, change->message_id}, tlvs,
                &response_);
  entry->session->Answer(response_);
}

}  // namespace hub::relay
