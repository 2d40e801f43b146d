#include "server/relay/client/front.h"

#include <algorithm>
#include <utility>

#include "protocol/pdu/multi_split.h"
#include "server/relay/client/broadcast_terms.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

// Refusals of access::Guard, in the order of access::Arrival.
constexpr Metric kRefused[] = {Metric::connections_refused, Metric::connections_banned,
                               Metric::connections_unbound_per_address,
                               Metric::connections_rate_per_address, Metric::connections_rate};

// Ends of a connection that did not bind which are no offence of its peer. What was wrong with a bind has been counted by then.
bool IsOurWord(CloseReason reason) {
  using enum CloseReason;
  return reason == bind_refused || reason == displaced || reason == shutdown || reason == outbind;
}

// One in so many of smpp.unbound_max is kept for addresses that a client bound from, or that a list names.
constexpr std::size_t kOfKnownOnes = 8;

// The finaliser of SplitMix64.
std::uint64_t Draw(std::uint64_t together, SlotId session) {
  std::uint64_t x = together ^ (static_cast<std::uint64_t>(session) * 0x9e3779b97f4a7c15u);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Turns of the one are turns of the other; null: the client is gone.
bool HaveOnePace(const store::ClientRow* one, const store::ClientRow* other) {
  if (one == nullptr || other == nullptr) return one == other;
  return one->over_rate == other->over_rate && one->rate_per_second == other->rate_per_second &&
         one->rate_burst == other->rate_burst;
}

// As many as messages come of it; a question costs none.
std::int64_t TurnsOf(const smpp::Header& header, const Slice& pdu) {
  if (header.command_id == smpp::CommandId::query_sm) return 0;
  if (header.command_id != smpp::CommandId::submit_multi) return 1;
  return static_cast<std::int64_t>(smpp::MultiSplit(pdu.bytes()).count());
}

}  // namespace

/// Why a connection is closed at once, and what counts it.
struct Refusal {
  std::string_view why;
  Metric metric;
};

// Strangers may fill all but a part of the room: those that we know have lived without a queue so far.
bool Front::HasNoRoomFor(const access::Address& address) {
  const std::size_t max = context_.limits.unbound_sessions_max;
  if (unbound_ < max - max / kOfKnownOnes) return false;
  return unbound_ >= max || !context_.guard.IsFriend(address, snapshot_->named);
}

const Refusal* Front::WhyRefused(const access::Address& address) {
  static constexpr Refusal kDraining{"draining", Metric::connections_refused};
  static constexpr Refusal kUnboundMax{"unbound_max", Metric::connections_unbound_refused};
  static constexpr Refusal kConnectionsMax{"connections_max", Metric::connections_refused};
  static constexpr Refusal kOverload{"overload", Metric::connections_overload_refused};
  if (draining_) return &kDraining;
  if (HasNoRoomFor(address)) return &kUnboundMax;
  if (sessions_.size() >= context_.limits.sessions_max) return &kConnectionsMax;
  const bool is_stranger = overload_.Is(OverloadLevel::kNoStrangers) &&
                           !context_.guard.IsFriend(address, snapshot_->named);
  return is_stranger ? &kOverload : nullptr;
}

