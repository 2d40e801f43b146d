#include "server/net/loop_core.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "server/base/check.h"
#include "server/net/listener.h"
#include "server/net/tcp_stream.h"

namespace hub::net {
namespace {

constexpr std::size_t kCipherRoomOctets = 32 * 1024;

// Later than that is no timer by its peers' doing: the machine or a debugger held us.
constexpr Duration kOurDelayMax = std::chrono::seconds(1);

// So long such timers wait for a turn that finds nothing to read any more.
constexpr Duration kReadFirstMax = std::chrono::seconds(1);

event_base* NewBase(bool precise_timers) {
  event_config* config = event_config_new();
  HUB_CHECK_SAY(config != nullptr, "no memory for an event loop");
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
  if (precise_timers) event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
  event_base* base = event_base_new_with_config(config);
  event_config_free(config);
  HUB_CHECK_SAY(base != nullptr, "the system gives no event loop");
  return base;
}

}  // namespace

LoopCore::LoopCore(const Clock& clock, const Loop::Options& options)
    : clock_(clock),
      options_(options),
      base_(NewBase(options.precise_timers)),
      read_slab_(options.slab_octets, options.slab_octets_max),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      resolver_([this] { Wake(); }) {
  HUB_CHECK_SAY(wake_.open(), "no eventfd for an event loop");
  timers_.set_now(clock_.Now());
  timer_.Set(base(), -1, 0, &LoopCore::OnTimer, this);
  // Each write of it is news, be the one before read or not: it is never read, a system call less each time.
  wake_event_.Set(base(), wake_.fd(), EV_READ | EV_PERSIST | EV_ET, &LoopCore::OnWake, this);
  wake_event_.Add();
}

LoopCore::~LoopCore() {
  listeners_.clear();
  streams_.clear();  // while the resolver and the timers, which they let go of, still live
}

void LoopCore::OnWake(int, short, void* self) noexcept {
  auto* core = static_cast<LoopCore*>(self);
  core->EnterTurn();
  // Before the mailboxes are polled: who pushes after that poll sees false and wakes us again. The exchange, not a
  // store, makes what was pushed before an earlier, coalesced Wake visible to this turn.
  core->wake_pending_.exchange(false, std::memory_order_acq_rel);
}

void LoopCore::OnTimer(int, short, void* self) noexcept {
  auto* core = static_cast<LoopCore*>(self);
  core->timer_due_.reset();
  core->EnterTurn();
}

void LoopCore::EnterTurn() {
  if (std::exchange(in_turn_, true)) return;
  counters_.turns.Add(1);
  clock_.BeginTurn();
  const TimePoint now = clock_.Now();
  const auto due = timers_.next();
  if (due && now - *due > kOurDelayMax) {
    if (!late_since_) late_since_ = now;
    octets_before_ = counters_.octets_in.value();
    timers_.set_now(now);
  } else {
    late_since_.reset();
    timers_.Advance(now);
  }
}

// Behind the reads of a turn. A session judges only so many frames at once, and a socket gives only so many octets: all that
// lay here while we stood still takes turns.
void LoopCore::FireLateTimers() {
  if (!late_since_) return;
  const bool all_read = again_.empty() && counters_.octets_in.value() == octets_before_;
  const TimePoint now = clock_.Now();
  if (!all_read && now - *late_since_ < kReadFirstMax) return;
  late_since_.reset();
  timers_.Advance(now);
}

void LoopCore::Turn() {
  Wait();
  EnterTurn();
  resolver_.Poll();
  ReadLeftOvers();
  FireLateTimers();
  RunPosts();
  for (std::size_t i = 0; i < polls_.size(); ++i) polls_[i]();
  Flush();
  const bool late = !doomed_.empty() || !deferred_.empty();
  Bury();
  RunDeferred();
  // What the dead left behind (answers, letters, records) must not wait for the next turn: it may be long in coming.
  if (late) {
    for (std::size_t i = 0; i < polls_.size(); ++i) polls_[i]();
  }
  Flush();
  FreeDead();
  in_turn_ = false;
}

void LoopCore::Wait() {
  bool wait = !Busy();
  const auto due = timers_.next();
  if (wait && due != timer_due_) {
    timer_due_ = due;
    if (due) {
      // The clock is read anew: timers_.now() is from the beginning of the turn before.
      timer_.AddTimer(std::max(Duration(0), Duration(*due - clock_.Now())));
    } else {
      timer_.DelTimer();
    }
  }
  event_base_loop(base(), EVLOOP_ONCE | (wait ? 0 : EVLOOP_NONBLOCK));
}

bool LoopCore::Busy() const {
  return !again_.empty() || !dirty_.empty() || !doomed_.empty() || !deferred_.empty() || stopped();
}

template <class Serve>
void LoopCore::ServeAll(std::vector<TcpStream*>& list, Serve&& serve) {
  HUB_CHECK(served_.empty());
  served_.swap(list);
  for (TcpStream* stream : served_) serve(*stream);
  served_.clear();
}

// A stream that asks again while it is served waits for the next turn, so that its neighbours run.
void LoopCore::ReadLeftOvers() {
  ServeAll(again_, [](TcpStream& stream) { stream.FeedLeftOver(); });
}

void LoopCore::RunPosts() {
  if (!posted_.exchange(false, std::memory_order_acquire)) return;
  std::vector<std::function<void()>> posts;
  {
    std::lock_guard lock(posts_mutex_);
    posts.swap(posts_);
  }
  for (const auto& work : posts) work();
}

void LoopCore::Flush() {
  ServeAll(dirty_, [](TcpStream& stream) { stream.Flush(); });
}

void LoopCore::Bury() {
  ServeAll(doomed_, [this](TcpStream& stream) {
    dead_.push_back(&stream);
    stream.TellClosed();
  });
}

void LoopCore::RunDeferred() {
  for (const auto& work : std::exchange(deferred_, {})) work();
}

void LoopCore::FreeDead() {
  stopped_listeners_.clear();
  for (TcpStream* stream : std::exchange(dead_, {})) DropUnused(*stream);
}

TcpStream& LoopCore::NewStream(const StreamLimits& limits) {
  streams_.push_back(std::make_unique<TcpStream>(*this, limits, streams_.size()));
  counters_.streams_open.Add(1);
  return *streams_.back();
}

void LoopCore::DropUnused(TcpStream& stream) {
  const std::size_t place = stream.place();
  std::erase(again_, &stream);
  std::erase(dirty_, &stream);
  std::erase(doomed_, &stream);
  streams_[place].swap(streams_.back());
  streams_[place]->set_place(place);
  streams_.pop_back();
  counters_.streams_open.Sub(1);
}

void LoopCore::AddListener(std::unique_ptr<Listener> listener) {
  listeners_.push_back(std::move(listener));
}

void LoopCore::UseTls(const TlsContextPtr& tls) {
  for (auto& listener : listeners_) listener->UseTls(tls);
}

MutableBytes LoopCore::cipher_room() {
  cipher_room_.resize(kCipherRoomOctets);
  return cipher_room_;
}

void LoopCore::StopListening() {
  for (auto& listener : listeners_) {
    listener->Stop();
    stopped_listeners_.push_back(std::move(listener));
  }
  listeners_.clear();
}

bool LoopCore::Post(std::function<void()> work) {
  {
    std::lock_guard lock(posts_mutex_);
    if (posts_.size() >= options_.posts_max) {
      counters_.posts_refused.Add(1);
      return false;
    }
    posts_.push_back(std::move(work));
    posted_.store(true, std::memory_order_release);
  }
  Wake();
  return true;
}

void LoopCore::PostAlways(std::function<void()> work) {
  {
    std::lock_guard lock(posts_mutex_);
    posts_.push_back(std::move(work));
    posted_.store(true, std::memory_order_release);
  }
  Wake();
}

void LoopCore::Wake() {
  if (wake_pending_.exchange(true, std::memory_order_acq_rel)) return;  // one is on its way
  const std::uint64_t one = 1;
  (void)!write(wake_.fd(), &one, sizeof one);
}

void LoopCore::Stop() {
  stop_.store(true, std::memory_order_release);
  Wake();
}

}  // namespace hub::net
