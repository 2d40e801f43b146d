#include "server/relay/front.h"

#include <algorithm>

#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

std::uint8_t ModeBit(smpp::CommandId bind) {
  if (bind == smpp::CommandId::bind_transmitter) return store::kMayBindTx;
  return bind == smpp::CommandId::bind_receiver ? store::kMayBindRx : store::kMayBindTrx;
}

}  // namespace

net::StreamEvents* Front::Accept(net::Stream& stream) {
  if (draining_ || unbound_ >= context_.limits.unbound_sessions_max ||
      sessions_.size() >= context_.limits.sessions_max) {
    context_.metrics.Add(Metric::connections_refused);
    Log(Event::connection_refused,
        {{"peer", stream.peer()}, {"unbound", unbound_}, {"sessions", sessions_.size()}});
    return nullptr;
  }
  context_.metrics.Add(Metric::connections_accepted);
  context_.metrics.Add(Metric::connections_unbound);
  ++unbound_;
  std::string name = "c-" + std::to_string(context_.loop) + "." + std::to_string(++named_);
  auto entry = std::make_unique<EsmeEntry>();
  EsmeEvents& self = *this;
  entry->session = std::make_unique<EsmeSession>(context_.network, stream, context_.limits.esme,
                                                 context_.metrics, std::move(name), self);
  EsmeSession* session = entry->session.get();
  session->account = entry.get();
  session->id = sessions_.Insert(std::move(entry));
  Log(Event::session_opened, {{"sess", session->name()}, {"peer", session->peer()}});
  return session;
}

EsmeEntry& Front::EntryOf(EsmeSession& session) {
  return *static_cast<EsmeEntry*>(session.account);
}

EsmeEntry* Front::Find(SlotId session) {
  std::unique_ptr<EsmeEntry>* found = sessions_.Find(session);
  return found == nullptr ? nullptr : found->get();
}

// --- bind ------------------------------------------------------------------------------------------------------

void Front::OnBind(EsmeSession& session, BindAttempt attempt) {
  std::string hash;
  const auto found = snapshot_->client_by_system_id.find(attempt.system_id);
  if (found != snapshot_->client_by_system_id.end())
    hash = snapshot_->catalog->clients[found->second].password_hash;
  std::string password = std::move(attempt.password);
  attempt.password.clear();
  // The answer comes back to the loop by id: the peer may have hung up while its password was hashed.
  auto done = [this, id = session.id, attempt = std::move(attempt)](bool right) {
    context_.run_on_loop([this, id, attempt, right] { FinishBind(id, attempt, right); });
  };
  if (!context_.passwords.Judge(std::move(password), std::move(hash), EntryOf(session).here,
                                std::move(done))) {
    session.RefuseBind(smpp::Status::ESME_RTHROTTLED);
  }
}

std::string_view Front::Objection(const BindAttempt& attempt, bool password_right,
                                  const store::ClientRow** row,
                                  std::shared_ptr<ClientState>* client) const {
  const auto found = snapshot_->client_by_system_id.find(attempt.system_id);
  if (found == snapshot_->client_by_system_id.end()) return "unknown";
  *row = &snapshot_->catalog->clients[found->second];
  *client = snapshot_->clients[found->second];
  if (!password_right) return "password";
  if (!(*row)->enabled) return "disabled";
  if (((*row)->bind_modes & ModeBit(attempt.command_id)) == 0) return "mode";
  if ((*client)->binds.fetch_add(1) >= (*row)->binds_max) {
    (*client)->binds.fetch_sub(1);
    return "binds_max";
  }
  return draining_ ? "draining" : "";
}

