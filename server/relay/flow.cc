#include "server/relay/flow.h"

#include <charconv>

#include "protocol/pdu/answer.h"
#include "protocol/text/segments.h"
#include "protocol/wire/tlv.h"
#include "server/base/check.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

using smpp::Status;

enum class Next : std::uint8_t { kTryNext, kTellClient };

Next ClassOf(Status status) {
  switch (status) {
#define TRY_NEXT(name, sentence) case Status::name:
#include "server/relay/status_class.def"
#undef TRY_NEXT
    return Next::kTryNext;
    default:
      break;
  }
  const auto value = static_cast<std::uint32_t>(status);
  return value >= 0x400 && value <= 0x4FF ? Next::kTryNext : Next::kTellClient;
}

Metric MetricOf(routing::Refusal refusal) {
  using enum routing::Refusal;
  switch (refusal) {
    case kno_client_price:
    case kclosed:
    case krate_error:
      return Metric::rejected_no_price;
    case kmargin_guard:
      return Metric::rejected_margin;
    case kscript:
    case kscript_error:
      return Metric::rejected_script;
    case kbad_number:
      return Metric::rejected_format;
    default:
      return Metric::rejected_no_route;
  }
}

}  // namespace

Flow::Flow(Context& context, Front& front, Records& records, JobSender& sender, MessageIdSource ids)
    : context_(context),
      front_(front),
      records_(records),
      sender_(sender),
      ids_(ids),
      waiting_timer_(context.network.timers(), [this] { RetryCredit(); }) {}

Outcome<Done> Flow::Use(const SnapshotPtr& snapshot) {
  return router_.Use(snapshot->tables, snapshot->script);
}

bool Flow::IsUp(std::uint32_t supplier_index) const {
  return front_.snapshot()->suppliers[supplier_index].state->links_up.load(
             std::memory_order_relaxed) > 0;
}

// --- in --------------------------------------------------------------------------------------------------------

Status Flow::Admit(EsmeEntry& entry) {
  if (!entry.client->rate.TryTake(context_.now())) {
    context_.metrics.Add(Metric::throttled);
    return Status::ESME_RTHROTTLED;
  }
  if (!records_.HasRoom()) {
    context_.metrics.Add(Metric::rejected_backlog);
    return Status::ESME_RTHROTTLED;
  }
  if (messages_.size() >= context_.limits.messages_max) {
    context_.metrics.Add(Metric::messages_full);
    return Status::ESME_RMSGQFUL;
  }
  return Status::ESME_ROK;
}

void Flow::OnMessage(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu) {
  context_.metrics.Add(Metric::messages_received);
  smpp::MessageView view;
  const Status body = smpp::ViewMessage(header.command_id, pdu.bytes(), view);
  if (body != Status::ESME_ROK) {
    context_.metrics.Add(Metric::messages_rejected);
    context_.metrics.Add(Metric::rejected_format);
    entry.client->rejected.fetch_add(1, std::memory_order_relaxed);
    Log(Event::pdu_malformed, {{"sess", entry.session->name()},
                               {"system_id", entry.client->system_id},
                               {"command_id", smpp::CommandName(header.command_id)},
                               {"status", smpp::StatusName(body)},
                               {"seq", header.sequence_number}});
    return entry.session->AnswerMalformed(header.command_id, body, header.sequence_number);
  }
  entry.session->NoteGood();
  if (const Status status = Admit(entry); status != Status::ESME_ROK) {
    context_.metrics.Add(Metric::messages_rejected);
    entry.client->rejected.fetch_add(1, std::memory_order_relaxed);
    return entry.session->AnswerStatus(header.command_id, status, header.sequence_number);
  }
  Message& message = Make(entry, header, pdu, view);
  if (Decide(message, view)) Reserve(message.slot);
}

