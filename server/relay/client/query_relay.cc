#include "server/relay/client/query_relay.h"

#include "protocol/pdu/pdu.h"
#include "protocol/receipt/message_state.h"
#include "server/base/check.h"
#include "server/relay/supplier/link_choice.h"
#include "server/relay/supplier/submit_rewrite.h"

namespace hub::relay {
namespace {

using smpp::CommandId;
using smpp::Status;

// With the source that the supplier has of it, whatever the client told of that: it "must match".      SMPP v3.4 §4.8.1
// Empty: a rule that came since it was sent refuses it.
Slice QueryFor(const store::MessageFate& own, const store::SupplierProfile* profile) {
  SentAs::Party source{own.source_addr_ton, own.source_addr_npi, own.source_addr};
  if (profile != nullptr && !MapAddress(profile->source_rules, &source)) return {};
  smpp::QuerySm query;
  query.message_id = own.upstream_id;
  query.source_addr_ton = source.ton;
  query.source_addr_npi = source.npi;
  query.source_addr = source.address;
  const auto pdu = smpp::Encode(query, Status::ESME_ROK, 0);
  return pdu.empty() ? Slice() : Slice::CopyOf(pdu);
}

// Its body borrows from the result. Nothing: an error, no answer, or no query_sm_resp that says a state.
std::optional<smpp::QuerySmResp> WordIn(const SubmitResult& result) {
  if (result.end != JobEnd::kAnswered || result.status != Status::ESME_ROK || result.said.empty())
    return {};
  const auto read =
      smpp::Decode<smpp::QuerySmResp>(result.said.bytes().subspan(smpp::kHeaderOctets));
  if (!read || read->no_body || !smpp::StateOf(read->message_state)) return {};
  return *read;
}

}  // namespace

QueryRelay::QueryRelay(Context& context, Front& front, JobSender& sender, QueryTold& told)
    : context_(context),
      front_(front),
      sender_(sender),
      told_(told),
      timer_(context.network.timers(), [this] { GiveUp(); }) {}

const SupplierEntry* QueryRelay::SupplierFor(const ClientQuery& query,
                                             const store::MessageFate& own) const {
  // Of a submit_multi there is no such message at a supplier. What waits here again may be at several, or at none.
  const bool has_one = !own.is_final && !own.queued && BlockOf(query.message_id) == 1 &&
                       own.supplier_id != 0 && !own.upstream_id.empty();
  if (!has_one) return nullptr;
  const Snapshot& snapshot = *front_.snapshot();
  const auto found = snapshot.supplier_by_id.find(own.supplier_id);
  const bool may_be_asked = found != snapshot.supplier_by_id.end() &&
                            snapshot.catalog->suppliers[found->second].relays_query;
  return may_be_asked ? &snapshot.suppliers[found->second] : nullptr;
}

bool QueryRelay::Ask(const ClientQuery& query, const store::MessageFate& own) {
  const SupplierEntry* supplier = SupplierFor(query, own);
  if (supplier == nullptr) return false;
  SubmitJob job;
  job.link = ChooseLink(*supplier, WaitsIn::kAside, context_.loop, context_.limits);
  if (job.link != nullptr) job.pdu = QueryFor(own, supplier->profile.get());
  if (job.pdu.empty()) {
    context_.metrics.Add(Metric::queries_unheard);
    return false;
  }
  if (asked_.size() >= context_.limits.query_relayed_max || !TakeTurn(query)) {
    context_.metrics.Add(Metric::queries_relayed_full);
    return false;
  }
  const TimePoint give_up = context_.now() + context_.limits.query_wait;
  job.message = asked_.Insert(std::make_unique<Asked>(Asked{query, own, give_up}));
  give_ups_.emplace(give_up, job.message);
  context_.metrics.Add(Metric::queries_relayed);
  context_.metrics.Add(Metric::queries_at_suppliers);
  ArmTimer();
  job.client_loop = context_.loop;
  job.command_id = CommandId::query_sm;
  job.age = query.message_id;
  job.give_up = give_up;
  sender_.SendJob(std::move(job));
  return true;
}

// It costs a supplier what a message does. Who has none left, or is gone, asks nobody.
bool QueryRelay::TakeTurn(const ClientQuery& query) {
  const EsmeEntry* entry = front_.Find(query.session);
  return entry != nullptr && front_.TakeTurn(*entry);
}

void QueryRelay::OnRelayed(const SubmitResult& result) {
  const std::unique_ptr<Asked> asked = asked_.Take(result.message);
  HUB_CHECK(asked != nullptr);
  context_.metrics.Sub(Metric::queries_at_suppliers);
  if (asked->told) return;
  give_ups_.erase({asked->give_up, result.message});
  ArmTimer();
  const std::optional<smpp::QuerySmResp> said = WordIn(result);
  Tell(*asked, said ? &*said : nullptr);
}

void QueryRelay::Tell(Asked& asked, const smpp::QuerySmResp* said) {
  asked.told = true;
  if (said == nullptr) context_.metrics.Add(Metric::queries_unheard);
  told_.OnTold(asked.query, asked.own, said);
}

void QueryRelay::GiveUp() {
  while (!give_ups_.empty() && give_ups_.begin()->first <= context_.now()) {
    const SlotId slot = give_ups_.begin()->second;
    give_ups_.erase(give_ups_.begin());
    Tell(**asked_.Find(slot), nullptr);
  }
  ArmTimer();
}

void QueryRelay::ArmTimer() {
  if (give_ups_.empty()) return timer_.Stop();
  timer_.Start(give_ups_.begin()->first - context_.now());
}

}  // namespace hub::relay
