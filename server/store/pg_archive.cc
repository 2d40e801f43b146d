#include "server/store/pg_archive.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "server/base/check.h"
#include "server/base/thread_name.h"
#include "server/store/archive_queries.h"
#include "server/telemetry/log.h"

namespace hub::store {
namespace {

using Millis = std::chrono::milliseconds;

// Keys of one statement, unless one question alone has more; fewer while other questions wait, which get one turn in two.
constexpr std::size_t kFindKeysMax = 5'000;
constexpr std::size_t kFindKeysMaxOfTurn = 500;
constexpr std::int32_t kExpireMax = 10'000;     // receipts of one statement
constexpr std::int64_t kBackoffFirstMs = 100;   // doubles with each failure,
constexpr std::int64_t kBackoffLastMs = 5'000;  // up to this

TimePoint Now() { return std::chrono::steady_clock::now(); }

PgOptions With(PgOptions options, std::shared_ptr<const PgInterrupt> interrupt) {
  options.interrupt = std::move(interrupt);
  return options;
}

template <class Page>
Page Unreachable() {
  Page page;
  page.reachable = false;
  return page;
}

}  // namespace

PgArchive::PgArchive(PgOptions connection, const NodeEpoch& node, const ArchiveLimits& limits,
                     std::function<journal::Position()> durable_end)
    : connection_(With(std::move(connection), interrupt_)),
      node_(node),
      limits_(limits),
      durable_end_(std::move(durable_end)),
      next_expiry_(Now() + Millis(limits.expire_every_ms)),
      durable_then_(durable_end_()),
      thread_([this] { Run(); }) {}

PgArchive::~PgArchive() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  interrupt_->Raise();
  wake_.notify_all();
  thread_.join();
}

bool PgArchive::TakeRoom() {
  if (finds_.size() + questions_.size() < limits_.waiting_max) return true;
  ++refused_;
  return false;
}

Archive::Counts PgArchive::counts() const {
  const std::lock_guard lock(mutex_);
  return {static_cast<std::int64_t>(finds_.size() + questions_.size()), refused_};
}

template <class Page, class Read>
bool PgArchive::Ask(Read read, std::function<void(Page)> done) {
  Question question = [read = std::move(read), done = std::move(done)](Pg* pg) -> Outcome<Done> {
    if (pg == nullptr) {
      done(Unreachable<Page>());
      return Done{};
    }
    Outcome<Page> page = read(*pg);
    if (!page) {
      done(Unreachable<Page>());
      return Err{page.error()};
    }
    done(std::move(*page));
    return Done{};
  };
  const std::lock_guard lock(mutex_);
  if (!TakeRoom()) return false;
  questions_.push_back(std::move(question));
  wake_.notify_one();
  return true;
}

bool PgArchive::LoadMessages(MessageQuery query, std::function<void(MessagePage)> done) {
  HUB_CHECK(query.loops > 0 && query.loop < query.loops && query.limit > 0);
  return Ask(
      [this, query = std::move(query)](Pg& pg) { return ReadMessages(pg, node_.node_id, query); },
      std::move(done));
}

bool PgArchive::LoadReceipts(ReceiptQuery query, std::function<void(ReceiptPage)> done) {
  HUB_CHECK(query.limit > 0);
  return Ask([this, query](Pg& pg) { return ReadReceipts(pg, node_, query); }, std::move(done));
}

bool PgArchive::LoadByIds(std::vector<MessageId> ids, std::function<void(OverduePage)> done) {
  return Ask([ids = std::move(ids)](Pg& pg) { return ReadByIds(pg, ids); }, std::move(done));
}

bool PgArchive::LoadFates(std::vector<MessageId> ids, std::function<void(FatePage)> done) {
  return Ask([ids = std::move(ids)](Pg& pg) { return ReadFates(pg, ids); }, std::move(done));
}

bool PgArchive::LoadChanges(std::vector<MessageId> ids, std::function<void(ChangePage)> done) {
  return Ask([this, ids = std::move(ids)](Pg& pg) { return ReadChanges(pg, node_.node_id, ids); },
             std::move(done));
}

bool PgArchive::FindOverdue(std::int32_t limit, std::function<void(OverduePage)> done) {
  HUB_CHECK(limit > 0);
  return Ask([this, limit](Pg& pg) { return ReadOverdue(pg, node_.node_id, limit); },
             std::move(done));
}

bool PgArchive::LoadWaiting(std::function<void(Waiting)> done) {
  return Ask([this](Pg& pg) { return ReadWaiting(pg, node_.node_id, limits_.dedupe_entries_max); },
             std::move(done));
}