Message& Flow::Make(EsmeEntry& entry, const smpp::Header& header, const Slice& pdu,
                    const smpp::MessageView& view) {
  auto made = std::make_unique<Message>();
  Message& message = *made;
  message.id = ids_.Next(context_.wall_now());
  message.session = entry.session->id;
  message.command_id = header.command_id;
  message.sequence_number = header.sequence_number;
  message.pdu = pdu;
  // A request's command_status is unused, so a non-zero one is not passed on.  SMPP v3.4 §3.2
  smpp::WriteU32(message.pdu.data() + 8, 0);
  message.snapshot = front_.snapshot();
  message.client = entry.client;
  message.row = entry.row;
  message.source_addr = view.source_addr;
  message.data_coding = view.data_coding;
  message.registered_delivery = view.registered_delivery;
  message.segments = static_cast<std::int32_t>(smpp::SegmentCount(view));
  message.slot = messages_.Insert(std::move(made));
  context_.metrics.Set(Metric::messages_in_flight, static_cast<std::int64_t>(messages_.size()));
  return message;
}

bool Flow::Decide(Message& message, const smpp::MessageView& view) {
  routing::Query query;
  query.message_id = message.id;
  query.client = message.row;
  query.source_addr = view.source_addr;
  query.source_ton = view.source_addr_ton;
  query.destination_addr = view.destination_addr;
  query.destination_ton = view.dest_addr_ton;
  query.data_coding = view.data_coding;
  query.segments = message.segments;
  if (const auto concat = smpp::ConcatOf(view)) {
    query.multipart = true;
    query.concat_ref = concat->ref;
    query.concat_total = concat->total;
    query.concat_part = concat->part;
  }
  query.at = context_.wall_now();
  context_.metrics.Add(Metric::decisions);
  router_.Decide(query, *this, &decision_);

  message.destination_addr =
      decision_.e164_length != 0 ? decision_.number() : view.destination_addr;
  message.network_id = decision_.network_id;
  message.sell_rate_id = decision_.sell_rate_id;
  message.sell_rate = decision_.sell_rate;
  message.sell_amount = decision_.sell_amount;
  message.script_version = decision_.script_version;
  message.decision = routing::Summary(decision_, *message.snapshot->tables);
  if (decision_.refusal != routing::Refusal::kNone) {
    context_.metrics.Add(MetricOf(decision_.refusal));
    Refuse(message.slot, Name(decision_.refusal), decision_.status, false);
    return false;
  }
  message.plan_count = decision_.plan_count;
  for (std::uint8_t i = 0; i < decision_.plan_count; ++i) {
    const routing::Candidate& candidate = decision_.candidates[decision_.plan[i]];
    message.plan[i] = {candidate.supplier, candidate.rate_id, candidate.rate, candidate.cost};
  }
  return true;
}

// --- credit ----------------------------------------------------------------------------------------------------

void Flow::Reserve(SlotId slot) {
  Message& message = **messages_.Find(slot);
  // Before the question: an answer that comes while it is asked counts as news.
  message.credit_answers = message.client->credit->answers();
  switch (message.client->credit->TryReserve(message.sell_amount)) {
    case billing::Reserve::kReserved:
      return TryNext(slot);
    case billing::Reserve::kNoCredit:
      context_.metrics.Add(Metric::rejected_no_credit);
      return Refuse(slot, "no_credit", static_cast<Status>(message.row->out_of_credit_status),
                    false);
    case billing::Reserve::kUnreachable:
      context_.metrics.Add(Metric::credit_waits_refused);
      return Refuse(slot, "credit_unreachable", Status::ESME_RTHROTTLED, false);
    case billing::Reserve::kWait:
      break;
  }
  if (message.give_up == TimePoint{}) {
    if (waiting_.size() >= context_.limits.credit_waiting_max) {
      context_.metrics.Add(Metric::credit_waits_refused);
      return Refuse(slot, "credit_waiting_max", Status::ESME_RTHROTTLED, false);
    }
    context_.metrics.Add(Metric::credit_waits);
    message.give_up = context_.now() + context_.limits.credit_wait;
  } else if (message.give_up <= context_.now()) {
    context_.metrics.Add(Metric::credit_waits_refused);
    return Refuse(slot, "credit_wait", Status::ESME_RTHROTTLED, false);
  }
  waiting_.push_back(slot);
}

