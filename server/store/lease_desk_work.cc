// What the desk asks PostgreSQL, and what it makes of the answers.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "server/base/check.h"
#include "server/store/lease_desk.h"
#include "server/telemetry/log.h"

namespace hub::store {
namespace {

using Millis = std::chrono::milliseconds;

constexpr std::size_t kAccountsMax = 256;    // in one statement
constexpr std::int64_t kReturnPauseMs = 40;  // somebody holds an account's row, or no answer
constexpr std::string_view kRecallUnderWay = "recall";
constexpr std::string_view kRowHeld = "busy";

TimePoint Now() { return std::chrono::steady_clock::now(); }

// Of a final answer.
GrantState StateOf(std::string_view name) {
  if (name == "granted") return GrantState::kGranted;
  if (name == "no_credit") return GrantState::kNoCredit;
  if (name == "suspended" || name == "no_account") return GrantState::kSuspended;
  return GrantState::kUnreachable;  // fenced; lost: PostgreSQL forgot; busy: for too long
}

}  // namespace

// ---- grants ------------------------------------------------------------------------------------

void PgLeaseDesk::Ask() {
  std::vector<Question> questions = TakeDue();
  if (questions.empty()) return;
  auto connected = Connect();
  if (connected) {
    auto result = Send(questions);
    if (result) {
      HUB_CHECK(result->rows() == static_cast<int>(questions.size()));
      for (int i = 0; i < result->rows(); ++i) {
        Question& question = questions[static_cast<std::size_t>(i)];
        HUB_CHECK(result->Int(i, 0) == question.account_id);
        const auto granted = ParseNano(result->Text(i, 2));
        // not above want or need, and those fitted
        HUB_CHECK_SAY(granted.has_value(), result->Text(i, 2));
        Take(question, result->Text(i, 1), *granted);
      }
      return;
    }
    Lose(result.error());
  }
  // The numbers stay open: the next request of the account asks the same again.
  for (Question& question : questions) Finish(question, GrantState::kUnreachable);
}

// One of each account: two would share a number.
std::vector<PgLeaseDesk::Question> PgLeaseDesk::TakeDue() {
  const TimePoint now = Now();
  std::vector<Question> due, later;
  std::set<std::int64_t> accounts;
  for (Question& question : questions_) {
    const bool take = question.not_before <= now && due.size() < kAccountsMax &&
                      accounts.insert(question.account_id).second;
    (take ? due : later).push_back(std::move(question));
  }
  questions_ = std::move(later);
  std::sort(due.begin(), due.end(),
            [](const Question& a, const Question& b) { return a.account_id < b.account_id; });
  return due;
}

Outcome<PgResult> PgLeaseDesk::Send(const std::vector<Question>& questions) {
  std::vector<GrantAsked> asked;
  for (const Question& question : questions) {
    Lease& lease = leases_[question.account_id];
    if (!lease.request_open) ++lease.last_request;
    lease.request_open = true;
    asked.push_back({question.account_id, question.want, question.need, lease.last_request});
  }
  return AskGrants(*pg_, node_, asked);
}

void PgLeaseDesk::Take(Question& question, std::string_view state, Nano granted) {
  if (state == kRecallUnderWay) return WaitForOthers(question);
  if (state == kRowHeld && WaitsForRow(question)) return;
  Lease& lease = leases_[question.account_id];
  lease.request_open = state == kRowHeld;  // an earlier answer to its number may be what was lost
  lease.net += granted.units;
  const GrantState outcome = StateOf(state);
  const Event event = outcome == GrantState::kGranted ? Event::lease_granted : Event::lease_refused;
  Log(event,
      {{"account", question.account_id}, {"state", state}, {"granted", FormatNano(granted)}});
  Finish(question, outcome, granted);
  if (state == "fenced") fence_->Trip();
}

// The number is not used up: it is asked until others gave enough back, or the round is over.
void PgLeaseDesk::WaitForOthers(Question& question) {
  if (question.need.units == 0) return Finish(question, GrantState::kElsewhere);
  const TimePoint now = Now();
  if (!question.give_up) question.give_up = now + Millis(limits_.recall_round_ms);
  if (now >= *question.give_up) {
    Log(Event::lease_refused,
        {{"account", question.account_id}, {"state", kRecallUnderWay}, {"granted", "0"}});
    return Finish(question, GrantState::kNoCredit);
  }
  question.not_before = now + Millis(limits_.recall_poll_ms);
  questions_.push_back(std::move(question));
}

// Nothing was changed and the number is not used up. To say kUnreachable at once would refuse a client's messages for a second
// because its last batch is being settled.
bool PgLeaseDesk::WaitsForRow(Question& question) {
  const TimePoint now = Now();
  if (!question.row_until) question.row_until = now + Millis(limits_.row_round_ms);
  if (now >= *question.row_until) return false;
  question.not_before = now + Millis(limits_.recall_poll_ms);
  questions_.push_back(std::move(question));
  return true;
}

void PgLeaseDesk::Finish(Question& question, GrantState state, Nano granted) {
  {
    const std::lock_guard lock(mutex_);
    --unanswered_;
  }
  question.done({question.account_id, state, granted});
}

// ---- returns -----------------------------------------------------------------------------------

void PgLeaseDesk::GiveBack() {
  if (givings_.empty() || Now() < givings_due_) return;
  auto connected = Connect();
  givings_due_ = std::max(Now() + Millis(kReturnPauseMs), next_connect_);
  if (!connected) return KeepUnsent();
  Outcome<bool> more = true;
  while (more && *more) more = GiveBackSome();
  if (!more) Lose(more.error());
}

// PostgreSQL is away for who knows how long, and the lease is worth having.
void PgLeaseDesk::KeepUnsent() {
  std::erase_if(givings_, [](auto& entry) {
    if (entry.second.sent) return false;
    entry.second.done(ReturnState::kKept);
    return true;
  });
}

Outcome<bool> PgLeaseDesk::GiveBackSome() {
  auto result = SayReturns(*pg_, node_, NumberGivings());
  if (!result) return Err{result.error()};
  bool busy = false, forgotten = false;
  for (int i = 0; i < result->rows(); ++i) {
    const std::string_view state = result->Text(i, 1);
    busy |= state == "busy";
    forgotten |= state == "unknown";
    if (state != "busy") FinishGiving(result->Int(i, 0), state);
  }
  if (forgotten) {
    if (auto checked = CheckLeases(*pg_); !checked) return Err{checked.error()};
  }
  return !busy && !givings_.empty();
}

// A number once given stays until PostgreSQL has told what became of it.
std::vector<ReturnSaid> PgLeaseDesk::NumberGivings() {
  std::vector<ReturnSaid> said;
  for (auto& [account, giving] : givings_) {
    if (said.size() == kAccountsMax) break;
    Lease& lease = leases_[account];
    if (!giving.sent) {
      ++lease.last_return;
      lease.net -= giving.amount.units;
    }
    giving.sent = true;
    said.push_back({account, giving.amount, lease.last_return});
  }
  return said;
}

void PgLeaseDesk::FinishGiving(std::int64_t account_id, std::string_view state) {
  const auto giving = givings_.find(account_id);
  Log(Event::lease_returned,
      {{"account", account_id}, {"state", state}, {"amount", FormatNano(giving->second.amount)}});
  giving->second.done(ReturnState::kReturned);
  givings_.erase(giving);
}

// ---- after a connection was lost -----------------------------------------------------------------

Outcome<Done> PgLeaseDesk::CheckLeases(Pg& pg) {
  std::vector<LeaseKnown> known;
  for (auto lease = leases_.begin(); lease != leases_.end();) {
    known.push_back({lease->first, lease->second.net});
    ++lease;
    if (known.size() < kAccountsMax && lease != leases_.end()) continue;
    auto result = AskLeases(pg, node_, std::exchange(known, {}));
    if (!result) return Err{result.error()};
    for (int i = 0; i < result->rows(); ++i) {
      const std::int64_t account = result->Int(i, 0);
      if (result->Text(i, 1) == "lost") {
        auto restored = Restore(pg, account, leases_[account]);
        if (!restored) return restored;
      }
      LeaseHolder* const holder = holder_.load();
      if (result->Bool(i, 2) && holder != nullptr) holder->OnRecall(account);
    }
  }
  return Done{};
}

// Requests whose answer was lost may have been granted. Their askers are back by the next probe, or never: asked once more by
// their numbers, for nothing, and what they brought is given back.
Outcome<Done> PgLeaseDesk::ClaimLost() {
  std::vector<GrantAsked> asked;
  for (const auto& [account, lease] : leases_) {
    const bool is_asked = std::any_of(questions_.begin(), questions_.end(),
                                      [&](const Question& q) { return q.account_id == account; });
    if (!lease.request_open || is_asked || givings_.contains(account)) continue;
    asked.push_back({account, {}, {}, lease.last_request});
    if (asked.size() == kAccountsMax) break;
  }
  if (asked.empty()) return Done{};
  auto result = AskGrants(*pg_, node_, asked);
  if (!result) return Err{result.error()};
  for (int i = 0; i < result->rows(); ++i) {
    const std::int64_t account = result->Int(i, 0);
    const auto granted = ParseNano(result->Text(i, 2));
    HUB_CHECK_SAY(granted.has_value(), result->Text(i, 2));
    if (result->Text(i, 1) == kRecallUnderWay || result->Text(i, 1) == kRowHeld) continue;
    Lease& lease = leases_[account];
    lease.request_open = false;
    lease.net += granted->units;
    if (granted->units == 0) continue;
    givings_.emplace(account, Giving{account, *granted, [](ReturnState) {}});
    givings_due_ = {};
  }
  return Done{};
}

// What was spent or promised will be charged; what was not is given up. Idempotent: a lost answer
// leads here again, or finds all well.
Outcome<Done> PgLeaseDesk::Restore(Pg& pg, std::int64_t account_id, Lease& lease) {
  const Nano frozen = TakeFromHolder(account_id);
  lease.net -= frozen.units;
  Log(Event::lease_frozen, {{"account", account_id},
                            {"frozen", FormatNano(frozen)},
                            {"spent", FormatNanoSum(lease.net)}});
  return RestoreLease(pg, node_, {account_id, lease.net}, frozen, lease.last_request,
                      lease.last_return);
}

Nano PgLeaseDesk::TakeFromHolder(std::int64_t account_id) {
  LeaseHolder* const holder = holder_.load();
  Nano taken = holder == nullptr ? Nano{} : holder->Freeze(account_id);
  const auto giving = givings_.find(account_id);
  if (giving == givings_.end()) return taken;
  if (!giving->second.sent) taken.units += giving->second.amount.units;
  giving->second.done(ReturnState::kReturned);
  givings_.erase(giving);
  return taken;
}

}  // namespace hub::store
