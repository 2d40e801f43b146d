#include "server/net/resolver.h"

#include <algorithm>
#include <utility>

#include "server/base/thread_name.h"

namespace hub::net {

Resolver::~Resolver() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  asked_.notify_one();
  if (thread_.joinable()) thread_.join();
}

Resolver::Ticket Resolver::Ask(const Address& address, Answer answer) {
  const Ticket ticket = ++last_ticket_;
  waiting_.push_back({ticket, std::move(answer)});
  {
    std::lock_guard lock(mutex_);
    if (questions_.size() < kQuestionsMax) {
      questions_.push_back({ticket, address});
    } else {
      found_.push_back({ticket, {}});
    }
  }
  if (!thread_.joinable()) thread_ = std::thread([this] { Work(); });
  asked_.notify_one();
  return ticket;
}

void Resolver::Cancel(Ticket ticket) {
  std::erase_if(waiting_, [&](const Waiting& w) { return w.ticket == ticket; });
  std::lock_guard lock(mutex_);
  std::erase_if(questions_, [&](const Question& q) { return q.ticket == ticket; });
}

void Resolver::Poll() {
  if (waiting_.empty()) return;
  std::vector<Found> found;
  {
    std::lock_guard lock(mutex_);
    found.swap(found_);
  }
  for (Found& f : found) {
    const auto w = std::ranges::find(waiting_, f.ticket, &Waiting::ticket);
    if (w == waiting_.end()) continue;  // cancelled meanwhile
    const Answer answer = std::move(w->answer);
    waiting_.erase(w);
    answer(std::move(f.addresses));
  }
}

void Resolver::Work() {
  NameThread("resolver");
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this] { return stop_ || !questions_.empty(); });
    if (stop_) return;
    const Question question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    const std::vector<SocketAddress> addresses = look_up_(question.address);
    lock.lock();
    found_.push_back({question.ticket, addresses});
    AnswerSame(question.address, addresses);
    wake_();
  }
}

// A name that no server knows takes its time: all links of that supplier hear it at once, and others get their turn.
void Resolver::AnswerSame(const Address& address, const std::vector<SocketAddress>& addresses) {
  std::erase_if(questions_, [&](const Question& q) {
    if (q.address != address) return false;
    found_.push_back({q.ticket, addresses});
    return true;
  });
}

}  // namespace hub::net
