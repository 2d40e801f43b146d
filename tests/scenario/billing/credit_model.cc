#include "tests/scenario/billing/credit_model.h"

#include <map>
#include <set>
#include <thread>

#include "server/base/check.h"
#include "server/base/random.h"
#include "tests/scenario/billing/model_database.h"
#include "tests/scenario/billing/model_node.h"
#include "tests/support/postgres_rig.h"

namespace hub::test {
namespace {

using store::Pg;
using store::ToParam;

constexpr int kNodes = 3;
constexpr int kAccounts = 2;
constexpr std::int64_t kTopup = 400'000'000;
constexpr std::int64_t kLimit = 200'000'000;
constexpr std::int64_t kPrices[] = {10'000'000, 34'500'000,
                                    123'456'789};  // some divide what is there, some do not
constexpr std::int64_t kBatchMax = 5;
constexpr int kPauseSteps = 6;
constexpr int kPatienceTries = 2'000;  // of 10 ms

class CreditModel {
 public:
  CreditModel(const std::string& database, const ModelRun& run, ModelCounts* counts)
      : run_(run), counts_(counts), database_(database), pg_(Connect(database)), random_(run.seed) {
    static int journals = 0;  // each run brings journals of its own
    for (int i = 1; i <= kNodes; ++i) {
      nodes_.push_back(std::make_unique<ModelNode>(database, i, journals += 100, clock_));
      ids_.emplace_back(static_cast<unsigned>(i), 0, 0);
    }
    for (int i = 0; i < kAccounts; ++i) OpenAccount();
  }

  ~CreditModel() {
    for (auto& node : nodes_) node->Crash(pg_);
  }

  std::string Run() {
    for (auto& node : nodes_) Start(*node, 0);
    const int forget_at = run_.fail_over ? run_.steps / 2 : -1;
    for (int step = 0; step < run_.steps && wrong_.empty(); ++step) {
      if (step == forget_at) Remember();
      if (step == forget_at + run_.steps / 4 && forgetting_) Forget();
      clock_.Advance(std::chrono::milliseconds(random_.Below(400)));
      Step();
    }
    if (forgetting_) Forget();
    Finish();
    if (wrong_.empty()) Check();
    return wrong_;
  }

 private:
  // ---- the steps ----

  void Step() {
    ModelNode& node = *nodes_[random_.Below(kNodes)];
    const std::uint64_t what = random_.Below(100);
    const std::int64_t account = accounts_[random_.Below(kAccounts)];
    if (node.paused_steps > 0) return static_cast<void>(--node.paused_steps);
    if (!node.up()) return forgetting_ ? void() : Start(node, 10);
    if (what < 55) return Submit(node, account);
    if (what < 75) return SettleSome(node, 20);
    if (what < 80) return EndOne(node);
    if (what < 85) return Return(node, account);
    if (what < 88) return LoseAnswers(node, "lease_grant");
    if (what < 92) return SetLimit(account);
    if (what < 94) return CutSessions();
    if (what < 96) return Crash(node);
    if (forgetting_)
      return;  // an epoch that begins or ends would be forgotten too: see server/billing/README.md
    if (what < 98) return PauseAndFence(node);
    Abandon(node);
  }

  void Submit(ModelNode& node, std::int64_t account) {
    const Nano amount{kPrices[random_.Below(std::size(kPrices))]};
    const bool held = random_.Below(2) == 0;
    const std::uint64_t fate = random_.Below(100);
    if (node.Reserve(account, amount) != billing::Reserve::kReserved) {
      ++counts_->refused;
      if (node.fenced()) Crash(node);
      return;
    }
    if (fate < 10) return node.credit(account).Release(amount);  // every supplier refused it
    if (fate < 13) return Crash(node);                           // F1
    const MessageId id = ids_[static_cast<std::size_t>(node.id - 1)].Next(clock_.WallNow());
    if (run_.mutant == Mutant::kAckBeforeJournal) accepted_.insert(id);
    if (fate < 16) return Crash(node);  // before it is durable
    if (run_.mutant != Mutant::kNoFencingCheck && (!node.owns_journal || node.fenced()))
      return Crash(node);  // F11
    if (node.owns_journal) {
      node.journal.push_back(
          {node.epoch, PlainMessage{id, account, amount, held ? "delivered" : "submit"}, {}});
      durable_[id] = amount;
      if (held) held_.push_back({id, node.id});
    }
    if (fate < 19) return Crash(node);  // F2: charged once, and the client never heard
    accepted_.insert(id);
    ++counts_->accepted;
  }

