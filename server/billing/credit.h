// The credit of one account on this node: what is left of its lease, shared by all loops, spent
// without asking.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "server/base/clock.h"
#include "server/base/money.h"
#include "server/store/leases.h"
#include "server/store/store.h"

namespace hub::billing {

enum class Reserve : std::uint8_t {
  kReserved,
  kWait,         // a grant is on its way, or other nodes are asked to give some back: hold the
                 // message (bounded) and try again when told
  kNoCredit,     // PostgreSQL said so moments ago, and other nodes have none: out_of_credit_status
  kUnreachable,  // PostgreSQL is away and the lease is spent: answer ESME_RTHROTTLED
};

/// The lease asked for lasts about this long at the pace of the last one,
inline constexpr Duration kLeaseCover = std::chrono::seconds(3);
/// but for at least so many messages like the one that asks. PostgreSQL gives less near the limit.
inline constexpr std::int64_t kLeaseMessagesMin = 1'000;
/// More is asked for when less than 1/kLowWaterPart of the last grant is left.
inline constexpr std::int64_t kLowWaterPart = 4;
/// A refusal is believed for so long; so is an answer that did not come.
inline constexpr Duration kRefusalMemory = std::chrono::seconds(1);
/// A lease that nothing was reserved from for so long is returned: another node may need it.
inline constexpr Duration kLeaseIdle = std::chrono::seconds(60);
/// No request is for more: 10^9 of the currency. A single message may cost more all the same.
inline constexpr Nano kLeaseWantMax{1'000'000'000 * kNanoPerUnit};

/// One account's lease on this node. Any thread; the hot call is one compare-exchange.
/// Equality passes: an amount equal to what is left is reserved and leaves 0.
/// Lives until the desk is gone: an answer may come at any time.
class AccountCredit {
 public:
  /// `on_answer` is called on the desk's thread after each answer was taken in.
  AccountCredit(std::int64_t account_id, store::LeaseDesk& desk, const Clock& clock,
                std::function<void()> on_answer);

  /// Takes `amount` >= 0 out of the lease. When little is left it asks the desk for more, in the
  /// background, one request at a time.
  Reserve TryReserve(Nano amount);
  /// Gives back what was reserved and not charged: the message was refused.
  void Release(Nano amount);

  /// Returns what is not reserved to PostgreSQL: the client's last bind on this node is gone, another
  /// node needs it. It cannot be spent from this moment on; what PostgreSQL never heard of, for it is
  /// away, can be spent again later. Nothing when a return is under way already.
  void ReturnAll();
  /// Returns it when nothing was reserved for kLeaseIdle. The desk's thread, every kDeskTick.
  void Tick();
  /// PostgreSQL forgot the lease: takes away what is not reserved, and says how much it was.
  Nano Freeze();

  std::int64_t account_id() const { return account_id_; }
  Nano remaining() const { return {remaining_.load(std::memory_order_relaxed)}; }
  /// Grows with each grant answer, whatever it said: a holder of waiting messages looks at it.
  std::uint64_t answers() const { return answers_.load(std::memory_order_acquire); }

 private:
  Reserve WaitOrRefuse(Nano amount, std::int64_t remaining);
  bool RefusedLately(std::int64_t need) const;
  void Ask(Nano amount, std::int64_t need);
  Nano WantFor(Nano amount, std::int64_t need) const;
  void OnGrant(const store::Grant& grant, std::int64_t need);
  std::int64_t TakeRemaining();

  const std::int64_t account_id_;
  store::LeaseDesk& desk_;
  const Clock& clock_;
  const std::function<void()> on_answer_;
  // On a cache line of its own, for all loops write there with each message.
  alignas(64) std::atomic<std::int64_t> remaining_{0};
  std::atomic<std::int64_t> low_water_{0};
  std::atomic<bool> asking_{false};
  std::atomic<std::uint64_t> answers_{0};
  // Of the last answer. Written by the desk's thread while asking_, read when it is false.
  std::atomic<store::GrantState> last_state_{store::GrantState::kGranted};
  std::atomic<std::int64_t> refused_need_{0};    // a refusal is about this much and more
  std::atomic<std::int64_t> answered_at_ns_{0};  // steady clock
  std::atomic<std::int64_t> level_{
      0};  // what was left right after it: the pace is measured from here
  std::atomic<bool> returning_{false};
  // Of Tick alone: what was left when it last changed, and since when.
  std::int64_t idle_level_ = 0;
  TimePoint idle_since_{};
};

/// All accounts; an account's credit is never moved nor freed while the book lives. The desk must
/// end before the book, and tells it of recalls and the time.
class CreditBook final : public store::LeaseHolder {
 public:
  CreditBook(store::LeaseDesk& desk, const Clock& clock);
  /// Finds or makes it. Called when a snapshot is built, not on the path of a message.
  AccountCredit* Of(std::int64_t account_id);
  /// Grows behind each account's answers(): while it stands, none of them has news. Any thread.
  std::uint64_t answers() const { return answers_.load(std::memory_order_acquire); }
  /// Called on the desk's thread after each grant answer: wakes loops that hold waiting messages.
  /// Set once, before traffic.
  void SetWaker(std::function<void()> waker);

  void OnRecall(std::int64_t account_id) override;
  Nano Freeze(std::int64_t account_id) override;
  void OnTick() override;

 private:
  AccountCredit* Find(std::int64_t account_id);

  store::LeaseDesk& desk_;
  const Clock& clock_;
  std::mutex mutex_;  // LOCK: the map only; taken when snapshots are built, and once a second
  std::unordered_map<std::int64_t, std::unique_ptr<AccountCredit>> accounts_;
  std::function<void()> waker_;
  std::atomic<std::uint64_t> answers_{0};
};

}  // namespace hub::billing
