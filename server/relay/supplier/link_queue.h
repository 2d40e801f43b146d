// What waits at one bind for its turn: for room in the window, for the rates of bind and supplier, for the end of a pause.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <vector>

#include "server/base/ring.h"
#include "server/relay/mail.h"
#include "server/relay/supplier/change_share.h"
#include "server/telemetry/metrics.h"

namespace hub::relay {

/// Messages in the order in which they came, and before them those that the supplier throttled, oldest first. Beside the messages
/// stands each cancel_sm and replace_sm; behind those each query_sm, whose answer the client has without it. Whose turn it is, the
/// link says. Counts Metric::queue_messages. One loop; times are handed in.
class LinkQueue final {
 public:
  /// places  of messages and changes together; of them changes ChangeShare::Of at most, and as many queries besides
  LinkQueue(std::size_t places, Metrics& metrics) : places_(places), metrics_(metrics) {}

  /// Messages alone: changes that wait take no place that one of them could have.
  std::size_t messages() const { return again_.size() + messages_.size(); }
  /// Changes and queries.
  std::size_t asides() const { return changes_.size() + queries_.size(); }
  bool has_asides() const { return !changes_.empty() || !queries_.empty(); }
  bool empty() const { return messages() == 0 && !has_asides(); }

  /// What the supplier throttled has a place always: windows bound how many there are.
  bool IsFullFor(const SubmitJob& job) const;
  /// Only while not full for it. Its patience ends at give_up.
  void Put(const SubmitJob& job, SlotId id, TimePoint give_up);

  /// Takes the next one out; only when there is one.
  SlotId PopMessage() { return again_.empty() ? Pop(messages_) : PopAgain(); }
  SlotId PopAside() { return Pop(changes_.empty() ? queries_ : changes_); }
  /// Takes out all whose patience is over.
  std::vector<SlotId> PopExpired(TimePoint now);
  /// When the first one's patience is over; TimePoint::max(): nothing waits.
  TimePoint first_over() const;

 private:
  struct Waiting {
    SlotId job;
    MessageId age;
    TimePoint give_up;
  };
  using Queue = Ring<Waiting>;

  Queue& QueueOf(const SubmitJob& job);
  void PutAgain(const Waiting& waiting);
  SlotId PopAgain();
  SlotId Pop(Queue& queue) {
    metrics_.Sub(Metric::queue_messages);
    return queue.Pop().job;
  }

  const std::size_t places_;
  Metrics& metrics_;
  // That the supplier throttled, oldest first: before all others; at most its windows.
  std::deque<Waiting> again_;
  Queue messages_;
  Queue changes_;  // cancel_sm and replace_sm; at most ChangeShare::Of(places_)
  Queue queries_;  // query_sm; as many, and they take no place of the others
};

// Here for each submit that does not go at once.

inline bool LinkQueue::IsFullFor(const SubmitJob& job) const {
  if (job.again) return false;
  if (job.command_id == smpp::CommandId::query_sm)
    return queries_.size() >= ChangeShare::Of(places_);
  if (messages_.size() + changes_.size() >= places_) return true;
  return IsChange(job.command_id) && changes_.size() >= ChangeShare::Of(places_);
}

inline LinkQueue::Queue& LinkQueue::QueueOf(const SubmitJob& job) {
  if (job.command_id == smpp::CommandId::query_sm) return queries_;
  return IsChange(job.command_id) ? changes_ : messages_;
}

inline void LinkQueue::Put(const SubmitJob& job, SlotId id, TimePoint give_up) {
  const Waiting waiting{id, job.age, give_up};
  job.again ? PutAgain(waiting) : QueueOf(job).push_back(waiting);
  metrics_.Add(Metric::queue_messages);
}

}  // namespace hub::relay