  // The end of a held message: any node may learn it, and more than one may.
  void EndOne(ModelNode& node) {
    if (held_.empty() || !node.owns_journal) return;
    const Held& held = held_[random_.Below(held_.size())];
    const bool arrived = random_.Below(2) == 0;
    // Another node knows of it by PostgreSQL. After a fail-over that forgets it may know too much: see server/billing/README.md.
    if (held.node != node.id && (run_.fail_over || !settled_.contains(held.id))) return;
    node.journal.push_back({node.epoch, {}, PlainEnd{held.id, arrived ? 2 : 5, "receipt"}});
  }

  void Return(ModelNode& node, std::int64_t account) {
    if (random_.Below(2) == 0) LoseAnswers(node, "lease_return");
    node.credit(account).ReturnAll();
  }

  void LoseAnswers(ModelNode& node, const char* statement) {
    ++counts_->lost_answers;
    node.proxy().LoseTheAnswerTo(statement);
  }

  void SetLimit(std::int64_t account) {
    const Nano limit{kLimit * static_cast<std::int64_t>(random_.Below(3)) / 2};
    Sql("SELECT money.set_credit_limit($1, $2, 'model')", {ToParam(account), FormatNano(limit)});
  }

  void CutSessions() {
    Sql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name LIKE 'model node %'");
  }

  void Crash(ModelNode& node) {
    ++counts_->crashes;
    node.Crash(pg_);
    node.settled = -1;  // it asks PostgreSQL
    node.answer_lost = false;
  }

  // The machine stands still; somebody made sure of it, took the journal's lock, and settles for it. Then it wakes.
  void PauseAndFence(ModelNode& node) {
    ++counts_->fenced;
    Sql("SELECT money.fence_node($1, 'model')", {ToParam(node.id)});
    node.owns_journal = false;
    node.paused_steps = kPauseSteps;
    SettleAll(node);
    CloseEpochs(node, node.epoch + 1);
  }

  // Its machine burnt, its disk with it. Clients lose what was not settled, and pay nothing for it.
  void Abandon(ModelNode& node) {
    if (!node.owns_journal) return;
    ++counts_->abandoned;
    Crash(node);
    Sql("SELECT money.fence_node($1, 'model')", {ToParam(node.id)});
    const std::int64_t settled = SettledPosition(node);
    std::int64_t lost = 0;
    for (auto at = static_cast<std::size_t>(settled); at < node.journal.size(); ++at) {
      if (!node.journal[at].message) continue;
      const MessageId id = node.journal[at].message->id;
      lost += node.journal[at].message->amount.units;
      durable_.erase(id);
      accepted_.erase(id);
      std::erase_if(held_, [id](const Held& held) { return held.id == id; });
    }
    const auto bound = ParseNano(Sql("SELECT money.node_abandon($1, 'model')", {ToParam(node.id)}));
    if (!run_.fail_over && (!bound || bound->units < lost))
      Wrong("more was lost than the leases of an abandoned node say");
    node.LoseJournal();
  }

  // ---- settlement and starts ----

  // In every step the node may crash, with a chance of so many in a hundred.
  void Start(ModelNode& node, std::uint64_t crash_chance) {
    const std::int64_t epoch = StartNode(pg_, node.id, node.journal_number);
    node.settled = SettledPosition(node);
    if (random_.Below(100) < crash_chance) return;
    SettleAll(node);
    if (random_.Below(100) < crash_chance) return;
    CloseEpochs(node, epoch);
    if (random_.Below(100) < crash_chance) return;
    node.Begin(epoch);
  }