bool PgArchive::Find(std::vector<UpstreamKey> keys, std::function<void(FoundPage)> done) {
  const std::lock_guard lock(mutex_);
  if (!TakeRoom()) return false;
  finds_.push_back({std::move(keys), std::move(done)});
  wake_.notify_one();
  return true;
}

void PgArchive::Run() {
  NameThread("archive");
  while (true) {
    Turn turn = TakeTurn();
    if (turn.stop) break;
    if (!turn.finds.empty()) AnswerFinds(turn.finds);
    if (turn.question) Answer(*turn.question);
    if (Now() >= next_expiry_) ExpireReceipts();
  }
  // Nobody asks any more: whoever could is behind us in the order of destruction.
  for (const FindQuestion& find : finds_) find.done(Unreachable<FoundPage>());
  for (const Question& question : questions_) static_cast<void>(question(nullptr).ok());
}

PgArchive::Turn PgArchive::TakeTurn() {
  std::unique_lock lock(mutex_);
  wake_.wait_until(lock, next_expiry_,
                   [this] { return stop_ || !finds_.empty() || !questions_.empty(); });
  Turn turn;
  turn.stop = stop_;
  if (stop_) return turn;
  const std::size_t keys_max = questions_.empty() ? kFindKeysMax : kFindKeysMaxOfTurn;
  std::size_t keys = 0;
  while (!finds_.empty() && (keys == 0 || keys + finds_.front().keys.size() <= keys_max)) {
    keys += finds_.front().keys.size();
    turn.finds.push_back(std::move(finds_.front()));
    finds_.pop_front();
  }
  if (!questions_.empty()) {
    turn.question = std::move(questions_.front());
    questions_.pop_front();
  }
  return turn;
}

void PgArchive::AnswerFinds(std::vector<FindQuestion>& finds) {
  std::vector<UpstreamKey> keys;
  std::vector<std::size_t> asker;  // of each key
  for (std::size_t i = 0; i < finds.size(); ++i) {
    keys.insert(keys.end(), finds[i].keys.begin(), finds[i].keys.end());
    asker.resize(keys.size(), i);
  }
  std::vector<FoundPage> pages(finds.size());
  Pg* pg = Connect();
  Outcome<std::vector<FoundKey>> found = std::vector<FoundKey>{};
  if (pg != nullptr) found = FindMessages(*pg, keys);
  const bool reachable = pg != nullptr && found.ok();
  if (pg != nullptr && !found) Lose(found.error());
  for (FoundPage& page : pages) page.reachable = reachable;
  if (reachable) {
    for (FoundKey& one : *found) {
      pages[asker[one.index]].found.push_back(std::move(one.message));
    }
  }
  for (std::size_t i = 0; i < finds.size(); ++i) finds[i].done(std::move(pages[i]));
}

void PgArchive::Answer(const Question& question) {
  const auto answered = question(Connect());
  if (!answered) Lose(answered.error());
}

// What this run of the node wrote about a receipt before its time was over may still be on its way: so nothing is moved
// until all that was durable at the last look is settled.
void PgArchive::ExpireReceipts() {
  const journal::Position durable_now = durable_end_();
  if (Pg* pg = Connect()) {
    const auto moved = store::ExpireReceipts(*pg, node_.node_id, durable_then_, kExpireMax);
    if (!moved) Lose(moved.error());
    if (moved && *moved == kExpireMax) return;  // there are more: after the questions that wait
  }
  next_expiry_ = Now() + Millis(limits_.expire_every_ms);
  durable_then_ = durable_now;
}

Pg* PgArchive::Connect() {
  if (pg_ && pg_->alive()) return &*pg_;
  if (Now() < next_connect_) return nullptr;
  auto pg = Pg::Connect(connection_);
  if (!pg) {
    NoteLost(pg.error());
    backoff_ms_ = std::clamp(backoff_ms_ * 2, kBackoffFirstMs, kBackoffLastMs);
    next_connect_ = Now() + Millis(backoff_ms_);
    return nullptr;
  }
  pg_.emplace(std::move(*pg));
  if (lost_) Log(Event::database_restored, {{"of", "archive"}});
  lost_ = false;
  backoff_ms_ = 0;
  return &*pg_;
}

void PgArchive::Lose(const Error& error) {
  NoteLost(error);
  pg_.reset();
}

void PgArchive::NoteLost(const Error& error) {
  if (interrupt_->raised()) return;
  if (!lost_) Log(Event::database_lost, {{"of", "archive"}, {"why", error.Text()}});
  lost_ = true;
}

}  // namespace hub::store
