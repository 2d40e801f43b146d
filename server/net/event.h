// One libevent event, stopped when it dies. libevent tells readiness and time only; it reads and writes nothing.
#pragma once

#include <event2/event.h>

#include "server/base/check.h"
#include "server/base/clock.h"

namespace hub::net {

class Event {
 public:
  Event() = default;
  ~Event() { Reset(); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  /// fd    -1: a timer;   what  EV_READ, EV_WRITE, EV_PERSIST;   call  must be noexcept: C stands between
  void Set(event_base* base, int fd, short what, event_callback_fn call, void* self) {
    Reset();
    event_ = event_new(base, fd, what, call, self);
    HUB_CHECK_SAY(event_ != nullptr, "no memory for an event");
  }
  void Reset() {
    if (event_ == nullptr) return;
    event_free(event_);  // deletes it first, also from the list of active ones
    event_ = nullptr;
    added_ = false;
  }

  void Add() {
    if (added_ || event_ == nullptr) return;
    HUB_CHECK_SAY(event_add(event_, nullptr) == 0, "libevent refuses a descriptor");
    added_ = true;
  }
  void AddTimer(Duration after) {
    const auto us = std::chrono::ceil<std::chrono::microseconds>(after).count();
    const timeval wait{us / 1'000'000, us % 1'000'000};
    HUB_CHECK(event_add(event_, &wait) == 0);
  }
  void Del() {
    if (!added_) return;
    event_del(event_);
    added_ = false;
  }
  void DelTimer() { event_del(event_); }
  bool added() const { return added_; }

 private:
  event* event_ = nullptr;
  bool added_ = false;
};

}  // namespace hub::net