  void CloseEpochs(ModelNode& node, std::int64_t before) {
    Sql("SELECT count(money.lease_close_all(node_id, epoch)) FROM money.node_epoch"
        " WHERE node_id = $1 AND epoch < $2 AND closed_at IS NULL",
        {ToParam(node.id), ToParam(before)});
  }

  std::int64_t SettledPosition(const ModelNode& node) {
    const std::string position =
        Sql("SELECT settled_position FROM money.node WHERE node_id = $1", {ToParam(node.id)});
    return position.empty() ? 0 : std::stoll(position);
  }

  void SettleAll(ModelNode& node) {
    node.answer_lost = false;
    node.settled = SettledPosition(node);
    while (wrong_.empty() && static_cast<std::size_t>(node.settled) < node.journal.size())
      SettleOnce(node, false);
  }

  void SettleSome(ModelNode& node, std::uint64_t lost_chance) {
    const bool answer_is_lost = random_.Below(100) < lost_chance;
    if (node.settled < 0) node.settled = SettledPosition(node);
    if (static_cast<std::size_t>(node.settled) >= node.journal.size()) return;
    SettleOnce(node, answer_is_lost);
  }

  void SettleOnce(ModelNode& node, bool answer_is_lost) {
    PlainBatch batch = node.NextBatch(kBatchMax);
    if (node.answer_lost) batch = lost_batch_[node.id];  // the very same again
    if (node.answer_lost && run_.mutant == Mutant::kNewKeyOnRetry) {
      batch.from = SettledPosition(node);
      batch.to = batch.from + 1;
    }
    auto written = Settle(pg_, batch);
    if (!written) return Refused(node, batch, written.error());
    for (const PlainMessage& message : batch.messages) settled_.insert(message.id);
    if (answer_is_lost) {
      ++counts_->lost_answers;
      lost_batch_[node.id] = batch;
    } else {
      node.settled = batch.to;
    }
    node.answer_lost = answer_is_lost;
  }

  void Refused(ModelNode& node, const PlainBatch& batch, const Error& error) {
    if (error.sqlstate == "HB004" && !node.owns_journal) return Crash(node);
    if (!run_.fail_over) return Wrong("a batch was refused: " + error.Text());
    if (error.sqlstate == "HB007") {  // PostgreSQL forgot: it tells from where
      node.settled = SettledPosition(node);
      node.answer_lost = false;
    } else if ((error.sqlstate == "23514" || error.sqlstate == "HB005") &&
               refusals_++ < kPatienceTries) {
      // It forgot the grant. Our desk tells it as soon as it is connected again; of a dead node somebody else has to.
      if (!node.up() || !node.owns_journal) return CoverLeases(batch);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    } else {
      Wrong("a batch was refused: " + error.Text());
    }
  }

  void CoverLeases(const PlainBatch& batch) {
    std::map<std::int64_t, std::int64_t> used;
    for (const PlainMessage& message : batch.messages)
      used[message.account_id] += message.amount.units;
    for (const auto& [account, amount] : used) {
      Sql("SELECT money.lease_cover($1, $2, $3, $4, 'model')",
          {ToParam(account), ToParam(batch.node), ToParam(batch.epoch), FormatNano({amount})});
    }
  }

  // ---- a fail-over to a standby that lagged ----

  void Remember() {
    for (auto& node : nodes_) {
      if (!node->owns_journal || node->fenced()) Crash(*node);
      while (!node->up()) Start(*node, 0);
    }
    WithoutSessions(&pg_, database_, CopyDatabase);
    forgetting_ = true;
  }

  void Forget() {
    ++counts_->fail_overs;
    WithoutSessions(&pg_, database_, RestoreDatabase);
    forgetting_ = false;
    settled_.clear();  // only to decide who may learn of ends
    for (auto& node : nodes_) node->settled = node->up() ? node->settled : -1;
  }

  // ---- the end ----

