#include "server/access/password_pool.h"

#include <algorithm>

#include "server/base/password.h"

namespace hub::access {
namespace {

// Judged in the place of a hash when there is none to judge, so that an unknown name takes as long as a wrong password.
std::string DecoyHash() {
  auto hash = HashPassword("decoy");
  return hash ? std::move(hash).value() : std::string("*");
}

}  // namespace

PasswordPool::PasswordPool(const Clock& clock, const ProcessKey& key, const PoolLimits& limits)
    : clock_(clock),
      limits_(limits),
      verified_(key, limits.verified_clients_max, limits.verified_for),
      thread_([this] { Run(); }) {}

PasswordPool::~PasswordPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_all();
  thread_.join();
}

bool PasswordPool::Judge(PasswordCase one) {
  {
    std::unique_lock lock(mutex_);
    if (IsRemembered(one)) {
      lock.unlock();
      one.done(true);
      return true;
    }
    std::deque<PasswordCase>& queue = one.is_known ? known_ : strangers_;
    const std::size_t waiting_max =
        one.is_known ? limits_.known_waiting_max : limits_.strangers_waiting_max;
    if (queue.size() >= waiting_max) return false;
    queue.push_back(std::move(one));
  }
  arrived_.notify_one();
  return true;
}

void PasswordPool::Forget(std::int64_t client_id) {
  std::lock_guard lock(mutex_);
  verified_.Forget(client_id);
}

PasswordPool::Stats PasswordPool::stats() const {
  std::lock_guard lock(mutex_);
  return {known_.size(), strangers_.size(), hashed_, remembered_};
}

bool PasswordPool::IsRemembered(const PasswordCase& one) {
  const bool found =
      std::any_of(one.hashes.begin(), one.hashes.end(), [&](const PasswordHash& hash) {
        return verified_.Contains(one.client_id, hash.text, one.password, clock_.Now());
      });
  if (found) ++remembered_;
  return found;
}

bool PasswordPool::Take(PasswordCase* one) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return stopping_ || !known_.empty() || !strangers_.empty(); });
  if (stopping_) return false;
  std::deque<PasswordCase>& queue = known_.empty() ? strangers_ : known_;
  *one = std::move(queue.front());
  queue.pop_front();
  return true;
}

void PasswordPool::Run() {
  const std::string decoy = DecoyHash();
  PasswordCase next;
  while (Take(&next)) {
    if (!next.wanted->load()) continue;  // it hung up: a hash for nobody would delay everybody
    {
      // Ten binds of one client that come together cost one hash: the first is remembered by now.
      std::unique_lock lock(mutex_);
      const bool remembered = IsRemembered(next);
      lock.unlock();
      if (remembered) {
        next.done(true);
        continue;
      }
    }
    JudgeOne(next, decoy);
  }
}

void PasswordPool::JudgeOne(PasswordCase& one, const std::string& decoy) {
  std::size_t hashed = 0;
  const PasswordHash* right = nullptr;
  for (const PasswordHash& hash : one.hashes) {
    ++hashed;
    if (!VerifyPassword(one.password, hash.text)) continue;
    right = &hash;
    break;
  }
  while (right == nullptr && hashed < std::max<std::size_t>(one.hashes_of_work, 1)) {
    ++hashed;
    (void)VerifyPassword(one.password, decoy);
  }
  {
    std::lock_guard lock(mutex_);
    hashed_ += hashed;
    if (right != nullptr) {
      verified_.Add(one.client_id, right->text, one.password, right->valid_for, clock_.Now());
    }
  }
  one.done(right != nullptr);
}

}  // namespace hub::access
