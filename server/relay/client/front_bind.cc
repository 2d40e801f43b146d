// A bind from its request to its answer. Whatever is wrong with it, the peer hears ESME_RBINDFAIL after the work of one wrong
// password: neither the status nor the time tells a guesser which half was wrong, or whether there is such a client at all.
#include <algorithm>

#include "server/relay/client/front.h"
#include "server/telemetry/log.h"

namespace hub::relay {
namespace {

using access::BindMode;

BindMode ModeOf(smpp::CommandId bind) {
  if (bind == smpp::CommandId::bind_transmitter) return BindMode::kTx;
  return bind == smpp::CommandId::bind_receiver ? BindMode::kRx : BindMode::kTrx;
}

/// What a client's row says of a mode.
struct ModeTerms {
  std::uint8_t bit;
  std::int32_t store::ClientRow::*binds_max;
};
constexpr ModeTerms kModes[] = {
    // in the order of BindMode
    {store::kMayBindTx, &store::ClientRow::binds_max_tx},
    {store::kMayBindRx, &store::ClientRow::binds_max_rx},
    {store::kMayBindTrx, &store::ClientRow::binds_max_trx},
};
const ModeTerms& TermsOf(BindMode mode) { return kModes[static_cast<std::size_t>(mode)]; }

}  // namespace

Front::Asked Front::Ask(const BindAttempt& attempt, const EsmeEntry& entry) const {
  const access::Address& address = entry.address;
  Asked asked;
  const auto found = snapshot_->client_by_system_id.find(attempt.system_id);
  if (found != snapshot_->client_by_system_id.end()) {
    asked.row = &snapshot_->catalog->clients[found->second];
    asked.client = snapshot_->clients[found->second];
    asked.is_known = snapshot_->allow_from[found->second].Names(address) ||
                     context_.guard.Knows(address, asked.row->client_id);
  }
  asked.objection = Objection(asked, attempt, entry);
  return asked;
}

std::string_view Front::Objection(const Asked& asked, const BindAttempt& attempt,
                                  const EsmeEntry& entry) const {
  if (asked.row == nullptr) return "unknown";
  const store::ClientRow& row = *asked.row;
  const auto index = static_cast<std::size_t>(&row - snapshot_->catalog->clients.data());
  if (!snapshot_->allow_from[index].Allows(entry.address)) return "address";
  if (!asked.is_known && context_.guard.IsBanned(entry.address, context_.now())) return "banned";
  if (!row.enabled) return "disabled";
  if (IsTooPlain(row, *entry.session)) return "tls";
  if (HashesOf(row).empty()) return "expired";
  if ((row.bind_modes & TermsOf(ModeOf(attempt.command_id)).bit) == 0) return "mode";
  return draining_ ? "draining" : "";
}

// Those whose time is not over. The moment counts also for what is remembered as right.
std::vector<access::PasswordHash> Front::HashesOf(const store::ClientRow& row) const {
  const std::int64_t now_us = ToMicros(context_.wall_now());
  std::vector<access::PasswordHash> hashes;
  const auto add = [&](const std::string& hash, std::int64_t until_us) {
    if (hash.empty() || now_us >= until_us) return;
    const bool ends =
        until_us < now_us + std::chrono::microseconds(std::chrono::days(36'500)).count();
    hashes.push_back(
        {hash, ends ? Duration(std::chrono::microseconds(until_us - now_us)) : Duration::max()});
  };
  add(row.password_hash, row.password_until_us);
  add(row.previous_hash, row.previous_until_us);
  return hashes;
}

void Front::OnBind(EsmeSession& session, BindAttempt attempt) {
  EsmeEntry& entry = EntryOf(session);
  const Asked asked = Ask(attempt, entry);
  entry.asks_from_known = asked.is_known;
  access::PasswordCase one;
  one.password = std::move(attempt.password);
  one.hashes_of_work = snapshot_->hashes_max;
  one.is_known = asked.is_known;
  one.wanted = entry.here;
  if (asked.objection.empty()) {
    one.client_id = asked.row->client_id;
    one.hashes = HashesOf(*asked.row);
  } else if (asked.objection == "expired") {
    context_.passwords.Forget(asked.row->client_id);
  }
  context_.guard.Asks(entry.address, entry.place, asked.is_known);
  // The answer comes back to the loop by id: the peer may have hung up while its password was hashed.
  one.done = [this, id = session.id, client_id = one.client_id,
              attempt = std::move(attempt)](std::string_view right) {
    context_.run_on_loop([this, id, attempt, verdict = Verdict{client_id, std::string(right)}] {
      OnJudged(id, attempt, verdict);
    });
  };
  if (!context_.passwords.Judge(std::move(one))) {
    context_.metrics.Add(Metric::binds_unjudged);
    session.RefuseBind(smpp::Status::ESME_RTHROTTLED);
  }
}

// A verdict is of a client and a hash that it had then. A reload may have given the system_id to another client, or ended the hash: who
// knows the new password comes again, and nobody comes in by an old one.
bool Front::IsRight(const Asked& asked, const Verdict& verdict) const {
  if (verdict.hash.empty() || asked.row == nullptr) return false;
  if (asked.row->client_id != verdict.client_id) return false;
  const auto hashes = HashesOf(*asked.row);
  return std::any_of(hashes.begin(), hashes.end(),
                     [&](const access::PasswordHash& hash) { return hash.text == verdict.hash; });
}

void Front::OnJudged(SlotId id, const BindAttempt& attempt, const Verdict& verdict) {
  EsmeEntry* entry = Find(id);
  if (entry == nullptr) return context_.metrics.Add(Metric::answers_too_late);
  if (entry->session->state() != BindState::OPEN) return;
  const Asked asked = Ask(attempt, *entry);
  const std::string_view why =
      asked.objection.empty() && !IsRight(asked, verdict) ? "password" : asked.objection;
  // Whatever was wrong with it: a system_id whose refusals did not count would be one that exists.
  if (!why.empty() && why != "draining") CountFailure(*entry, attempt, asked.is_known);
  const Duration delay =
      context_.guard.Delay(entry->address, attempt.system_id, asked.is_known, context_.now());
  if (delay <= Duration{0}) return FinishBind(id, attempt, verdict);
  context_.metrics.Add(Metric::binds_delayed);
  // The right password waits, too: who guesses must not learn by the clock that this one was it.
  entry->pause = std::make_unique<Timer>(context_.network.timers(), [this, id, attempt, verdict] {
    FinishBind(id, attempt, verdict);
  });
  entry->pause->Start(delay);
}

void Front::CountFailure(const EsmeEntry& entry, const BindAttempt& attempt, bool is_known) {
  const Duration ban =
      context_.guard.Failed(entry.address, attempt.system_id, is_known, context_.now());
  if (ban <= Duration{0}) return;
  context_.metrics.Add(Metric::addresses_banned);
  Log(Event::address_banned,
      {{"peer", entry.session->peer()},
       {"system_id", attempt.system_id},
       {"for_s", std::chrono::duration_cast<std::chrono::seconds>(ban).count()}});
}

void Front::FinishBind(SlotId id, const BindAttempt& attempt, const Verdict& verdict) {
  EsmeEntry* entry = Find(id);
  if (entry == nullptr || entry->session->state() != BindState::OPEN) return;
  const Asked asked = Ask(attempt, *entry);  // again: the catalog may be another by now
  if (!asked.objection.empty()) return Refuse(*entry->session, attempt, asked.objection);
  if (!IsRight(asked, verdict)) return Refuse(*entry->session, attempt, "password");
  const BindMode mode = ModeOf(attempt.command_id);
  const store::ClientRow& row = *asked.row;
  if (!asked.client->seats.Take(mode, row.binds_max, row.*TermsOf(mode).binds_max)) {
    return Refuse(*entry->session, attempt, "binds_max");
  }
  Admit(*entry, asked, attempt);
}

void Front::Refuse(EsmeSession& session, const BindAttempt& attempt, std::string_view why) {
  Log(Event::bind_refused, {{"sess", session.name()},
                            {"peer", session.peer()},
                            {"system_id", attempt.system_id},
                            {"why", why}});
  // Who has the right password may know that all its places are taken; nobody else hears why.
  session.RefuseBind(why == "binds_max" ? smpp::Status::ESME_RALYBND
                                        : smpp::Status::ESME_RBINDFAIL);
}

void Front::Admit(EsmeEntry& entry, const Asked& asked, const BindAttempt& attempt) {
  NoLongerUnbound(entry);
  context_.guard.Succeeded(entry.address, asked.row->client_id);
  entry.row = asked.row;
  entry.client = asked.client;
  entry.mode = ModeOf(attempt.command_id);
  if (entry.mode != BindMode::kTx) {
    entry.client->receivers[context_.loop].fetch_add(1);
    receivers_[entry.client->client_id].push_back(&entry);
  }
  EsmeSession& session = *entry.session;
  session.AcceptBind(context_.limits.system_id, WindowOf(*entry.row));
  if (!CanReceive(session.state())) return;
  events_.OnReceiverReady(*entry.client);
  events_.OnReceiverBound(entry.client);
}

}  // namespace hub::relay
