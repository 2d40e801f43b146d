#include "server/billing/credit.h"

#include <algorithm>
#include <utility>

#include "server/base/check.h"

namespace hub::billing {

using store::GrantState;

AccountCredit::AccountCredit(std::int64_t account_id, store::LeaseDesk& desk, const Clock& clock,
                             std::function<void()> on_answer)
    : account_id_(account_id), desk_(desk), clock_(clock), on_answer_(std::move(on_answer)) {}

Reserve AccountCredit::TryReserve(Nano amount) {
  HUB_CHECK(amount.units >= 0);
  std::int64_t remaining = remaining_.load(std::memory_order_relaxed);
  do {
    if (remaining < amount.units) return WaitOrRefuse(amount, remaining);
  } while (!remaining_.compare_exchange_weak(remaining, remaining - amount.units,
                                             std::memory_order_relaxed));
  const bool low = remaining - amount.units < low_water_.load(std::memory_order_relaxed);
  if (low && !asking_.load(std::memory_order_relaxed) && !RefusedLately(0)) Ask(amount, 0);
  return Reserve::kReserved;
}

Reserve AccountCredit::WaitOrRefuse(Nano amount, std::int64_t remaining) {
  if (asking_.load(std::memory_order_acquire)) return Reserve::kWait;
  const std::int64_t need = amount.units - remaining;
  if (RefusedLately(need)) {
    return last_state_.load(std::memory_order_relaxed) == GrantState::kUnreachable
               ? Reserve::kUnreachable
               : Reserve::kNoCredit;
  }
  Ask(amount, need);
  return Reserve::kWait;
}

bool AccountCredit::RefusedLately(std::int64_t need) const {
  const GrantState state = last_state_.load(std::memory_order_relaxed);
  if (state == GrantState::kGranted) return false;
  if (state == GrantState::kElsewhere && need > 0) return false;  // for that others are recalled
  // Less than what was refused may still be there: a cheap message passes where a dear one did not.
  if (state == GrantState::kNoCredit && need < refused_need_.load(std::memory_order_relaxed))
    return false;
  const std::int64_t age =
      clock_.Now().time_since_epoch().count() - answered_at_ns_.load(std::memory_order_relaxed);
  return age < kRefusalMemory.count();
}

void AccountCredit::Ask(Nano amount, std::int64_t need) {
  if (asking_.exchange(true, std::memory_order_acq_rel)) return;  // another loop was faster
  desk_.Request(account_id_, WantFor(amount, need), Nano{need},
                [this, need](const store::Grant& grant) { OnGrant(grant, need); });
}

Nano AccountCredit::WantFor(Nano amount, std::int64_t need) const {
  const std::int64_t spent =
      std::max<std::int64_t>(0, level_.load(std::memory_order_relaxed) - remaining().units);
  const std::int64_t elapsed = std::max<std::int64_t>(
      1'000'000,  // a millisecond: a burst is no pace
      clock_.Now().time_since_epoch().count() - answered_at_ns_.load(std::memory_order_relaxed));
  const NanoSum at_pace = NanoSum{spent} * kLeaseCover.count() / elapsed;
  const NanoSum at_least = NanoSum{amount.units} * kLeaseMessagesMin;
  const NanoSum want = std::min<NanoSum>(std::max(at_pace, at_least), kLeaseWantMax.units);
  return {std::max({static_cast<std::int64_t>(want), need, std::int64_t{1}})};
}

void AccountCredit::OnGrant(const store::Grant& grant, std::int64_t need) {
  if (grant.granted.units != 0) {
    const std::int64_t before =
        remaining_.fetch_add(grant.granted.units, std::memory_order_relaxed);
    HUB_CHECK(CheckedAdd({before}, grant.granted).has_value());
    low_water_.store(grant.granted.units / kLowWaterPart, std::memory_order_relaxed);
  }
  level_.store(remaining().units, std::memory_order_relaxed);
  answered_at_ns_.store(clock_.Now().time_since_epoch().count(), std::memory_order_relaxed);
  refused_need_.store(need, std::memory_order_relaxed);
  last_state_.store(grant.state, std::memory_order_relaxed);
  asking_.store(false, std::memory_order_release);
  answers_.fetch_add(1, std::memory_order_release);
  on_answer_();
}

void AccountCredit::Release(Nano amount) {
  HUB_CHECK(amount.units >= 0);
  remaining_.fetch_add(amount.units, std::memory_order_relaxed);
}

std::int64_t AccountCredit::TakeRemaining() {
  const std::int64_t amount = remaining_.exchange(0, std::memory_order_relaxed);
  level_.fetch_sub(amount, std::memory_order_relaxed);  // it was not spent: no sign of a pace
  return amount;
}

void AccountCredit::ReturnAll() {
  if (returning_.exchange(true, std::memory_order_acq_rel)) return;
  const std::int64_t amount = TakeRemaining();
  if (amount == 0) return returning_.store(false, std::memory_order_release);
  desk_.Return(account_id_, {amount}, [this, amount](store::ReturnState state) {
    if (state == store::ReturnState::kKept) {
      remaining_.fetch_add(amount, std::memory_order_relaxed);
      level_.fetch_add(amount, std::memory_order_relaxed);
    }
    returning_.store(false, std::memory_order_release);
  });
}

// Looks at the level, not at the clock of each reservation: the hot call stays one compare-exchange.
void AccountCredit::Tick() {
  const std::int64_t level = remaining().units;
  const TimePoint now = clock_.Now();
  if (level == 0 || level != idle_level_) {
    idle_level_ = level;
    idle_since_ = now;
  } else if (now - idle_since_ >= kLeaseIdle) {
    ReturnAll();
  }
}

Nano AccountCredit::Freeze() { return {TakeRemaining()}; }

CreditBook::CreditBook(store::LeaseDesk& desk, const Clock& clock) : desk_(desk), clock_(clock) {
  desk_.Serve(this);
}

AccountCredit* CreditBook::Of(std::int64_t account_id) {
  const std::lock_guard lock(mutex_);
  auto& credit = accounts_[account_id];
  if (credit == nullptr) {
    credit = std::make_unique<AccountCredit>(account_id, desk_, clock_, [this] {
      answers_.fetch_add(1, std::memory_order_release);
      if (waker_) waker_();
    });
  }
  return credit.get();
}

AccountCredit* CreditBook::Find(std::int64_t account_id) {
  const std::lock_guard lock(mutex_);
  const auto found = accounts_.find(account_id);
  return found == accounts_.end() ? nullptr : found->second.get();
}

void CreditBook::OnRecall(std::int64_t account_id) {
  if (AccountCredit* credit = Find(account_id)) credit->ReturnAll();
}

Nano CreditBook::Freeze(std::int64_t account_id) {
  AccountCredit* const credit = Find(account_id);
  return credit == nullptr ? Nano{} : credit->Freeze();
}

void CreditBook::OnTick() {
  const std::lock_guard lock(mutex_);
  for (auto& [account, credit] : accounts_) credit->Tick();
}

void CreditBook::SetWaker(std::function<void()> waker) { waker_ = std::move(waker); }

}  // namespace hub::billing
