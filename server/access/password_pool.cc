#include "server/access/password_pool.h"

#include <algorithm>

#include "server/base/password.h"
#include "server/base/thread_name.h"

namespace hub::access {
namespace {

constexpr int kKnownInARowMax = 3;  // then a stranger has its turn

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
    if (const PasswordHash* right = Remembered(one)) {
      lock.unlock();
      one.done(right->text);
      return true;
    }
    std::deque<PasswordCase>& queue = one.is_known ? known_ : strangers_;
    const std::size_t waiting_max =
        one.is_known ? limits_.known_waiting_max : limits_.strangers_waiting_max;
    // Who hung up keeps nobody's place.
    if (queue.size() >= waiting_max) std::erase_if(queue, [](const auto& c) { return !*c.wanted; });
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

const PasswordHash* PasswordPool::Remembered(const PasswordCase& one) {
  for (const PasswordHash& hash : one.hashes) {
    if (!verified_.Contains(one.client_id, hash.text, one.password.view(), clock_.Now())) continue;
    ++remembered_;
    return &hash;
  }
  return nullptr;
}

bool PasswordPool::Take(PasswordCase* one) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return stopping_ || !known_.empty() || !strangers_.empty(); });
  if (stopping_) return false;
  const bool is_strangers_turn =
      known_.empty() || (!strangers_.empty() && known_in_a_row_ >= kKnownInARowMax);
  known_in_a_row_ = is_strangers_turn || strangers_.empty() ? 0 : known_in_a_row_ + 1;
  std::deque<PasswordCase>& queue = is_strangers_turn ? strangers_ : known_;
  *one = std::move(queue.front());
  queue.pop_front();
  return true;
}

void PasswordPool::Run() {
  NameThread("password");
  const std::string decoy = DecoyHash();
  while (true) {
    PasswordCase next;  // ends, and is wiped, with its verdict
    if (!Take(&next)) return;
    // It hung up: a hash for nobody would delay everybody.
    if (next.wanted->load()) JudgeNext(next, decoy);
  }
}

void PasswordPool::JudgeNext(PasswordCase& one, const std::string& decoy) {
  // Ten binds of one client that come together cost one hash: the first is remembered by now.
  std::unique_lock lock(mutex_);
  const PasswordHash* right = Remembered(one);
  lock.unlock();
  if (right != nullptr) return one.done(right->text);
  JudgeOne(one, decoy);
}

void PasswordPool::JudgeOne(PasswordCase& one, const std::string& decoy) {
  std::size_t hashed = 0;
  const PasswordHash* right = nullptr;
  for (const PasswordHash& hash : one.hashes) {
    ++hashed;
    if (!VerifyPassword(one.password.view(), hash.text)) continue;
    right = &hash;
    break;
  }
  while (right == nullptr && hashed < std::max<std::size_t>(one.hashes_of_work, 1)) {
    ++hashed;
    (void)VerifyPassword(one.password.view(), decoy);
  }
  {
    std::lock_guard lock(mutex_);
    hashed_ += hashed;
    if (right != nullptr) {
      verified_.Add(one.client_id, right->text, one.password.view(), right->valid_for,
                    clock_.Now());
    }
  }
  one.done(right == nullptr ? std::string_view() : right->text);
}

}  // namespace hub::access