void Flow::EndTurn() {
  const routing::ScriptCounts& script = router_.script_counts();
  context_.metrics.Set(Metric::script_calls, static_cast<std::int64_t>(script.calls));
  const std::uint64_t failed = script.errors + script.budget + script.memory;
  if (failed != context_.metrics.Get(Metric::script_errors)) {
    context_.metrics.Set(Metric::script_errors, static_cast<std::int64_t>(failed));
    Log(Event::script_error, {{"why", script.last_error}});
  }
  RetryCredit();
}

void Flow::RetryCredit() {
  for (std::size_t left = waiting_.size(); left > 0; --left) {
    const SlotId slot = waiting_.front();
    waiting_.pop_front();
    std::unique_ptr<Message>* found = messages_.Find(slot);
    if (found == nullptr) continue;
    const Message& message = **found;
    const bool news = message.client->credit->answers() != message.credit_answers;
    if (news || message.give_up <= context_.now()) {
      Reserve(slot);
    } else {
      waiting_.push_back(slot);
    }
  }
  context_.metrics.Set(Metric::credit_waiting, static_cast<std::int64_t>(waiting_.size()));
  // Grants wake the loop; the timer is for those that nobody grants.
  if (!waiting_.empty() && !waiting_timer_.armed())
    waiting_timer_.Start(std::chrono::milliseconds(20));
}

// --- routes ----------------------------------------------------------------------------------------------------

LinkState* Flow::ChooseLink(const Message& message, const PlannedRoute& route,
                            std::shared_ptr<LinkState>* link) const {
  // The least loaded that is up; of those alike, one of this loop, for it spares a letter.
  int best = 0;
  for (const std::shared_ptr<LinkState>& each : message.snapshot->suppliers[route.supplier].links) {
    if (!each->up.load(std::memory_order_relaxed)) continue;
    const int load =
        each->load.load(std::memory_order_relaxed) * 2 + (each->loop == context_.loop ? 0 : 1);
    if (*link == nullptr || load < best) {
      *link = each;
      best = load;
    }
  }
  return link->get();
}

void Flow::TryNext(SlotId slot) {
  Message& message = **messages_.Find(slot);
  while (message.next_route < message.plan_count) {
    const PlannedRoute& route = message.plan[message.next_route++];
    std::shared_ptr<LinkState> link;
    if (ChooseLink(message, route, &link) == nullptr) continue;
    if (++message.attempts > 1) context_.metrics.Add(Metric::failovers);
    SubmitJob job;
    job.client_loop = context_.loop;
    job.message = slot;
    job.link = std::move(link);
    // A link that failed may still hold the octets: a second attempt sends a copy, so that nobody patches under it.
    job.pdu = message.attempts > 1 ? Slice::CopyOf(message.pdu.bytes()) : message.pdu;
    job.command_id = message.command_id;
    return sender_.SendJob(std::move(job));
  }
  context_.metrics.Add(Metric::rejected_supplier);
  Refuse(slot, "suppliers", message.last_status, true);
}

// The link failed, not the supplier: its other binds may do as well, and cost the same.
void Flow::TrySameRoute(Message& message) {
  if (message.same_route++ < kSameRouteTriesMax) --message.next_route;
}

void Flow::OnJobEnd(SubmitResult result) {
  std::unique_ptr<Message>* found = messages_.Find(result.message);
  if (found == nullptr) return context_.metrics.Add(Metric::answers_too_late);
  Message& message = **found;
  const PlannedRoute route = message.plan[message.next_route - 1];
  if (result.end == JobEnd::kNotSent) {
    --message.attempts;  // nothing was handed to anybody
    if (message.attempts == 0) message.last_status = Status::ESME_RMSGQFUL;
    TrySameRoute(message);
    return TryNext(message.slot);
  }
  records_.Attempted(message, route, result);
  if (result.end == JobEnd::kTimeout) {
    // Nobody knows whether it was sent: another route could send it twice. The client decides.
    context_.metrics.Add(Metric::rejected_supplier);
    return Refuse(message.slot, "supplier_timeout", Status::ESME_RSYSERR, true);
  }
  if (result.end == JobEnd::kLinkLost) {
    message.last_status = Status::ESME_RSYSERR;
    TrySameRoute(message);
    return TryNext(message.slot);
  }
  if (result.status == Status::ESME_ROK) return Accept(message.slot, route, result);
  context_.metrics.Add(Metric::submit_errors);
  if (result.status == Status::ESME_RTHROTTLED || result.status == Status::ESME_RMSGQFUL) {
    context_.metrics.Add(Metric::supplier_throttled);
  }
  message.last_status = result.status;
  if (ClassOf(result.status) == Next::kTryNext) return TryNext(message.slot);
  context_.metrics.Add(Metric::rejected_supplier);
  Refuse(message.slot, "supplier", result.status, true);
}

