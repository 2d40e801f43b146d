// The thread that asks PostgreSQL for credit. See LeaseDesk in store.h for the contract.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "server/base/clock.h"
#include "server/store/fence.h"
#include "server/store/pg.h"
#include "server/store/store.h"

namespace hub::store {

struct DeskLimits {
  std::size_t waiting_max = 0;
  std::int64_t probe_ms = 0;
};

/// Requests are answered in bunches: one statement and one commit for all that wait, accounts in
/// ascending order. Holds the node's advisory lock, so that two daemons with one node id cannot
/// both run; looks after it, and after the epoch, whenever it is idle.
class PgLeaseDesk final : public LeaseDesk {
 public:
  /// `pg` is connected and holds the node's lock already (see LockNode).
  PgLeaseDesk(Pg pg, PgOptions connection, const NodeEpoch& node, const DeskLimits& limits,
              Fence* fence);
  ~PgLeaseDesk() override;  // requests that wait are answered kUnreachable

  void Request(std::int64_t account_id, Nano want, Nano need,
               std::function<void(const Grant&)> done) override;
  Outcome<Done> CloseAll(std::int64_t millis) override;

 private:
  struct Question {
    std::int64_t account_id = 0;
    std::int64_t request = 0;  // its number within the account and epoch
    Nano want, need;
    std::function<void(const Grant&)> done;
  };
  // What we know of an account's numbers. `open`: the answer to `last` never came, so it is asked
  // again, not passed by.
  struct Numbering {
    std::int64_t last = 0;
    bool open = false;
  };

  void Run();
  std::vector<Question>
  TakeQuestions();  // waits; sorted by account; empty when stopping or closing
  void Ask(std::vector<Question>& questions);
  Outcome<PgResult> Send(const std::vector<Question>& questions);
  void Answer(std::vector<Question>& questions, const PgResult& result);
  void AnswerUnreachable(std::vector<Question>& questions);
  Outcome<Done> Connect();
  void Probe();
  Outcome<Done> CheckEpoch(Pg& pg);  // trips the fence when it is closed
  void Close();
  Outcome<Done> CloseOnce();
  void Lose(const Error& error);

  const PgOptions connection_;
  const NodeEpoch node_;
  const DeskLimits limits_;
  Fence* const fence_;

  // LOCK: loops ask from their threads, the desk answers from its own. A request an account and a
  // few a second: never per message.
  std::mutex mutex_;
  std::condition_variable wake_;    // the desk waits on it
  std::condition_variable closed_;  // CloseAll waits on it
  std::deque<Question> waiting_;
  bool stop_ = false;
  bool close_ = false;
  TimePoint close_until_{};
  std::optional<Outcome<Done>> close_result_;

  // Of the desk's thread alone.
  std::optional<Pg> pg_;
  std::unordered_map<std::int64_t, Numbering> numbers_;
  TimePoint next_connect_{};
  std::int64_t backoff_ms_ = 0;
  std::thread thread_;
};

/// Takes the node's lock on this session, waiting up to `millis` for a dead daemon's session to
/// end.
Outcome<Done> LockNode(Pg& pg, std::int32_t node_id, std::int64_t millis);

}  // namespace hub::store
