#include "server/relay/mo/mo_desk.h"

#include <algorithm>

#include "protocol/pdu/alert_notification.h"
#include "protocol/text/first_word.h"
#include "server/telemetry/log.h"

namespace hub::relay {

using routing::MoDigits;
using routing::MoRoutes;
using smpp::Status;

namespace {

// A short code is nobody's telephone, and who has to add its route must see it. Longer ones may be a subscriber's, after a supplier's
// mistake at least.
std::string ShownDestination(std::string_view number) {
  constexpr std::size_t kShortCodeDigitsMax = 6;
  return number.size() <= kShortCodeDigitsMax ? std::string(number) : MaskNumber(number);
}

}  // namespace

MoDesk::MoDesk(Context& context, Front& front, MoExits& exits)
    : context_(context),
      front_(front),
      exits_(exits),
      pins_(context.limits.mo_long_messages_max, context.limits.mo_parts_kept),
      timer_(context.network.timers(), [this] { GiveUp(); }) {}

void MoDesk::OnMo(const SupplierState& supplier, const smpp::MessageView& view, const Slice& pdu,
                  const Origin& origin) {
  context_.metrics.Add(Metric::mo_received);
  const auto concat = smpp::ConcatOf(view);
  if (concat && concat->total > 1)
    return exits_.SendMoPart({supplier.supplier_id, pdu, origin}, supplier.home);
  const std::uint32_t client = ClientOf(supplier.supplier_id, view);
  if (client == MoRoutes::kNone) return RefuseNobodys(view, origin);
  Deliver(front_.snapshot()->clients[client], {supplier.supplier_id, pdu, origin}, 0);
}

// To the client that owns the address that asked for it by set_dpf. It says what is so now: who cannot take it now does not get
// it.                                                                                          SMPP v3.4 §4.12
void MoDesk::OnAlert(const SupplierState& supplier, const Slice& pdu) {
  const auto alert =
      smpp::Decode<smpp::AlertNotification>(pdu.bytes().subspan(smpp::kHeaderOctets));
  if (!alert) return;
  const std::uint32_t client =
      front_.snapshot()->mo.Find({supplier.supplier_id, MoDigits(alert->esme_addr), {}});
  if (client == MoRoutes::kNone) return;
  DeliverJob job;
  job.client = front_.snapshot()->clients[client];
  job.pdu = pdu;
  job.command_id = smpp::CommandId::alert_notification;
  exits_.SendToReceiver(std::move(job));
}

bool MoDesk::NeedsWord(std::int64_t supplier_id, const smpp::MessageView& view) const {
  return front_.snapshot()->mo.HasKeywordsFor(supplier_id, MoDigits(view.destination_addr));
}

std::uint32_t MoDesk::ClientOf(std::int64_t supplier_id, const smpp::MessageView& view) const {
  smpp::Word word;
  if (NeedsWord(supplier_id, view)) word = smpp::FirstWord(view);
  return front_.snapshot()->mo.Find({supplier_id, MoDigits(view.destination_addr), word.view()});
}

// --- parts -----------------------------------------------------------------------------------------------------

void MoDesk::OnPart(MoJob job) {
  smpp::MessageView view;
  // It was readable, and a part, on the loop that it came by.
  if (smpp::ViewMessage(job.origin.command_id, job.pdu.bytes(), view) != Status::ESME_ROK) return;
  const smpp::Concat concat = *smpp::ConcatOf(view);
  const std::string key = LongMoKey(job.supplier_id, view, concat);
  // A first part decides anew: handsets use their references again, for another message with another keyword.
  if (concat.part == 1) return Decide(key, job, view);
  if (const auto client = pins_.Find(key, context_.now())) return Follow(*client, job, view);
  if (!NeedsWord(job.supplier_id, view)) return Decide(key, job, view);
  Wait(key, concat.part, std::move(job));
}

void MoDesk::Decide(const std::string& key, const MoJob& job, const smpp::MessageView& view) {
  const std::uint32_t index = ClientOf(job.supplier_id, view);
  // Nobody's is noted, too: its later parts are refused like the first one, and do not come again and again to wait for it.
  std::shared_ptr<ClientState> client;
  if (index != MoRoutes::kNone) client = front_.snapshot()->clients[index];
  if (pins_.Note(key, client, context_.now())) context_.metrics.Add(Metric::mo_long_forgotten);
  context_.metrics.Set(Metric::mo_long_messages, static_cast<std::int64_t>(pins_.size()));
  Follow(client, job, view);
  Release(key, client);
}

// `client` null: it is nobody's.
void MoDesk::Follow(const std::shared_ptr<ClientState>& client, const MoJob& job,
                    const smpp::MessageView& view) {
  if (client == nullptr) return RefuseNobodys(view, job.origin);
  Deliver(client, job, TogetherOf(view));
}

void MoDesk::Wait(const std::string& key, std::uint8_t part, MoJob job) {
  if (parts_waiting_ >= context_.limits.mo_parts_waiting_max) {
    context_.metrics.Add(Metric::mo_parts_full);
    return exits_.SendAnswer({job.origin, Status::ESME_RX_T_APPN});
  }
  context_.metrics.Add(Metric::mo_parts_waited);
  job.pdu = Slice::CopyOf(job.pdu.bytes());  // it must not hold a whole read buffer meanwhile
  const TimePoint give_up = context_.now() + context_.limits.mo_part_wait;
  waiting_[key].push_back({part, std::move(job), give_up});
  deadlines_.emplace_back(give_up, key);
  NoteWaiting(parts_waiting_ + 1);
  if (!timer_.armed()) timer_.Start(context_.limits.mo_part_wait);
}

void MoDesk::NoteWaiting(std::size_t parts) {
  parts_waiting_ = parts;
  context_.metrics.Set(Metric::mo_parts_waiting, static_cast<std::int64_t>(parts));
}

// The first part came: what waited follows it, in order.
void MoDesk::Release(const std::string& key, const std::shared_ptr<ClientState>& client) {
  const auto found = waiting_.find(key);
  if (found == waiting_.end()) return;
  std::vector<Waiting> parts = std::move(found->second);
  waiting_.erase(found);
  NoteWaiting(parts_waiting_ - parts.size());
  std::stable_sort(parts.begin(), parts.end(),
                   [](const Waiting& a, const Waiting& b) { return a.part < b.part; });
  for (const Waiting& each : parts) {
    const auto view = smpp::ViewMessage(each.job.origin.command_id, each.job.pdu.bytes());
    Follow(client, each.job, *view);
  }
}

// Whose they are is not known, and it is not guessed: they come again, and the first part may be here by then.
void MoDesk::GiveUp() {
  const TimePoint now = context_.now();
  while (!deadlines_.empty() && deadlines_.front().first <= now) {
    const auto found = waiting_.find(deadlines_.front().second);
    deadlines_.pop_front();
    if (found == waiting_.end()) continue;
    std::vector<Waiting>& parts = found->second;  // by give_up
    while (!parts.empty() && parts.front().give_up <= now) {
      const Origin origin = parts.front().job.origin;
      parts.erase(parts.begin());
      NoteWaiting(parts_waiting_ - 1);
      context_.metrics.Add(Metric::mo_parts_alone);
      exits_.SendAnswer({origin, Status::ESME_RX_T_APPN});
    }
    if (parts.empty()) waiting_.erase(found);
  }
  if (!deadlines_.empty()) timer_.Start(deadlines_.front().first - now);
}

// --- on their way ----------------------------------------------------------------------------------------------

void MoDesk::RefuseNobodys(const smpp::MessageView& view, const Origin& origin) {
  context_.metrics.Add(Metric::mo_no_route);
  Log(Event::mo_no_route, {{"destination", ShownDestination(view.destination_addr)}});
  exits_.SendAnswer({origin, Status::ESME_RINVDSTADR});
}

void MoDesk::Deliver(std::shared_ptr<ClientState> client, MoJob mo, std::uint64_t together) {
  DeliverJob job;
  job.client = std::move(client);
  job.pdu = std::move(mo.pdu);
  job.command_id = mo.origin.command_id;
  job.origin = mo.origin;
  job.supplier_id = mo.supplier_id;
  job.together = together;
  const store::ClientRow* row = front_.snapshot()->ClientOf(*job.client);
  if (row != nullptr && row->mo_offline == store::MoOffline::kStore)
    return exits_.SendMoHome(std::move(job));
  if (exits_.SendToReceiver(job)) return;
  context_.metrics.Add(Metric::mo_refused_no_bind);
  Log(Event::mo_no_bind, {{"system_id", job.client->system_id}});
  exits_.SendAnswer({mo.origin, Status::ESME_RX_T_APPN});
}

}  // namespace hub::relay
