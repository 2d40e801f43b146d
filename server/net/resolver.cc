#include "server/net/resolver.h"

#include <algorithm>
#include <utility>

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
  std::unique_lock lock(mutex_);
  while (true) {
    asked_.wait(lock, [this] { return stop_ || !questions_.empty(); });
    if (stop_) return;
    const Question question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    Found found{question.ticket, ResolveBlocking(question.address)};
    lock.lock();
    found_.push_back(std::move(found));
    wake_();
  }
}

}  // namespace hub::net
