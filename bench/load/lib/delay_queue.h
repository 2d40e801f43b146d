// Things that happen a fixed while later, in order: one timer for all of them, however many wait.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>

#include "server/base/timers.h"

namespace hub::load {

/// First in, first out: when the delay is made shorter, what already waits is not overtaken. One thread.
template <class T>
class DelayQueue {
 public:
  DelayQueue(Timers& timers, std::function<void(T&)> fire)
      : timers_(timers), fire_(std::move(fire)), timer_(timers, [this] { FireDue(); }) {}

  void Push(T value, Duration delay) {
    TimePoint due = timers_.now() + delay;
    if (!waiting_.empty()) due = std::max(due, waiting_.back().due);
    waiting_.push_back({due, std::move(value)});
    if (waiting_.size() == 1) timer_.Start(due - timers_.now());
  }
  std::size_t size() const { return waiting_.size(); }

 private:
  struct Entry {
    TimePoint due;
    T value;
  };

  void FireDue() {
    while (!waiting_.empty() && waiting_.front().due <= timers_.now()) {
      T value = std::move(waiting_.front().value);
      waiting_.pop_front();
      fire_(value);
    }
    if (!waiting_.empty()) timer_.Start(waiting_.front().due - timers_.now());
  }

  Timers& timers_;
  const std::function<void(T&)> fire_;
  std::deque<Entry> waiting_;
  Timer timer_;
};

}  // namespace hub::load