net::StreamEvents* Front::Accept(net::Stream& stream) {
  // A peer without an address we can read is counted as ::, so that it has limits, too.
  const access::Address address = access::AddressOfPeer(stream.peer()).value_or(access::Address{});
  if (const Refusal* refusal = WhyRefused(address)) {
    context_.metrics.Add(refusal->metric);
    Log(Event::connection_refused, {{"peer", stream.peer()},
                                    {"why", refusal->why},
                                    {"unbound", unbound_},
                                    {"sessions", sessions_.size()}});
    return nullptr;
  }
  const auto [arrival, place] =
      context_.guard.Arrive(address, snapshot_->named, *this, context_.now());
  if (arrival != access::Arrival::kWelcome) {
    context_.metrics.Add(kRefused[static_cast<std::size_t>(arrival)]);
    Log(Event::connection_refused, {{"peer", stream.peer()}, {"why", Name(arrival)}});
    return nullptr;
  }
  context_.metrics.Add(Metric::connections_accepted);
  context_.metrics.Add(Metric::connections_unbound);
  ++unbound_;
  std::string name = "c-" + std::to_string(context_.loop) + "." + std::to_string(++named_);
  auto entry = std::make_unique<EsmeEntry>();
  entry->address = address;
  entry->place = place;
  EsmeEvents& self = *this;
  entry->session = std::make_unique<EsmeSession>(context_.network, stream, context_.limits.esme,
                                                 context_.metrics, std::move(name), self);
  EsmeSession* session = entry->session.get();
  session->account = entry.get();
  session->id = sessions_.Insert(std::move(entry));
  if (place != 0) places_.emplace(place, session->id);
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

// --- the end ---------------------------------------------------------------------------------------------------

// Its place is free before its connection is closed: who unbinds and comes back at once finds it. Nor is it sent anything: other loops
// must not choose this one for a session that only waits for its answers.
void Front::OnLeft(EsmeSession& session) {
  EsmeEntry& entry = EntryOf(session);
  entry.client->seats.Leave(entry.mode);
  const auto receivers = receivers_.find(entry.client->client_id);
  if (receivers == receivers_.end() || std::erase(receivers->second, &entry) == 0) return;
  entry.client->receivers[context_.loop].fetch_sub(1);
  if (receivers->second.empty()) receivers_.erase(receivers);
}

void Front::NoLongerUnbound(const EsmeEntry& entry) {
  --unbound_;
  context_.metrics.Sub(Metric::connections_unbound);
  context_.guard.NoLongerUnbound(entry.address, entry.place);
  places_.erase(entry.place);
}

// By the time the loop hears of it the connection may be bound, or gone: then nothing is to be done.
void Front::OnDisplaced(std::uint64_t place) {
  context_.run_on_loop([this, place] {
    const auto found = places_.find(place);
    if (found == places_.end()) return;
    context_.metrics.Add(Metric::connections_displaced);
    (*sessions_.Find(found->second))->session->Close(CloseReason::displaced);
  });
}

void Front::OnEsmeEnded(EsmeSession& session, CloseReason reason) {
  EsmeEntry& entry = EntryOf(session);
  entry.here->store(false);
  entry.pause.reset();
  if (entry.client == nullptr) {
    NoLongerUnbound(entry);
    // A client that we know here may hang up while it waits for our word: hashes may take long. It gave no offence by that.
    if (!IsOurWord(reason) && !entry.asks_from_known)
      context_.guard.EndedUnbound(entry.address, context_.now());
  } else {
    // Nobody spends any more: what is left of its lease may serve the client on another node.
    if (entry.client->seats.taken() == 0) entry.client->credit->ReturnAll();
  }
  // The stream that called us still stands on the stack: the session is buried at the end of the turn.
  context_.network.Defer(
      [dead = std::shared_ptr<EsmeEntry>(sessions_.Take(session.id))]() mutable { dead.reset(); });
}

// --- traffic ---------------------------------------------------------------------------------------------------

void Front::OnOverload() {
  ForEach([this](EsmeEntry& entry) {
    if (entry.row != nullptr) entry.session->UseWindow(WindowOf(*entry.row));
  });
}

void Front::OnMessage(EsmeSession& session, const smpp::Header& header, Slice&& pdu) {
  events_.OnMessage(EntryOf(session), header, std::move(pdu));
}

// Of a client that would rather wait than be refused: its tokens are taken here, and not by who asks later whether it may.
Duration Front::Pace(EsmeSession& session, const smpp::Header& header, const Slice& pdu) {
  EsmeEntry& entry = EntryOf(session);
  entry.turns = {};
  if (!entry.IsDelayed()) return Duration{0};
  entry.turns = entry.client->rate.Reserve(context_.now(), TurnsOf(header, pdu), overload_.burst());
  if (entry.turns.wait > Duration{0}) context_.metrics.Add(Metric::messages_delayed);
  return entry.turns.wait;
}

bool Front::TakesBroadcasts(EsmeSession& session) {
  const store::ClientRow* row = EntryOf(session).row;
  return row != nullptr && BroadcastTermsOf(*snapshot_, *row).has_value();
}

void Front::OnDeliverEnd(EsmeSession& session, std::uint64_t token, DeliverEnd end,
                         smpp::Status status, const Slice& tlvs) {
  EsmeEntry& entry = EntryOf(session);
  events_.OnDeliverEnd(entry, token, end, status, tlvs);
  if (entry.client != nullptr && CanReceive(session.state()))
    events_.OnReceiverReady(*entry.client);
}

void Front::OnDrained(EsmeSession& session) {
  if (CanReceive(session.state())) events_.OnReceiverReady(*EntryOf(session).client);
}

EsmeEntry* Front::Receiver(const ClientState& client, bool with_tlvs) {
  const auto found = receivers_.find(client.client_id);
  if (found == receivers_.end()) return nullptr;
  std::vector<EsmeEntry*>& list = found->second;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (!list[i]->session->CanDeliver()) continue;
    if (with_tlvs && !list[i]->session->speaks_tlvs()) continue;
    EsmeEntry* chosen = list[i];
    std::rotate(list.begin() + static_cast<std::ptrdiff_t>(i),
                list.begin() + static_cast<std::ptrdiff_t>(i) + 1, list.end());
    return chosen;
  }
  return nullptr;
}

// The highest of all sessions' draws: who comes or goes moves its own share only.
EsmeEntry* Front::ReceiverOf(const ClientState& client, std::uint64_t together) {
  const auto found = receivers_.find(client.client_id);
  if (found == receivers_.end()) return nullptr;
  EsmeEntry* chosen = nullptr;
  std::uint64_t highest = 0;
  for (EsmeEntry* each : found->second) {
    if (!CanReceive(each->session->state())) continue;
    const std::uint64_t drawn = Draw(together, each->session->id);
    if (chosen != nullptr && drawn <= highest) continue;
    chosen = each;
    highest = drawn;
  }
  return chosen != nullptr && chosen->session->CanDeliver() ? chosen : nullptr;
}

void Front::Use(SnapshotPtr snapshot) {
  // Until their turn comes below, entries' rows are of the one before.
  const SnapshotPtr before = std::exchange(snapshot_, std::move(snapshot));
  snapshot_here_ = snapshot_;
  for (const store::ClientRow& row : snapshot_->catalog->clients) {
    if (!row.enabled) context_.passwords.Forget(row.client_id);
  }
  ForEach([this](EsmeEntry& entry) {
    if (entry.client == nullptr) return;
    const store::ClientRow* was = std::exchange(entry.row, snapshot_->ClientOf(*entry.client));
    if (!HaveOnePace(was, entry.row)) entry.session->PaceAnew();
    if (entry.row == nullptr || !entry.row->enabled || IsTooPlain(*entry.row, *entry.session))
      entry.session->Dismiss();
  });
}

void Front::Drain() {
  draining_ = true;
  ForEach([](EsmeEntry& entry) { entry.session->Dismiss(); });
}

}  // namespace hub::relay
