#include "server/journal/inbox.h"

#include <algorithm>
#include <utility>

namespace hub::journal {

Inbox::Inbox(unsigned writers) {
  for (unsigned w = 0; w < writers; ++w) kept_.push_back(std::make_unique<Kept>(kBunchesKeptMax));
}

Inbox::~Inbox() {
  std::vector<std::unique_ptr<Bunch>> left;
  TakeAll(&left);
}

void Inbox::Push(unsigned writer, Ticket ticket, FrameBuffer* frames) {
  std::unique_ptr<Bunch> bunch;
  if (!kept_[writer]->TryPop(&bunch)) bunch = std::make_unique<Bunch>();
  bunch->frames.Swap(*frames);
  bunch->writer = writer;
  bunch->ticket = ticket;
  bunch->next = newest_.load(std::memory_order_relaxed);
  Bunch* const raw = bunch.release();
  // Sequentially consistent: it comes before the look at the bell that follows.
  while (!newest_.compare_exchange_weak(raw->next, raw)) {
  }
}

bool Inbox::TakeAll(std::vector<std::unique_ptr<Bunch>>* to) {
  const std::size_t had = to->size();
  for (Bunch* bunch = newest_.exchange(nullptr); bunch != nullptr; bunch = bunch->next)
    to->emplace_back(bunch);
  std::reverse(to->begin() + static_cast<std::ptrdiff_t>(had), to->end());
  return to->size() > had;
}

void Inbox::GiveBack(std::unique_ptr<Bunch> bunch) {
  bunch->frames.Clear();
  Kept& kept = *kept_[bunch->writer];
  kept.TryPush(std::move(bunch));  // full: it goes
}

}  // namespace hub::journal
