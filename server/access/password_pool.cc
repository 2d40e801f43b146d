#include "server/access/password_pool.h"

#include "server/base/password.h"

namespace hub::access {
namespace {

// Judged in the place of a hash when the system_id is unknown, so that an unknown name takes as long as a wrong password.
std::string DecoyHash() {
  auto hash = HashPassword("decoy");
  return hash ? std::move(hash).value() : std::string("*");
}

}  // namespace

PasswordPool::PasswordPool() : thread_([this] { Run(); }) {}

PasswordPool::~PasswordPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  thread_.join();
}

bool PasswordPool::Judge(std::string password, std::string hash,
                         std::shared_ptr<const std::atomic<bool>> wanted,
                         std::function<void(bool)> done) {
  {
    std::lock_guard lock(mutex_);
    if (cases_.size() >= kWaitingMax) return false;
    cases_.push_back({std::move(password), std::move(hash), std::move(wanted), std::move(done)});
  }
  arrived_.notify_one();
  return true;
}

void PasswordPool::Run() {
  const std::string decoy = DecoyHash();
  while (true) {
    Case next;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait(lock, [this] { return stopping_ || !cases_.empty(); });
      if (stopping_) return;
      next = std::move(cases_.front());
      cases_.pop_front();
    }
    if (!next.wanted->load()) continue;  // it hung up: a hash for nobody would delay everybody
    const bool known = !next.hash.empty();
    const bool right = VerifyPassword(next.password, known ? next.hash : decoy);
    next.done(known && right);
  }
}

}  // namespace hub::access
