#include "server/store/lease_desk.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <utility>

#include "server/base/check.h"
#include "server/base/thread_name.h"
#include "server/telemetry/log.h"

namespace hub::store {
namespace {

using Millis = std::chrono::milliseconds;

constexpr std::int64_t kBackoffFirstMs = 100;   // doubles with each failure,
constexpr std::int64_t kBackoffLastMs = 5'000;  // up to this
constexpr std::int64_t kRelockMs =
    0;  // after a reconnect the lock is free, or another daemon has it
constexpr std::int64_t kLockPauseMs = 100;
constexpr std::int64_t kClosePauseMs = 100;

TimePoint Now() { return std::chrono::steady_clock::now(); }

Error FencedError(const NodeEpoch& node) {
  return MakeError("ask for credit", "epoch " + std::to_string(node.epoch) + " of node " +
                                         std::to_string(node.node_id) +
                                         " is over: another start took over, or it was fenced");
}

// Of "account node"; 0 when it is not that.
std::int64_t AccountOf(std::string_view notice, std::int32_t own_node) {
  std::int64_t account = 0;
  std::int32_t node = own_node;
  const char* const end = notice.data() + notice.size();
  const auto first = std::from_chars(notice.data(), end, account);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != ' ') return 0;
  std::from_chars(first.ptr + 1, end, node);
  return node == own_node ? 0 : account;  // our own call
}

using Interrupt = std::shared_ptr<const PgInterrupt>;

PgOptions With(PgOptions options, Interrupt interrupt) {
  options.interrupt = std::move(interrupt);
  return options;
}

Pg With(Pg pg, Interrupt interrupt) {
  pg.Obey(std::move(interrupt));
  return pg;
}

Outcome<Done> Listen(Pg& pg) {
  auto listening = pg.Run("listen for recalls", "LISTEN lease_recall");
  if (!listening) return Err{listening.error()};
  return Done{};
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
    : interrupt_(std::make_shared<PgInterrupt>()),
      connection_(With(std::move(connection), interrupt_)),
      node_(node),
      limits_(limits),
      fence_(fence),
      pg_(With(std::move(pg), interrupt_)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { Run(); }) {
  HUB_CHECK(wake_fd_ >= 0);
}

PgLeaseDesk::~PgLeaseDesk() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  interrupt_->Raise();
  Wake();
  thread_.join();
  close(wake_fd_);
}

void PgLeaseDesk::Wake() {
  const std::uint64_t one = 1;
  HUB_CHECK(write(wake_fd_, &one, sizeof one) == sizeof one);
}

void PgLeaseDesk::Request(std::int64_t account_id, Nano want, Nano need,
                          std::function<void(const Grant&)> done) {
  HUB_CHECK(want.units > 0 && need.units >= 0);
  {
    const std::lock_guard lock(mutex_);
    if (!stop_ && !close_ && unanswered_ < limits_.waiting_max) {
      ++unanswered_;
      questions_in_.push_back({account_id, want, need, std::move(done), {}, {}});
      Wake();
      return;
    }
  }
  done({account_id, GrantState::kUnreachable, {}});
}

void PgLeaseDesk::Return(std::int64_t account_id, Nano amount,
                         std::function<void(ReturnState)> done) {
  HUB_CHECK(amount.units > 0);
  {
    const std::lock_guard lock(mutex_);
    if (!stop_ && !close_) {
      givings_in_.push_back({account_id, amount, std::move(done)});
      Wake();
      return;
    }
  }
  done(ReturnState::kKept);  // the lease is closed in a moment, and this with it
}

Outcome<Done> PgLeaseDesk::CloseAll(std::int64_t millis) {
  std::unique_lock lock(mutex_);
  close_ = true;
  close_until_ = Now() + Millis(millis);
  close_result_.reset();
  Wake();
  if (closed_.wait_for(lock, Millis(millis), [this] { return close_result_.has_value(); })) {
    return *close_result_;
  }
  return Err{MakeError("return leases", "PostgreSQL did not answer in time",
                       "the next start of this node returns them")};
}

void PgLeaseDesk::Run() {
  NameThread("leases");
  if (auto listening = Listen(*pg_); !listening) Lose(listening.error());
  next_tick_ = Now() + kDeskTick;
  next_probe_ = Now() + Millis(limits_.probe_ms);
  while (Await()) {
    TakeLetters();
    GiveBack();
    Ask();
    Close();
    HearRecalls();
    KeepTime();
  }
  TakeLetters();
  AnswerRest();
}

bool PgLeaseDesk::Await() {
  const auto rest = std::chrono::ceil<Millis>(NextDue() - Now()).count();
  std::array<pollfd, 2> sources{pollfd{wake_fd_, POLLIN, 0},
                                pollfd{pg_ ? pg_->socket() : -1, POLLIN, 0}};
  poll(sources.data(), sources.size(), static_cast<int>(std::max<std::int64_t>(rest, 0)));
  std::uint64_t letters = 0;
  static_cast<void>(read(wake_fd_, &letters, sizeof letters) < 0);  // none: the time came first
  const std::lock_guard lock(mutex_);
  return !stop_;
}

TimePoint PgLeaseDesk::NextDue() const {
  TimePoint due = std::min(next_tick_, next_probe_);
  if (MustConnect()) due = std::min(due, next_connect_);
  if (!givings_.empty()) due = std::min(due, givings_due_);
  if (close_due_ != TimePoint{}) due = std::min(due, close_due_);
  for (const Question& question : questions_) due = std::min(due, question.not_before);
  return due;
}

void PgLeaseDesk::TakeLetters() {
  const std::lock_guard lock(mutex_);
  std::move(questions_in_.begin(), questions_in_.end(), std::back_inserter(questions_));
  questions_in_.clear();
  // One return an account at a time: behind one of our own (ClaimLost) the holder's waits here.
  std::erase_if(givings_in_, [this](Giving& giving) {
    const std::int64_t account = giving.account_id;
    if (givings_.contains(account)) return false;
    givings_.emplace(account, std::move(giving));
    givings_due_ = {};
    return true;
  });
}

void PgLeaseDesk::AnswerRest() {
  for (Question& question : questions_) Finish(question, GrantState::kUnreachable);
  for (auto& [account, giving] : givings_) giving.done(ReturnState::kKept);
  for (Giving& giving : givings_in_) giving.done(ReturnState::kKept);
}

void PgLeaseDesk::KeepTime() {
  const TimePoint now = Now();
  if (MustConnect() && now >= next_connect_) static_cast<void>(Connect().ok());
  if (now >= next_tick_) {
    next_tick_ = now + kDeskTick;
    if (LeaseHolder* holder = holder_.load()) holder->OnTick();
  }
  if (now >= next_probe_) {
    next_probe_ = now + Millis(limits_.probe_ms);
    Probe();
  }
}

void PgLeaseDesk::HearRecalls() {
  if (!pg_) return;
  while (const auto notice = pg_->NextNotice()) {
    const std::int64_t account = AccountOf(*notice, node_.node_id);
    LeaseHolder* const holder = holder_.load();
    if (holder == nullptr || !leases_.contains(account)) continue;
    Log(Event::lease_recalled, {{"account", account}});
    holder->OnRecall(account);
  }
  if (!pg_->alive()) Lose(MakeError("listen for recalls", "the connection is gone"));
}

// At once, and again and again: the node's lock is free for anybody, and recalls are not heard.
bool PgLeaseDesk::MustConnect() const { return !pg_ && !fence_->tripped(); }

Outcome<Done> PgLeaseDesk::Connect() {
  if (fence_->tripped()) return Err{FencedError(node_)};
  if (pg_ && pg_->alive()) return Done{};
  if (Now() < next_connect_) return Err{MakeError("connect to PostgreSQL", "waiting to try again")};
  const bool first_failure = backoff_ms_ == 0;
  auto ready = TryConnect();
  if (ready) {
    backoff_ms_ = 0;
    next_connect_ = {};
    Log(Event::database_restored, {{"of", "leases"}});
    return Done{};
  }
  backoff_ms_ = std::clamp(backoff_ms_ * 2, kBackoffFirstMs, kBackoffLastMs);
  next_connect_ = Now() + Millis(backoff_ms_);
  if (first_failure && !interrupt_->raised())
    Log(Event::database_lost, {{"of", "leases"}, {"why", ready.error().Text()}});
  return ready;
}

Outcome<Done> PgLeaseDesk::TryConnect() {
  auto pg = Pg::Connect(connection_);
  if (!pg) return Err{pg.error()};
  auto ready = LockNode(*pg, node_.node_id, kRelockMs);
  auto over = EpochIsOver(*pg, node_);  // who took the lock, took the epoch too
  if (!over) return Err{over.error()};
  if (*over && fence_->Trip()) return Err{FencedError(node_)};
  if (ready) ready = Listen(*pg);
  if (ready) ready = CheckLeases(*pg);  // listening already: no recall falls in between
  if (ready) pg_.emplace(std::move(*pg));
  return ready;
}

// libpq alone would not tell that the session is gone, and the node's lock with it.
void PgLeaseDesk::Probe() {
  if (!Connect()) return;
  auto over = EpochIsOver(*pg_, node_);
  if (over && *over && fence_->Trip()) return;
  Outcome<PgResult> refreshed =
      over ? pg_->Run("take in credit grants", "SELECT money.credit_grants_refresh()")
           : Outcome<PgResult>(Err{over.error()});
  const Outcome<Done> claimed = refreshed ? ClaimLost() : Outcome<Done>(Err{refreshed.error()});
  if (!claimed) Lose(claimed.error());
}

void PgLeaseDesk::Lose(const Error& error) {
  if (!interrupt_->raised()) Log(Event::database_lost, {{"of", "leases"}, {"why", error.Text()}});
  pg_.reset();
}

// Again and again until the deadline: what is not returned now stays away until the next start.
void PgLeaseDesk::Close() {
  {
    const std::lock_guard lock(mutex_);
    if (!close_ || close_result_ || Now() < close_due_) return;
  }
  const Outcome<Done> outcome = CloseOnce();
  const std::lock_guard lock(mutex_);
  const TimePoint again = Now() + Millis(kClosePauseMs);
  if (outcome || fence_->tripped() || again >= close_until_) {
    close_due_ = {};
    close_result_ = outcome;
    closed_.notify_all();
  } else {
    close_due_ = again;
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
