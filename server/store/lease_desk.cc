#include "server/store/lease_desk.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <set>
#include <utility>

#include "server/base/check.h"
#include "server/telemetry/log.h"

namespace hub::store {
namespace {

using Millis = std::chrono::milliseconds;

constexpr std::size_t kQuestionsMax = 256;      // in one statement
constexpr std::int64_t kBackoffFirstMs = 100;   // doubles with each failure,
constexpr std::int64_t kBackoffLastMs = 5'000;  // up to this
constexpr std::int64_t kRelockMs =
    0;  // after a reconnect the lock is free, or another daemon has it
constexpr std::int64_t kLockPauseMs = 100;
constexpr std::int64_t kClosePauseMs = 100;

TimePoint Now() { return std::chrono::steady_clock::now(); }

GrantState StateOf(std::string_view name) {
  if (name == "granted") return GrantState::kGranted;
  if (name == "no_credit") return GrantState::kNoCredit;
  if (name == "suspended" || name == "no_account") return GrantState::kSuspended;
  return GrantState::kUnreachable;  // fenced; busy: somebody holds the account's row
}

Error FencedError(const NodeEpoch& node) {
  return MakeError("ask for credit", "epoch " + std::to_string(node.epoch) + " of node " +
                                         std::to_string(node.node_id) +
                                         " is closed: another start took over");
}

}  // namespace

Outcome<Done> LockNode(Pg& pg, std::int32_t node_id, std::int64_t millis) {
  const TimePoint until = Now() + Millis(millis);
  while (true) {
    auto locked =
        pg.Run("lock the node", "SELECT pg_try_advisory_lock(hashtext('smpphub node'), $1)",
               {ToParam(node_id)});
    if (!locked) return Err{locked.error()};
    if (locked->Bool(0, 0)) return Done{};
    if (Now() >= until) break;
    std::this_thread::sleep_for(Millis(kLockPauseMs));
  }
  return Err{MakeError("take over node " + std::to_string(node_id),
                       "another smpphubd runs as this node",
                       "stop it, or give this one a node id of its own")};
}

PgLeaseDesk::PgLeaseDesk(Pg pg, PgOptions connection, const NodeEpoch& node,
                         const DeskLimits& limits, Fence* fence)
    : connection_(std::move(connection)),
      node_(node),
      limits_(limits),
      fence_(fence),
      pg_(std::move(pg)),
      thread_([this] { Run(); }) {}

PgLeaseDesk::~PgLeaseDesk() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void PgLeaseDesk::Request(std::int64_t account_id, Nano want, Nano need,
                          std::function<void(const Grant&)> done) {
  HUB_CHECK(want.units > 0 && need.units >= 0);
  {
    const std::lock_guard lock(mutex_);
    if (!stop_ && !close_ && waiting_.size() < limits_.waiting_max) {
      waiting_.push_back({account_id, 0, want, need, std::move(done)});
      wake_.notify_one();
      return;
    }
  }
  done({account_id, GrantState::kUnreachable, {}});
}

Outcome<Done> PgLeaseDesk::CloseAll(std::int64_t millis) {
  std::unique_lock lock(mutex_);
  close_ = true;
  close_until_ = Now() + Millis(millis);
  close_result_.reset();
  wake_.notify_all();
  if (closed_.wait_for(lock, Millis(millis), [this] { return close_result_.has_value(); })) {
    return *close_result_;
  }
  return Err{MakeError("return leases", "PostgreSQL did not answer in time",
                       "the next start of this node returns them")};
}

void PgLeaseDesk::Run() {
  while (true) {
    std::vector<Question> questions = TakeQuestions();
    if (!questions.empty()) {
      Ask(questions);
      continue;
    }
    std::unique_lock lock(mutex_);
    if (stop_) break;
    if (close_ && !close_result_) {
      lock.unlock();
      Close();
    } else if (!close_) {
      lock.unlock();
      Probe();
    }
  }
  std::vector<Question> rest(std::make_move_iterator(waiting_.begin()),
                             std::make_move_iterator(waiting_.end()));
  AnswerUnreachable(rest);
}

std::vector<PgLeaseDesk::Question> PgLeaseDesk::TakeQuestions() {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, Millis(limits_.probe_ms),
                 [this] { return stop_ || !waiting_.empty() || (close_ && !close_result_); });
  std::vector<Question> questions;
  if (stop_) return questions;
  std::deque<Question> later;
  std::set<std::int64_t> accounts;
  for (Question& question : waiting_) {  // one of each account: two would share a number
    const bool take =
        questions.size() < kQuestionsMax && accounts.insert(question.account_id).second;
    if (take) {
      questions.push_back(std::move(question));
    } else {
      later.push_back(std::move(question));
    }
  }
  waiting_ = std::move(later);
  lock.unlock();
  std::sort(questions.begin(), questions.end(),
            [](const Question& a, const Question& b) { return a.account_id < b.account_id; });
  return questions;
}

void PgLeaseDesk::Ask(std::vector<Question>& questions) {
  auto connected = Connect();
  if (!connected) return AnswerUnreachable(questions);
  for (Question& question : questions) {
    Numbering& number = numbers_[question.account_id];
    if (!number.open) ++number.last;
    number.open = true;
    question.request = number.last;
  }
  auto result = Send(questions);
  if (result) return Answer(questions, *result);
  Lose(result.error());
  AnswerUnreachable(
      questions);  // the numbers stay open: the next request of the account asks the same again
}