  void Finish() {
    for (auto& node : nodes_) {
      node->paused_steps = 0;
      node->proxy().LoseTheAnswerTo("");
      if (node->up() && (!node->owns_journal || node->fenced())) Crash(*node);
      while (!node->up() && wrong_.empty()) Start(*node, 0);
    }
    for (auto& node : nodes_) {
      if (!wrong_.empty()) return;
      SettleAll(*node);
      auto closed = node->desk().CloseAll(20'000);
      if (!closed) return Wrong("leases were not closed: " + closed.error().Text());
    }
  }

  void Check() {
    const std::string broken =
        Sql("SELECT string_agg(invariant || ' ' || rows, ', ') FROM bill.v_broken");
    if (!broken.empty()) return Wrong("invariants are broken: " + broken);
    std::map<MessageId, Nano> charged;
    for (const std::int64_t account : accounts_) {
      CheckAccount(account);
      auto rows = pg_.Run("read messages",
                          "SELECT message_id, amount FROM traffic.message WHERE account_id = $1",
                          {ToParam(account)});
      HUB_CHECK(rows.ok());
      for (int i = 0; i < rows->rows(); ++i) {
        charged[static_cast<MessageId>(rows->Int(i, 0))] = *ParseNano(rows->Text(i, 1));
      }
    }
    if (charged != durable_) {
      Wrong("PostgreSQL has " + std::to_string(charged.size()) + " messages, journals have " +
            std::to_string(durable_.size()));
    }
    for (const MessageId id : accepted_) {
      if (!charged.contains(id))
        Wrong("message " + std::to_string(id) + " was accepted and never charged");
    }
  }

  void CheckAccount(std::int64_t account) {
    const std::string rest =
        Sql("SELECT leased FROM money.account WHERE account_id = $1", {ToParam(account)});
    if (rest != "0.000000000") Wrong("all leases are closed, and still leased: " + rest);
    const auto owed = ParseNano(
        Sql("SELECT held - balance FROM money.account WHERE account_id = $1", {ToParam(account)}));
    const auto forced =
        ParseNano(Sql("SELECT coalesce(sum(amount), 0) FROM money.credit_event WHERE what = "
                      "'forced_debt' AND account_id = $1",
                      {ToParam(account)}));
    if (!run_.fail_over && forced->units != 0) Wrong("debt was forced without a fail-over");
    if (owed->units > kLimit + forced->units)
      Wrong("the limit was passed: owed " + FormatNano(*owed));
  }

  void OpenAccount() {
    const std::string id =
        Sql("INSERT INTO money.account (currency, credit_limit) VALUES ('EUR', $1) RETURNING "
            "account_id",
            {FormatNano({kLimit})});
    Sql("SELECT money.topup($1::text::bigint, $2, 'model', 'model-' || $1::text)",
        {id, FormatNano({kTopup})});
    accounts_.push_back(std::stoll(id));
  }

  std::string Sql(const std::string& sql, const store::Params& params = {}) {
    auto result = pg_.Run("model", sql.c_str(), params);
    if (!result) {
      Wrong(result.error().Text());
      return "";
    }
    return result->rows() == 0 ? "" : result->String(0, 0);
  }

  void Wrong(const std::string& what) {
    if (wrong_.empty()) wrong_ = "seed " + std::to_string(run_.seed) + ": " + what;
  }

  struct Held {
    MessageId id;
    int node;
  };

  const ModelRun run_;
  ModelCounts* const counts_;
  const std::string database_;
  Pg pg_;
  Random random_;
  ModelClock clock_;
  std::vector<std::unique_ptr<ModelNode>> nodes_;
  std::vector<MessageIdSource> ids_;
  std::vector<std::int64_t> accounts_;
  std::map<MessageId, Nano> durable_;  // in somebody's journal
  std::set<MessageId> accepted_;       // the client got ESME_ROK
  std::set<MessageId> settled_;
  std::vector<Held> held_;
  std::map<int, PlainBatch> lost_batch_;
  bool forgetting_ = false;
  int refusals_ = 0;
  std::string wrong_;
};

}  // namespace

std::string RunCreditModel(const std::string& database, const ModelRun& run, ModelCounts* counts) {
  return CreditModel(database, run, counts).Run();
}

}  // namespace hub::test
