// Passwords are judged on a thread of their own: a yescrypt hash takes 18 ms, which is 18 ms too long for a loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "server/access/password_judge.h"
#include "server/access/verified_cache.h"

namespace hub::access {

/// Limits of the pool, one term a line; the settings table fills them.
struct PoolLimits {
  std::size_t known_waiting_max = 1'024;      // cases from known places; beyond: ESME_RTHROTTLED
  std::size_t strangers_waiting_max = 256;    // all others; beyond: the same
  std::size_t verified_clients_max = 20'000;  // remembered as right; the oldest gives way
  Duration verified_for = std::chrono::hours(24);
};

/// One thread, so guesses cannot take more than one core; bounded queues, so they cannot take more than some memory. Who is known is
/// judged first, a flood of strangers costs strangers; but every fourth turn is a stranger's, for a known place is never banned, whatever
/// it sends. What was right lately is answered at once, within Judge.
class PasswordPool final : public PasswordJudge {
 public:
  PasswordPool(const Clock& clock, const ProcessKey& key, const PoolLimits& limits);
  ~PasswordPool() override;  // drops what waits

  bool Judge(PasswordCase one) override;
  void Forget(std::int64_t client_id) override;

  struct Stats {
    std::size_t known_waiting = 0, strangers_waiting = 0;
    std::uint64_t hashed = 0, remembered = 0;  // since the start
  };
  Stats stats() const;

 private:
  void Run();
  bool Take(PasswordCase* one);  // false: the pool ends
  /// Of its hashes the one for which its password was found right lately; null: of none.
  const PasswordHash* Remembered(const PasswordCase& one);
  void JudgeNext(PasswordCase& one, const std::string& decoy);
  void JudgeOne(PasswordCase& one, const std::string& decoy);

  const Clock& clock_;
  const PoolLimits limits_;
  mutable std::mutex mutex_;  // LOCK: binds only, held for a push, a pop or two MACs
  std::condition_variable arrived_;
  std::deque<PasswordCase> known_, strangers_;
  int known_in_a_row_ = 0;  // judged while a stranger waited
  VerifiedCache verified_;
  std::uint64_t hashed_ = 0, remembered_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::access