Outcome<PgResult> PgLeaseDesk::Send(const std::vector<Question>& questions) {
  std::vector<std::int64_t> accounts, requests;
  std::vector<std::string> wants, needs;
  for (const Question& question : questions) {
    accounts.push_back(question.account_id);
    requests.push_back(question.request);
    wants.push_back(FormatNano(question.want));
    needs.push_back(FormatNano(question.need));
  }
  return pg_->Run(
      "grant credit",
      "SELECT q.account_id, g.state, g.granted FROM ROWS FROM (unnest($3::bigint[]), "
      "unnest($4::numeric[]),"
      " unnest($5::numeric[]), unnest($6::bigint[])) AS q(account_id, want, need, request),"
      " LATERAL money.lease_grant(q.account_id, $1::int, $2, q.want, q.need, q.request) AS g",
      {ToParam(node_.node_id), ToParam(node_.epoch), ToArray(accounts), ToArray(wants),
       ToArray(needs), ToArray(requests)});
}

void PgLeaseDesk::Answer(std::vector<Question>& questions, const PgResult& result) {
  HUB_CHECK(result.rows() == static_cast<int>(questions.size()));
  for (int i = 0; i < result.rows(); ++i) {
    Question& question = questions[static_cast<std::size_t>(i)];
    HUB_CHECK(result.Int(i, 0) == question.account_id);
    numbers_[question.account_id].open = false;
    const auto granted = ParseNano(result.Text(i, 2));
    HUB_CHECK_SAY(granted.has_value(),
                  result.Text(i, 2));  // not above want or need, and those fitted
    const Grant grant{question.account_id, StateOf(result.Text(i, 1)), *granted};
    const Event event =
        grant.state == GrantState::kGranted ? Event::lease_granted : Event::lease_refused;
    Log(event, {{"account", grant.account_id},
                {"state", result.Text(i, 1)},
                {"granted", FormatNano(*granted)}});
    question.done(grant);
    if (result.Text(i, 1) == "fenced") fence_->Trip();
  }
}

void PgLeaseDesk::AnswerUnreachable(std::vector<Question>& questions) {
  for (Question& question : questions)
    question.done({question.account_id, GrantState::kUnreachable, {}});
}

Outcome<Done> PgLeaseDesk::Connect() {
  if (fence_->tripped()) return Err{FencedError(node_)};
  if (pg_ && pg_->alive()) return Done{};
  if (Now() < next_connect_) return Err{MakeError("connect to PostgreSQL", "waiting to try again")};
  const bool first_failure = backoff_ms_ == 0;
  auto pg = Pg::Connect(connection_);
  Outcome<Done> ready = Done{};
  if (pg) {
    ready = LockNode(*pg, node_.node_id, kRelockMs);
    if (auto ours = CheckEpoch(*pg); !ours) ready = ours;  // who took the lock, took the epoch too
  } else {
    ready = Err{pg.error()};
  }
  if (ready) {
    pg_.emplace(std::move(*pg));
    backoff_ms_ = 0;
    next_connect_ = {};
    Log(Event::database_restored, {{"of", "leases"}});
    return Done{};
  }
  backoff_ms_ = std::clamp(backoff_ms_ * 2, kBackoffFirstMs, kBackoffLastMs);
  next_connect_ = Now() + Millis(backoff_ms_);
  if (first_failure) Log(Event::database_lost, {{"of", "leases"}, {"why", ready.error().Text()}});
  return ready;
}

// Nobody asks, and libpq alone would not tell that the session is gone, and the node's lock with it.
void PgLeaseDesk::Probe() {
  if (!Connect()) return;
  auto ours = CheckEpoch(*pg_);
  if (ours || fence_->tripped()) return;
  Lose(ours.error());
  static_cast<void>(Connect().ok());  // at once: the lock is free for anybody
}

Outcome<Done> PgLeaseDesk::CheckEpoch(Pg& pg) {
  auto closed = pg.Run("look after the node's epoch",
                       "SELECT FROM money.node_epoch"
                       " WHERE node_id = $1 AND epoch = $2 AND closed_at IS NOT NULL",
                       {ToParam(node_.node_id), ToParam(node_.epoch)});
  if (!closed) return Err{closed.error()};
  if (closed->rows() == 1 && fence_->Trip()) return Err{FencedError(node_)};
  return Done{};
}

void PgLeaseDesk::Lose(const Error& error) {
  Log(Event::database_lost, {{"of", "leases"}, {"why", error.Text()}});
  pg_.reset();
}

// Again and again until the deadline: what is not returned now stays away until the next start.
void PgLeaseDesk::Close() {
  const Outcome<Done> outcome = CloseOnce();
  std::unique_lock lock(mutex_);
  if (outcome || fence_->tripped() || Now() + Millis(kClosePauseMs) >= close_until_) {
    close_result_ = outcome;
    closed_.notify_all();
  } else {
    wake_.wait_for(lock, Millis(kClosePauseMs), [this] { return stop_; });
  }
}

Outcome<Done> PgLeaseDesk::CloseOnce() {
  next_connect_ = {};
  auto connected = Connect();
  if (!connected) return connected;
  fence_->ExpectClose();
  auto closed = pg_->Run("return leases", "SELECT money.lease_close_all($1, $2)",
                         {ToParam(node_.node_id), ToParam(node_.epoch)});
  if (!closed) {
    Lose(closed.error());
    return Err{closed.error()};
  }
  Log(Event::lease_closed, {{"epoch", node_.epoch}, {"returned", closed->Text(0, 0)}});
  return Done{};
}

}  // namespace hub::store
