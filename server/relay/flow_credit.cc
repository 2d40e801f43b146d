// A decided message and its money: reserved at once, or when the lease that it waits for has come.
#include <utility>

#include "server/relay/flow.h"

namespace hub::relay {

using smpp::Status;

namespace {

constexpr std::string_view kNoCredit = "no_credit";

}  // namespace

void Flow::Reserve(SlotId slot) {
  Message& message = *attempts_.Find(slot);
  // Before the question: an answer that comes while it is asked counts as news.
  message.credit_answers = message.client->credit->answers();
  switch (message.client->credit->TryReserve(message.sell_amount)) {
    case billing::Reserve::kReserved:
      return OnReserved(message);
    case billing::Reserve::kNoCredit:
      return RefuseForCredit(message);
    case billing::Reserve::kUnreachable:
      context_.metrics.Add(Metric::credit_unreachable);
      return TurnAway(slot, "credit_unreachable", Status::ESME_RTHROTTLED);
    case billing::Reserve::kWait:
      return AwaitCredit(message);
  }
}

void Flow::AwaitCredit(Message& message) {
  if (message.give_up == TimePoint{}) {
    if (waiting_.size() >= context_.limits.credit_waiting_max) {
      context_.metrics.Add(Metric::credit_waits_refused);
      return TurnAway(message.slot, "credit_waiting_max", Status::ESME_RTHROTTLED);
    }
    context_.metrics.Add(Metric::credit_waits);
    message.give_up = context_.now() + context_.limits.credit_wait;
  } else if (message.give_up <= context_.now()) {
    context_.metrics.Add(Metric::credit_waits_ended);
    return TurnAway(message.slot, "credit_wait", Status::ESME_RTHROTTLED);
  }
  waiting_.push_back(message.slot);
}

// A client that goes on sending without money must not fill the journal: the row says that it has none, the metric how often
// it was told so.
void Flow::RefuseForCredit(const Message& message) {
  context_.metrics.Add(Metric::rejected_no_credit);
  const auto status = static_cast<Status>(message.row->out_of_credit_status);
  if (message.client->no_credit_rows.TryTake(context_.now()))
    records_.Rejected(message, kNoCredit, status);
  TurnAway(message.slot, kNoCredit, status);
}

// Those that wait the longest stand first. Without an answer for any account there is news for nobody but those whose time is
// over.
void Flow::RetryCredit() {
  if (waiting_.empty()) return context_.metrics.Set(Metric::credit_waiting, 0);
  const std::uint64_t answers = front_.snapshot()->credit->answers();
  const bool news = std::exchange(answers_seen_, answers) != answers;
  for (std::size_t left = waiting_.size(); left > 0; --left) {
    const SlotId slot = waiting_.front();
    const Message* found = attempts_.Find(slot);
    const bool over = found == nullptr || found->give_up <= context_.now();
    if (!news && !over) break;
    waiting_.pop_front();
    if (found == nullptr) continue;
    context_.metrics.Add(Metric::credit_looks);
    if (over || found->client->credit->answers() != found->credit_answers) {
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

}  // namespace hub::relay