// --- the end ---------------------------------------------------------------------------------------------------

void Flow::Accept(SlotId slot, const PlannedRoute& route, const SubmitResult& result) {
  const std::unique_ptr<Message> message = messages_.Take(slot);
  records_.Accepted(*message, message->snapshot->catalog->suppliers[route.supplier].supplier_id);
  context_.metrics.Add(Metric::messages_accepted);
  if (LogEnabled(Event::message_accepted)) {
    Log(Event::message_accepted, {{"id", message->id},
                                  {"system_id", message->client->system_id},
                                  {"to", MaskNumber(message->destination_addr)},
                                  {"attempts", message->attempts}});
  }
  message->client->accepted.fetch_add(1, std::memory_order_relaxed);
  context_.metrics.Set(Metric::messages_in_flight, static_cast<std::int64_t>(messages_.size()));
  Answer(*message, Status::ESME_ROK, result.response_tlvs);
  if (result.upstream_id.empty()) return;  // no receipt can name it
  const store::SupplierRow& supplier = message->snapshot->catalog->suppliers[route.supplier];
  sender_.SendCorrelate({supplier.supplier_id, supplier.id_form, result.upstream_id, message->id,
                         message->client, message->registered_delivery, message->destination_addr},
                        message->snapshot->suppliers[route.supplier].state->home);
}

void Flow::Refuse(SlotId slot, std::string_view reason, Status status, bool reserved) {
  const std::unique_ptr<Message> message = messages_.Take(slot);
  if (reserved) message->client->credit->Release(message->sell_amount);
  records_.Rejected(*message, reason, status);
  context_.metrics.Add(Metric::messages_rejected);
  if (LogEnabled(Event::message_rejected)) {
    Log(Event::message_rejected, {{"id", message->id},
                                  {"system_id", message->client->system_id},
                                  {"to", MaskNumber(message->destination_addr)},
                                  {"why", reason}});
  }
  message->client->rejected.fetch_add(1, std::memory_order_relaxed);
  context_.metrics.Set(Metric::messages_in_flight, static_cast<std::int64_t>(messages_.size()));
  Answer(*message, status, {});
}

void Flow::Answer(const Message& message, Status status, const Slice& tlvs) {
  EsmeEntry* entry = front_.Find(message.session);
  if (entry == nullptr) return context_.metrics.Add(Metric::answers_too_late);
  EsmeSession& session = *entry->session;
  if (status != Status::ESME_ROK)
    return session.AnswerStatus(message.command_id, status, message.sequence_number);

  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, message.id).ptr;
  response_.resize(smpp::kAnswerOctetsMax + tlvs.size());
  std::size_t octets =
      smpp::WriteMessageIdAnswer(response_.data(), smpp::ResponseOf(message.command_id), status,
                                 message.sequence_number, {digits, end});
  if (session.speaks_tlvs() && !tlvs.empty()) {
    smpp::TlvCursor cursor(tlvs.bytes());
    smpp::Tlv tlv;
    while (cursor.Next(tlv)) {  // all but the one that speaks of the hop to the supplier
      if (tlv.tag == smpp::Tag::congestion_state) continue;
      const Bytes whole{tlv.value.data() - smpp::kTlvHeaderOctets,
                        tlv.value.size() + smpp::kTlvHeaderOctets};
      std::copy(whole.begin(), whole.end(),
                response_.begin() + static_cast<std::ptrdiff_t>(octets));
      octets += whole.size();
    }
    smpp::WriteU32(response_.data(), static_cast<std::uint32_t>(octets));
  }
  session.Answer({response_.data(), octets});
}

}  // namespace hub::relay
