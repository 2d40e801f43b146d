#include "server/relay/supplier/link_queue.h"

namespace hub::relay {

void LinkQueue::PutAgain(const Waiting& waiting) {
  auto at = again_.end();
  while (at != again_.begin() && std::prev(at)->age > waiting.age) --at;
  again_.insert(at, waiting);
}

SlotId LinkQueue::PopAgain() {
  metrics_.Sub(Metric::queue_messages);
  const SlotId job = again_.front().job;
  again_.pop_front();
  return job;
}

// What waits for room is patient for the same time each: its front is over first. Those that go first are in the order of their
// age, and each is patient for itself.
std::vector<SlotId> LinkQueue::PopExpired(TimePoint now) {
  const auto is_over = [now](const Waiting& waiting) { return waiting.give_up <= now; };
  std::vector<SlotId> over;
  for (const Waiting& waiting : again_) {
    if (is_over(waiting)) over.push_back(waiting.job);
  }
  std::erase_if(again_, is_over);
  metrics_.Sub(Metric::queue_messages, static_cast<std::int64_t>(over.size()));
  for (Queue* queue : {&messages_, &changes_, &queries_}) {
    while (!queue->empty() && is_over(queue->front())) over.push_back(Pop(*queue));
  }
  return over;
}

TimePoint LinkQueue::first_over() const {
  TimePoint first = TimePoint::max();
  for (const Queue* queue : {&messages_, &changes_, &queries_}) {
    if (!queue->empty()) first = std::min(first, queue->front().give_up);
  }
  for (const Waiting& waiting : again_) first = std::min(first, waiting.give_up);
  return first;
}

}  // namespace hub::relay
