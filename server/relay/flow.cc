#include "server/relay/flow.h"

#include <algorithm>

#include "protocol/text/segments.h"
#include "server/relay/kept/keep_terms.h"
#include "server/relay/supplier/fitness.h"
#include "server/routing/split.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

using smpp::Status;

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

Flow::Flow(Context& context, const Overload& overload, Front& front, Records& records,
           JobSender& sender, KeptMessages& kept, PartEvents& parts, MessageIdSource& ids,
           ShortIds& short_ids)
    : context_(context),
      overload_(overload),
      front_(front),
      records_(records),
      sender_(sender),
      kept_(kept),
      parts_(parts),
      ids_(ids),
      short_ids_(short_ids),
      attempts_(context, records, sender, *this),
      waiting_timer_(context.network.timers(), [this] { RetryCredit(); }) {}

Outcome<Done> Flow::Use(const SnapshotPtr& snapshot) {
  auto used = router_.Use(snapshot->tables, snapshot->script);
  if (used) attempts_.Use(snapshot);
  return used;
}

bool Flow::IsUp(std::uint32_t supplier_index) const {
  return front_.snapshot()->suppliers[supplier_index].state->links_up.load(
             std::memory_order_relaxed) > 0;
}

routing::Drop Flow::WhyDown(std::uint32_t supplier_index) const {
  return front_.snapshot()->suppliers[supplier_index].WhyDown();
}

// --- in --------------------------------------------------------------------------------------------------------

std::optional<MessageId> Flow::NextId(const EsmeEntry& entry) {
  if (ShortIds::AreFor(entry)) return short_ids_.Next(entry);
  return ids_.Next(context_.wall_now());
}

void Flow::OnMessage(EsmeEntry& entry, const smpp::Header& header, Slice&& pdu) {
  context_.metrics.Add(Metric::messages_received);
  smpp::MessageView view;
  const Status body = View(header, pdu, view);
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
  Status status = Admit(entry);
  std::optional<MessageId> id;
  if (status == Status::ESME_ROK && !(id = NextId(entry))) status = Status::ESME_RTHROTTLED;
  if (!id) {
    context_.metrics.Add(Metric::messages_rejected);
    entry.client->rejected.fetch_add(1, std::memory_order_relaxed);
    return entry.session->AnswerStatus(header.command_id, status, header.sequence_number);
  }
  Message& message = Make(entry, header, std::move(pdu), view, {0, *id});
  if (IsNew(message, view) && Decide(message, view)) Reserve(message.slot);
}

Message& Flow::Make(EsmeEntry& entry, const smpp::Header& header, Slice pdu,
                    const smpp::MessageView& view, const Part& part) {
  auto made = Begin(entry, header, std::move(pdu), part);
  Message& message = *made;
  message.TakeView(view);
  attempts_.Insert(std::move(made));
  return message;
}

std::unique_ptr<Message> Flow::Begin(EsmeEntry& entry, const smpp::Header& header, Slice pdu,
                                     const Part& part) {
  // Its fields say what they begin with: no zeroes under them.
  auto made = std::make_unique_for_overwrite<Message>();
  Message& message = *made;
  message.id = part.id;
  message.multi = part.multi;
  message.session = entry.session->id;
  message.command_id = header.command_id;
  message.sequence_number = header.sequence_number;
  message.pdu = std::move(pdu);
  // A request's command_status is unused, so a non-zero one is not passed on.  SMPP v3.4 §3.2
  smpp::WriteU32(message.pdu.data() + 8, 0);
  message.snapshot = front_.snapshot_here();
  message.client = entry.client;
  message.row = entry.row;
  ShareOf(message).Add(1);
  return made;
}

// A client that lost our answer submits again: the first one's id is the answer, and nothing else happens.
bool Flow::IsNew(Message& message, const smpp::MessageView& view) {
  if (message.row->dedupe_window_s == 0) return true;
  const auto key = DedupeKeyOf(message.row->dedupe_by, view);
  if (!key) return true;
  const Dedupe::Verdict verdict =
      context_.dedupe.Begin(message.client->client_id, *key, message.id, context_.wall_now(),
                            std::chrono::seconds(message.row->dedupe_window_s));
  if (verdict.seen == Dedupe::Seen::kNew) {
    message.dedupe_key = key;
    return true;
  }
  const std::unique_ptr<Message> second = attempts_.Take(message.slot);
  ShareOf(*second).Sub(1);
  if (verdict.seen == Dedupe::Seen::kAccepted) {
    context_.metrics.Add(Metric::resubmits);
    if (second->multi != 0) {
      parts_.OnPartEnd(second->multi, second->id, Status::ESME_ROK, verdict.message_id);
      return false;
    }
    second->id = ClientIdOf(verdict.message_id);
    AnswerAccepted(*second);
    return false;
  }
  context_.metrics.Add(Metric::resubmits_in_flight);
  context_.metrics.Add(Metric::messages_rejected);
  AnswerError(*second, Status::ESME_RTHROTTLED);
  return false;
}

