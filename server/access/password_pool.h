// Passwords are judged on a thread of their own: a yescrypt hash takes 18 ms, which is 18 ms too long for a loop.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "server/access/password_judge.h"

namespace hub::access {

/// One thread, so guesses cannot take more than one core; a bounded queue, so they cannot take more than some memory.
class PasswordPool final : public PasswordJudge {
 public:
  static constexpr std::size_t kWaitingMax =
      1'024;  // binds that wait to be judged; beyond: ESME_RTHROTTLED

  PasswordPool();
  ~PasswordPool() override;  // drops what waits

  bool Judge(std::string password, std::string hash,
             std::shared_ptr<const std::atomic<bool>> wanted,
             std::function<void(bool)> done) override;

 private:
  struct Case {
    std::string password, hash;
    std::shared_ptr<const std::atomic<bool>> wanted;
    std::function<void(bool)> done;
  };
  void Run();

  std::mutex mutex_;  // LOCK: binds only, held for a push or a pop
  std::condition_variable arrived_;
  std::deque<Case> cases_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace hub::access
