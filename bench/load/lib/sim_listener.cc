#include "bench/load/lib/sim_listener.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "protocol/pdu/answer.h"
#include "protocol/pdu/message_view.h"

namespace hub::load {
namespace {

using smpp::CommandId;
using smpp::Status;

// Room for 100,000 ids a second before a restarted simulator could meet an id of its predecessor.
std::uint64_t FirstIdNow(WallTime now) {
  constexpr WallTime kEpoch = std::chrono::sys_days{std::chrono::year{2025} / 1 / 1};
  return static_cast<std::uint64_t>((now - kEpoch).count() / 10);
}

std::int64_t Burst(std::uint64_t per_second) {
  return static_cast<std::int64_t>(std::max<std::uint64_t>(1, per_second / 10));
}

}  // namespace

SimListener::SimListener(net::Network& network, ListenerOptions options, std::uint64_t seed)
    : network_(network),
      options_(std::move(options)),
      random_(seed),
      next_id_(options_.first_id != 0 ? options_.first_id : FirstIdNow(network.clock().WallNow())),
      responses_(network.timers(),
                 [this](Response& response) {
                   const auto found = sessions_.find(response.session);
                   if (found == sessions_.end() || !found->second->open()) {
                     ++counters_.answers_too_late;
                   } else {
                     Respond(*found->second, response);
                   }
                 }),
      receipts_(network.timers(), [this](Owed& owed) { Due(owed); }),
      retries_(network.timers(), [this](Owed& owed) { Due(owed); }),
      flap_(network.timers(), [this] { Flap(); }) {
  const auto rate = static_cast<std::int64_t>(options_.throttle_per_second);
  throttle_.Set(rate, Burst(options_.throttle_per_second));
  if (options_.flap.count() != 0) flap_.Start(options_.flap);
}

net::StreamEvents* SimListener::Accept(net::Stream& stream) {
  const std::uint64_t id = ++last_session_;
  auto session = std::make_unique<SimSession>(*this, stream, id);
  SimSession* accepted = session.get();
  sessions_.emplace(id, std::move(session));
  return accepted;
}

Status SimListener::JudgeBind(std::string_view system_id, std::string_view password) const {
  if (options_.refuse_binds) return Status::ESME_RBINDFAIL;
  if (!options_.system_id.empty() && system_id != options_.system_id) return Status::ESME_RINVSYSID;
  if (!options_.password.empty() && password != options_.password) return Status::ESME_RINVPASWD;
  return Status::ESME_ROK;
}

void SimListener::Bound(SimSession& session) {
  ++counters_.binds;
  if (!session.can_receive()) return;
  Account& account = accounts_[session.system_id()];
  account.receivers.push_back(&session);
  DeliverWaiting(account);
}

void SimListener::Closed(SimSession& session) {
  const auto account = accounts_.find(session.system_id());
  if (account != accounts_.end()) {
    std::erase(account->second.receivers, &session);
    for (auto& [sequence, delivery] : session.TakeUnanswered()) {
      Keep(account->second, std::move(delivery));
    }
    DeliverWaiting(account->second);
  }
  network_.Defer([this, id = session.id()] { sessions_.erase(id); });
}

void SimListener::OnMessage(SimSession& session, const smpp::Header& header, smpp::Bytes pdu) {
  ++counters_.messages;
  if (options_.disconnect_every != 0 && counters_.messages % options_.disconnect_every == 0) {
    ++counters_.disconnects;
    session.Disconnect();
    return;
  }
  smpp::MessageView message;
  Status status = smpp::ViewMessage(header.command_id, pdu, message);
  if (status != Status::ESME_ROK) {
    ++counters_.malformed;
  } else {
    status = JudgeMessage(message.destination_addr);
  }
  if (options_.drop != 0 && random_.Below(kWhole) < options_.drop) {
    ++counters_.dropped;
    return;
  }
  if (options_.garbage != 0 && random_.Below(kWhole) < options_.garbage) {
    return SendGarbage(session);
  }
  const std::uint64_t id = status == Status::ESME_ROK ? next_id_++ : 0;
  const Response response{session.id(), header.command_id, status, header.sequence_number, id};
  if (id != 0 && options_.receipt_before_response) OweReceipt(session, message, id);
  if (options_.response_delay.count() == 0) {
    Respond(session, response);
  } else {
    responses_.Push(response, options_.response_delay);
  }
  if (id != 0 && !options_.receipt_before_response) OweReceipt(session, message, id);
}

// Noise, or noise whose first four octets are its length: the one breaks framing, the other is a PDU of nobody's.
void SimListener::SendGarbage(SimSession& session) {
  ++counters_.garbage;
  std::uint8_t octets[80];
  for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>(random_.Below(256));
  const std::uint32_t length = smpp::kHeaderOctets + random_.Below(64);
  if (random_.Below(2) == 0) smpp::WriteU32(octets, length);
  session.Send({octets, length});
}

Status SimListener::JudgeMessage(std::string_view destination) {
  for (const PrefixError& e : options_.prefix_errors) {
    if (destination.starts_with(e.prefix)) return e.status;
  }
  if (!throttle_.TryTake(network_.timers().now())) return Status::ESME_RTHROTTLED;
  if (options_.errors.empty()) return Status::ESME_ROK;
  std::uint32_t dice = random_.Below(kWhole);
  for (const ErrorShare& e : options_.errors) {
    if (dice < e.millionths) return e.status;
    dice -= e.millionths;
  }
  return Status::ESME_ROK;
}

void SimListener::Respond(SimSession& session, const Response& r) {
  counters_.statuses.Add(r.status);
  if (r.status != Status::ESME_ROK) {
    ++counters_.answered_error;
    session.Answer(r.request, r.status, r.sequence_number);
    return;
  }
  ++counters_.answered_ok;
  IdRoom id;
  std::uint8_t pdu[smpp::kAnswerOctetsMax];
  const std::size_t octets =
      smpp::WriteMessageIdAnswer(pdu, smpp::ResponseOf(r.request), r.status, r.sequence_number,
                                 FormatId(options_.id_format, r.id, id));
  session.Send({pdu, octets});
}

smpp::MessageState SimListener::DrawState() {
  if (options_.receipt_states.size() == 1) return options_.receipt_states[0].state;
  std::uint32_t sum = 0;
  for (const StateWeight& w : options_.receipt_states) sum += w.weight;
  std::uint32_t dice = random_.Below(sum);
  for (const StateWeight& w : options_.receipt_states) {
    if (dice < w.weight) return w.state;
    dice -= w.weight;
  }
  return options_.receipt_states.back().state;
}

void SimListener::OweReceipt(SimSession& session, const smpp::MessageView& message,
                             std::uint64_t id) {
  if ((message.registered_delivery & 0x03) == 0) return;
  ++counters_.receipts_asked;
  const smpp::MessageState state = DrawState();
  if (!WantsReceipt(message.registered_delivery, state)) return;
  ++counters_.receipts_made;
  Owed owed{session.system_id(), ReceiptFor(message, id, state, network_.clock().WallNow())};
  if (options_.receipt_before_response) {
    Due(owed);
  } else {
    receipts_.Push(std::move(owed), options_.response_delay + options_.receipt_delay);
  }
}

void SimListener::Due(Owed& owed) {
  Account& account = accounts_[owed.system_id];
  if (account.waiting.empty() && TryDeliver(account, owed.delivery)) return;
  Keep(account, std::move(owed.delivery));
}

// Takes the delivery if one of the account's binds has room in its window.
bool SimListener::TryDeliver(Account& account, Delivery& delivery) {
  for (std::size_t i = 0; i < account.receivers.size(); ++i) {
    SimSession& session = *account.receivers[account.next++ % account.receivers.size()];
    if (!session.can_receive() || session.unanswered() >= options_.receipt_window) continue;
    session.Deliver(std::move(delivery), options_.receipt_id_format, network_.clock().WallNow());
    return true;
  }
  return false;
}

void SimListener::DeliverWaiting(Account& account) {
  while (!account.waiting.empty() && TryDeliver(account, account.waiting.front())) {
    account.waiting.pop_front();
  }
}

void SimListener::Keep(Account& account, Delivery delivery) {
  if (account.waiting.size() < kOwedMax) {
    account.waiting.push_back(std::move(delivery));
  } else {
    ++counters_.receipts_lost;
  }
}

void SimListener::Delivered(SimSession& session, Delivery delivery, Status answer) {
  Account& account = accounts_[session.system_id()];
  if (!delivery.is_receipt) {
    ++(answer == Status::ESME_ROK ? counters_.mo_ok : counters_.mo_refused);
  } else if (answer == Status::ESME_ROK) {
    ++counters_.receipts_ok;
  } else if (answer != Status::ESME_RX_T_APPN) {
    ++counters_.receipts_refused;
  } else if (delivery.tries < options_.receipt_retries) {
    ++counters_.receipts_retried;
    ++delivery.tries;
    retries_.Push({session.system_id(), std::move(delivery)}, options_.receipt_retry_delay);
  } else {
    ++counters_.receipts_lost;
  }
  DeliverWaiting(account);
}

Outcome<Done> SimListener::SetLive(std::string_view option, std::string_view value) {
  const auto table = ListenerOptionTable();
  const auto row = std::ranges::find(table, option, &ListenerOption::name);
  if (row != table.end() && !row->live) {
    Error error;
    error.doing = "set " + std::string(option);
    error.why = "cannot be changed while the listener runs";
    return Err{std::move(error)};
  }
  auto set = SetListenerOption(options_, option, value);
  if (set.ok()) {
    throttle_.Set(static_cast<std::int64_t>(options_.throttle_per_second),
                  Burst(options_.throttle_per_second));
    flap_.Stop();
    if (options_.flap.count() != 0) flap_.Start(options_.flap);
  }
  return set;
}

void SimListener::DisconnectAll() {
  for (auto& [id, session] : sessions_) {
    if (!session->open()) continue;
    ++counters_.disconnects;
    session->Disconnect();
  }
}

void SimListener::Flap() {
  DisconnectAll();
  flap_.Start(options_.flap);
}

bool SimListener::SendMo(std::string_view from, std::string_view to, std::string_view text) {
  Delivery mo;
  mo.is_receipt = false;
  mo.from = from.substr(0, 20);
  mo.to = to.substr(0, 20);
  mo.text = text.substr(0, 254);
  for (auto& [system_id, account] : accounts_) {
    if (!TryDeliver(account, mo)) continue;
    ++counters_.mo_sent;
    return true;
  }
  return false;
}

std::string SimListener::Json() const {
  std::size_t waiting = receipts_.size() + retries_.size();
  for (const auto& [system_id, account] : accounts_) waiting += account.waiting.size();
  return fmt::format("\"{}\":{{\"sessions\":{},\"receipts_waiting\":{},{}}}", options_.name,
                     sessions_.size(), waiting, counters_.Json());
}

}  // namespace hub::load