std::uint64_t Flow::Route(const Message& message, const smpp::MessageView& view) {
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
  const Fit fit(*message.snapshot, view);
  if (message.snapshot->some_are_picky) query.fitness = &fit;
  context_.metrics.Add(Metric::decisions);
  router_.Decide(query, *this, &decision_);
  return query.multipart ? routing::RoutingKey(query, decision_.number()) | 1 : 0;
}

void Flow::TakePlan(Message& message) const {
  message.next_route = message.same_route = message.patient_with = 0;
  message.again = false;
  message.unfit = Status::ESME_ROK;
  const auto begin = decision_.candidates.begin(), end = begin + decision_.candidate_count;
  message.others = std::any_of(begin, end, [](const routing::Candidate& each) {
    return each.drop == routing::Drop::klink_down || each.drop == routing::Drop::kdraining ||
           each.drop == routing::Drop::kattempts_max;
  });
  if (message.snapshot->some_are_picky)
    std::for_each(begin, end, [this](const routing::Candidate& each) {
      if (each.drop == routing::Drop::kunfit) context_.metrics.Add(Metric::submits_unfit);
    });
  message.plan_count = decision_.plan_count;
  for (std::uint8_t i = 0; i < decision_.plan_count; ++i) {
    const routing::Candidate& candidate = decision_.candidates[decision_.plan[i]];
    message.plan[i] = {candidate.supplier, candidate.rate_id, candidate.rate, candidate.cost};
  }
  FollowParts(message);
}

// Where the part before it went goes first, if it is in the plan at all: a phone cannot put together what comes by two ways.
void Flow::FollowParts(Message& message) const {
  if (message.parts_key == 0) return;
  const auto pin = context_.parts.Find(message.parts_key, context_.now());
  if (!pin) return;
  const auto end = message.plan.begin() + message.plan_count;
  const auto followed = std::find_if(message.plan.begin(), end, [&](const PlannedRoute& route) {
    return message.SupplierOf(route).supplier_id == pin->supplier_id;
  });
  if (followed == end || followed == message.plan.begin()) return;
  std::rotate(message.plan.begin(), followed, followed + 1);
  if (!records_.keeps()) return;
  message.decision += "; ";
  message.decision += message.SupplierOf(message.plan[0]).name;
  message.decision += " first: it has other parts";
}

bool Flow::Decide(Message& message, const smpp::MessageView& view) {
  message.parts_key = Route(message, view);
  message.destination_addr =
      decision_.e164_length != 0 ? decision_.number() : view.destination_addr;
  message.network_id = decision_.network_id;
  message.sell_rate_id = decision_.sell_rate_id;
  message.sell_rate = decision_.sell_rate;
  message.sell_amount = decision_.sell_amount;
  message.basis = message.snapshot->BasisOf(*message.row);
  message.script_version = decision_.script_version;
  if (records_.keeps()) {
    routing::SummaryBuffer summary;
    message.decision = routing::Summary(decision_, *message.snapshot->tables, &summary);
  }
  // What is ours may wait for a supplier.
  const bool waits = decision_.refusal == routing::Refusal::ksuppliers_down &&
                     message.row->answer == store::AnswerMode::kAccepted;
  if (decision_.refusal != routing::Refusal::kNone && !waits) {
    context_.metrics.Add(MetricOf(decision_.refusal));
    Refuse(message.slot, Name(decision_.refusal), decision_.status, false);
    return false;
  }
  TakePlan(message);
  if (message.row->answer == store::AnswerMode::kUpstream) return true;
  const Status terms = TakeKeepTerms(view, context_.wall_now(), &message);
  if (terms == Status::ESME_ROK) return true;
  context_.metrics.Add(Metric::rejected_format);
  Refuse(message.slot, "times", terms, false);
  return false;
}

bool Flow::Replan(Message& message) {
  message.snapshot = front_.snapshot_here();
  message.row = message.snapshot->ClientOf(*message.client);
  message.plan_count = 0;
  smpp::MessageView view;
  if (message.row == nullptr ||
      smpp::ViewMessage(message.command_id, message.pdu.bytes(), view) != Status::ESME_ROK)
    return false;
  FixValidity(view, &message);
  message.parts_key = Route(message, view);
  if (decision_.refusal != routing::Refusal::kNone) return false;
  message.destination_addr = decision_.number();
  message.network_id = decision_.network_id;
  TakePlan(message);
  return true;
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

}  // namespace hub::relay
