#include "server/relay/supplier/back.h"

#include <algorithm>

#include "protocol/pdu/response_tlvs.h"

namespace hub::relay {
namespace {

// A generic_nack, or a response of another type, fails the message: it gets an error, never a success.
void ReadResponse(const SubmitJob& job, const smpp::Header& header, const Slice& pdu,
                  SubmitResult* result) {
  result->status = header.command_status;
  result->is_nack = header.command_id == smpp::CommandId::generic_nack;
  if (header.command_id != smpp::ResponseOf(job.command_id)) {
    if (result->status == smpp::Status::ESME_ROK) result->status = smpp::Status::ESME_RSYSERR;
    return;
  }
  const bool taken = result->status == smpp::Status::ESME_ROK;
  if (job.command_id == smpp::CommandId::query_sm) {
    if (taken) result->said = pdu;
    return;
  }
  if (taken) result->upstream_id = smpp::ReadMessageId(pdu.bytes());
  const auto octets = static_cast<std::uint32_t>(smpp::ResponseTlvs(pdu.bytes()).size());
  if (octets != 0) result->response_tlvs = pdu.Sub(pdu.size() - octets, octets);
}

}  // namespace

Back::~Back() = default;

void Back::Use(const Snapshot& snapshot) {
  for (auto& link : links_) {
    if (link->stopped()) continue;
    const bool kept = std::any_of(
        snapshot.suppliers.begin(), snapshot.suppliers.end(), [&](const SupplierEntry& s) {
          return std::any_of(s.links.begin(), s.links.end(),
                             [&](const auto& l) { return l.get() == &link->state(); });
        });
    if (!kept) link->Stop();
  }
  DropFinished();
  if (draining_) return;
  for (std::size_t s = 0; s < snapshot.suppliers.size(); ++s) {
    const SupplierEntry& supplier = snapshot.suppliers[s];
    const StatusClasses& statuses = snapshot.catalog->suppliers[s].statuses;
    for (std::size_t i = 0; i < supplier.links.size(); ++i) {
      const std::shared_ptr<LinkState>& state = supplier.links[i];
      if (state->loop != context_.loop) continue;
      if (Link* kept = Find(*state)) {
        kept->UseTls(supplier.tls[i]);
        kept->Use(statuses);
        kept->Use(supplier.profile);
        continue;
      }
      AddLink(std::make_unique<Link>(*this, state, supplier.state, statuses, ++made_ << 32));
      links_.back()->UseTls(supplier.tls[i]);
      links_.back()->Use(supplier.profile);
      links_.back()->Start();
    }
  }
}

Back::Link* Back::Find(const LinkState& state) {
  const auto found = by_state_.find(&state);
  return found == by_state_.end() || found->second->stopped() ? nullptr : found->second;
}

Back::Link* Back::Find(const Origin& origin) {
  const auto found = by_number_.find(Link::NumberOf(origin.link));
  return found == by_number_.end() ? nullptr : found->second;
}

void Back::AddLink(std::unique_ptr<Link> link) {
  by_state_[&link->state()] = by_number_[link->number()] = link.get();
  links_.push_back(std::move(link));
}

void Back::DropFinished() {
  by_state_.clear();
  by_number_.clear();
  for (auto& link : std::exchange(links_, {}))
    if (!link->finished()) AddLink(std::move(link));
}

// From here on its load says so, or its end does.
void Back::Submit(SubmitJob&& job) {
  if (!IsAside(job.command_id)) job.link->promised.fetch_sub(1, std::memory_order_relaxed);
  Link* link = Find(*job.link);
  if (link != nullptr) return link->Take(std::move(job));
  SubmitResult result;
  result.message = job.message;
  events_.OnJobEnd(job, std::move(result));
}

void Back::Hurry(const LinkState& state) {
  Link* link = Find(state);
  if (link == nullptr || !link->link().Hurry(context_.limits.outbind_pause)) return;
  context_.metrics.Add(Metric::outbinds_heard);
}

void Back::Answer(const Origin& origin, smpp::Status status, Bytes tlvs) {
  if (Link* link = Find(origin)) link->Answer(origin, status, tlvs);
}

void Back::AnswerMalformed(const Origin& origin, smpp::Status status) {
  if (Link* link = Find(origin)) link->AnswerMalformed(origin, status);
}

void Back::End(SlotId id, JobEnd end, const smpp::Header& header, const Slice& pdu) {
  // A message that timed out stays until its answer comes or is known no more.
  const bool stays = end == JobEnd::kTimeout && !IsAside((*jobs_.Find(id))->job.command_id);
  const std::unique_ptr<InFlight> ended = stays ? nullptr : jobs_.Take(id);
  InFlight& flight = stays ? **jobs_.Find(id) : *ended;
  SubmitJob& job = flight.job;
  SubmitResult result;
  result.message = job.message;
  result.end = end;
  result.sent_at = flight.sent_at;
  result.ended_at = flight.ended_at = context_.wall_now();
  if (end == JobEnd::kAnswered) ReadResponse(job, header, pdu, &result);
  events_.OnJobEnd(job, std::move(result));
}

void Back::EndLate(SlotId id, std::int64_t supplier_id, const smpp::Header& header,
                   const Slice& pdu) {
  const std::unique_ptr<InFlight> flight = jobs_.Take(id);
  if (flight == nullptr) return;  // a cancel_sm, replace_sm or query_sm: its client has its answer
  const SubmitJob& job = flight->job;
  SubmitResult said;
  ReadResponse(job, header, pdu, &said);
  LateAnswer late;
  late.message_id = job.age;
  late.attempt_no = job.attempt_no;
  late.supplier_id = supplier_id;
  late.id_form = job.link->id_form;
  late.ours = job.ours;
  late.cost = job.cost;
  late.resolves_hold = job.resolves_hold;
  late.status = said.status;
  late.upstream_id = std::move(said.upstream_id);
  late.timed_out_at = flight->ended_at;
  late.at = context_.wall_now();
  events_.OnLateAnswer(job.client_loop, std::move(late));
}

void Back::Drain() {
  draining_ = true;
  for (auto& link : links_) link->Stop();
}

bool Back::idle() const {
  return std::all_of(links_.begin(), links_.end(),
                     [](const auto& link) { return link->finished(); });
}

}  // namespace hub::relay
