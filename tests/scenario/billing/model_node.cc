#include "tests/scenario/billing/model_node.h"

#include <chrono>

#include "server/base/check.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using billing::AccountCredit;
using store::Pg;

constexpr std::chrono::milliseconds kAnswerWait{2'000};  // as relay.credit_wait_ms
constexpr int kTriesMax = 20;

// A short round: the model is full of refusals.
constexpr store::DeskLimits kLimits{
    .waiting_max = 100, .probe_ms = 1'000, .recall_round_ms = 40, .recall_poll_ms = 3};

}  // namespace

ModelNode::ModelNode(std::string database, int node_id, int journal_no, const Clock& clock)
    : id(node_id),
      journal_number(journal_no),
      connection_{std::move(database), "model node " + std::to_string(node_id), 10'000},
      clock_(clock),
      proxy_(PostgresServer::Get().socket_directory()) {}

void ModelNode::Begin(std::int64_t new_epoch) {
  HUB_CHECK(!up());
  epoch = new_epoch;
  owns_journal = true;
  paused_steps = 0;
  store::PgOptions through_proxy = connection_;
  through_proxy.conninfo += " host=" + proxy_.directory();
  auto pg = Pg::Connect(through_proxy);
  HUB_CHECK_SAY(pg.ok(), pg.error().Text());
  auto locked = store::LockNode(*pg, id, 10'000);
  HUB_CHECK_SAY(locked.ok(), locked.error().Text());
  const store::NodeEpoch self{id, epoch, 0};
  fence_ = std::make_unique<store::Fence>(self, [] {});
  desk_ = std::make_unique<store::PgLeaseDesk>(std::move(*pg), through_proxy, self, kLimits,
                                               fence_.get());
  book_ = std::make_unique<billing::CreditBook>(*desk_, clock_);
  book_->SetWaker([this] {
    const std::lock_guard lock(mutex_);
    answered_.notify_all();
  });
}

void ModelNode::Crash(Pg& pg) {
  if (!up()) return;
  proxy_.LoseTheAnswerTo("");
  desk_.reset();
  book_.reset();
  // One, or two: a session that the desk gave up for another may still be at its last statement.
  Scalar(pg,
         "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
         " WHERE datname = current_database() AND application_name = $1",
         {connection_.application_name});
}

billing::Reserve ModelNode::Reserve(std::int64_t account_id, Nano amount) {
  AccountCredit& account = credit(account_id);
  for (int i = 0; i < kTriesMax; ++i) {
    const std::uint64_t answers = account.answers();
    const billing::Reserve answer = account.TryReserve(amount);
    if (answer != billing::Reserve::kWait) return answer;
    std::unique_lock lock(mutex_);
    answered_.wait_for(lock, kAnswerWait, [&] { return account.answers() != answers; });
  }
  return billing::Reserve::kWait;  // the client is told ESME_RTHROTTLED
}

PlainBatch ModelNode::NextBatch(std::int64_t entries_max) const {
  PlainBatch batch{id, 0, settled, settled, {}, {}, journal_number};
  const auto end = static_cast<std::int64_t>(journal.size());
  while (batch.to < end && batch.to - batch.from < entries_max) {
    const ModelEntry& entry = journal[static_cast<std::size_t>(batch.to)];
    if (batch.to == batch.from) batch.epoch = entry.epoch;
    if (entry.epoch != batch.epoch) break;
    if (entry.message) batch.messages.push_back(*entry.message);
    if (entry.end) batch.ends.push_back(*entry.end);
    ++batch.to;
  }
  return batch;
}

void ModelNode::LoseJournal() {
  ++journal_number;
  journal.clear();
  settled = 0;
  answer_lost = false;
}

}  // namespace hub::test
