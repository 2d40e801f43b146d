// The thread that asks PostgreSQL for credit and gives it back. See LeaseDesk in leases.h for the contract.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "server/base/clock.h"
#include "server/store/fence.h"
#include "server/store/lease_statements.h"
#include "server/store/pg.h"
#include "server/store/store.h"

namespace hub::store {

/// The holder of leases hears the time so often.
inline constexpr Duration kDeskTick = std::chrono::seconds(1);

struct DeskLimits {
  std::size_t waiting_max = 0;
  std::int64_t probe_ms = 0;           // looks after the node's lock and epoch so often
  std::int64_t recall_round_ms = 500;  // other nodes have so long to give back what a message needs
  std::int64_t recall_poll_ms = 40;    // and so often we look whether they did
  std::int64_t row_round_ms =
      2'000;  // settlement, or an operator, may hold an account's row so long
};

/// Requests are answered in bunches: one statement and one commit for all that wait, accounts in
/// ascending order; returns likewise. Holds the node's advisory lock, so that two daemons with one
/// node id cannot both run; looks after it, and after the epoch. Hears recalls (LISTEN) at once.
class PgLeaseDesk final : public LeaseDesk {
 public:
  /// `pg` is connected and holds the node's lock already (see LockNode).
  PgLeaseDesk(Pg pg, PgOptions connection, const NodeEpoch& node, const DeskLimits& limits,
              Fence* fence);
  /// At once, whatever PostgreSQL does. Requests that wait are answered kUnreachable, returns that were not sent kKept.
  ~PgLeaseDesk() override;

  void Request(std::int64_t account_id, Nano want, Nano need,
               std::function<void(const Grant&)> done) override;
  void Return(std::int64_t account_id, Nano amount, std::function<void(ReturnState)> done) override;
  void Serve(LeaseHolder* holder) override { holder_.store(holder); }
  Outcome<Done> CloseAll(std::int64_t millis) override;

 private:
  struct Question {
    std::int64_t account_id = 0;
    Nano want, need;
    std::function<void(const Grant&)> done;
    TimePoint not_before{};                // asked again then
    std::optional<TimePoint> give_up;      // other nodes were told to give something back
    std::optional<TimePoint> row_until{};  // somebody holds the account's row: waited for till then
  };
  struct Giving {
    std::int64_t account_id = 0;
    Nano amount;
    std::function<void(ReturnState)> done;
    bool sent = false;  // PostgreSQL may have counted it: asked with the same number until it tells
  };
  // What we know of an account's lease. A number is `open` when its answer never came, or said "not
  // yet": it is asked again, not passed by.
  struct Lease {
    std::int64_t last_request = 0;
    bool request_open = false;
    std::int64_t last_return = 0;
    NanoSum net = 0;  // granted - returned: spent, reserved, or in the holder's hands
  };

  // lease_desk.cc: the thread, its letterbox, its connection.
  void Run();
  bool Await();  // for something to do; false: stop
  TimePoint NextDue() const;
  void Wake();
  void TakeLetters();
  void AnswerRest();
  void HearRecalls();
  void KeepTime();
  bool MustConnect() const;
  Outcome<Done> Connect();
  Outcome<Done> TryConnect();
  void Probe();
  void Close();
  Outcome<Done> CloseOnce();
  void Lose(const Error& error);

  // lease_desk_work.cc: what it asks.
  void Ask();
  std::vector<Question> TakeDue();
  Outcome<PgResult> Send(const std::vector<Question>& questions);
  void Take(Question& question, std::string_view state, Nano granted);
  void WaitForOthers(Question& question);
  bool WaitsForRow(Question& question);  // true: it is asked again
  void Finish(Question& question, GrantState state, Nano granted = {});
  void GiveBack();
  void KeepUnsent();
  Outcome<bool> GiveBackSome();  // true: there are more
  std::vector<ReturnSaid> NumberGivings();
  void FinishGiving(std::int64_t account_id, std::string_view state);
  Outcome<Done> CheckLeases(Pg& pg);
  Outcome<Done> ClaimLost();
  Outcome<Done> Restore(Pg& pg, std::int64_t account_id, Lease& lease);
  Nano TakeFromHolder(std::int64_t account_id);

  const std::shared_ptr<PgInterrupt> interrupt_;
  const PgOptions connection_;
  const NodeEpoch node_;
  const DeskLimits limits_;
  Fence* const fence_;
  std::atomic<LeaseHolder*> holder_{nullptr};

  // LOCK: loops write letters from their threads, the desk reads them on its own. A request an
  // account and a few a second: never per message.
  std::mutex mutex_;
  std::condition_variable closed_;  // CloseAll waits on it
  std::vector<Question> questions_in_;
  std::vector<Giving> givings_in_;
  std::size_t unanswered_ = 0;  // questions
  bool stop_ = false;
  bool close_ = false;
  TimePoint close_until_{};
  std::optional<Outcome<Done>> close_result_;

  // Of the desk's thread alone.
  std::optional<Pg> pg_;
  std::vector<Question> questions_;
  std::map<std::int64_t, Giving> givings_;  // by account
  std::map<std::int64_t, Lease> leases_;    // by account
  TimePoint givings_due_{};
  TimePoint close_due_{};
  TimePoint next_tick_{};
  TimePoint next_probe_{};
  TimePoint next_connect_{};
  std::int64_t backoff_ms_ = 0;
  const int wake_fd_;  // readable: there are letters
  std::thread thread_;
};

/// Takes the node's lock on this session, waiting up to `millis` for a dead daemon's session to
/// end.
Outcome<Done> LockNode(Pg& pg, std::int32_t node_id, std::int64_t millis);

}  // namespace hub::store