void Front::FinishBind(SlotId id, const BindAttempt& attempt, bool password_right) {
  EsmeEntry* entry = Find(id);
  if (entry == nullptr) return context_.metrics.Add(Metric::answers_too_late);
  EsmeSession& session = *entry->session;
  if (session.state() != BindState::OPEN) return;
  std::shared_ptr<ClientState> client;
  const std::string_view why = Objection(attempt, password_right, &entry->row, &client);
  if (!why.empty()) {
    Log(Event::bind_refused, {{"sess", session.name()},
                              {"peer", session.peer()},
                              {"system_id", attempt.system_id},
                              {"why", why}});
    if (why == "draining") client->binds.fetch_sub(1);
    // One status for all reasons: it does not tell a guesser which half was wrong.
    return session.RefuseBind(why == "binds_max" ? smpp::Status::ESME_RALYBND
                                                 : smpp::Status::ESME_RBINDFAIL);
  }
  --unbound_;
  context_.metrics.Sub(Metric::connections_unbound);
  entry->client = std::move(client);
  if (attempt.command_id != smpp::CommandId::bind_transmitter) {
    entry->client->receivers[context_.loop].fetch_add(1);
    receivers_[entry->client->client_id].push_back(entry);
  }
  session.AcceptBind(context_.limits.system_id,
                     static_cast<std::uint32_t>(entry->row->window_requests_max));
  if (!CanReceive(session.state())) return;
  events_.OnReceiverReady(*entry->client);
  events_.OnReceiverBound(entry->client);
}

void Front::OnEsmeEnded(EsmeSession& session, CloseReason) {
  EsmeEntry& entry = EntryOf(session);
  entry.here->store(false);
  if (entry.client == nullptr) {
    --unbound_;
    context_.metrics.Sub(Metric::connections_unbound);
  } else {
    // Nobody spends any more: what is left of its lease may serve the client on another node.
    if (entry.client->binds.fetch_sub(1) == 1) entry.client->credit->ReturnAll();
    std::vector<EsmeEntry*>& list = receivers_[entry.client->client_id];
    if (std::erase(list, &entry) != 0) entry.client->receivers[context_.loop].fetch_sub(1);
    if (list.empty()) receivers_.erase(entry.client->client_id);
  }
  // The stream that called us still stands on the stack: the session is buried at the end of the turn.
  context_.network.Defer(
      [dead = std::shared_ptr<EsmeEntry>(sessions_.Take(session.id))]() mutable { dead.reset(); });
}

// --- traffic ---------------------------------------------------------------------------------------------------

void Front::OnMessage(EsmeSession& session, const smpp::Header& header, const Slice& pdu) {
  events_.OnMessage(EntryOf(session), header, pdu);
}

void Front::OnDeliverEnd(EsmeSession& session, std::uint64_t token, DeliverEnd end,
                         smpp::Status status) {
  EsmeEntry& entry = EntryOf(session);
  events_.OnDeliverEnd(entry, token, end, status);
  if (entry.client != nullptr && CanReceive(session.state()))
    events_.OnReceiverReady(*entry.client);
}

void Front::OnDrained(EsmeSession& session) {
  if (CanReceive(session.state())) events_.OnReceiverReady(*EntryOf(session).client);
}

EsmeEntry* Front::Receiver(const ClientState& client) {
  const auto found = receivers_.find(client.client_id);
  if (found == receivers_.end()) return nullptr;
  std::vector<EsmeEntry*>& list = found->second;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i]->session->CanDeliver()) continue;
    EsmeEntry* chosen = list[i];
    std::rotate(list.begin() + static_cast<std::ptrdiff_t>(i),
                list.begin() + static_cast<std::ptrdiff_t>(i) + 1, list.end());
    return chosen;
  }
  return nullptr;
}

void Front::Use(SnapshotPtr snapshot) {
  snapshot_ = std::move(snapshot);
  ForEach([this](EsmeEntry& entry) {
    if (entry.client == nullptr) return;
    entry.row = snapshot_->ClientOf(*entry.client);
    if (entry.row == nullptr || !entry.row->enabled) entry.session->Dismiss();
  });
}

void Front::Drain() {
  draining_ = true;
  ForEach([](EsmeEntry& entry) { entry.session->Dismiss(); });
}

}  // namespace hub::relay
