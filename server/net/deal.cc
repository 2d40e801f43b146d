#include "server/net/deal.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "server/base/random.h"
#include "server/net/listener.h"
#include "server/net/loop_core.h"

namespace hub::net {

void Deal::Join(LoopCore& core, Listener& listener) { seats_.push_back({&core, &listener}); }

void Deal::Leave(const LoopCore& core) {
  const auto seat = std::find_if(seats_.begin(), seats_.end(),
                                 [&](const Seat& each) { return each.core == &core; });
  if (seat != seats_.end()) seat->listener = nullptr;
}

bool Deal::PassOn(const LoopCore& from, Socket& socket, const std::string& peer) {
  const std::size_t place = Next();
  if (seats_[place].core == &from) return false;
  auto held = std::make_shared<Socket>(std::move(socket));  // what is posted must be copyable
  const bool passed =
      seats_[place].core->Post([deal = shared_from_this(), place, held, peer]() mutable {
        Listener* listener = deal->seats_[place].listener;
        if (listener != nullptr) listener->Serve(std::move(*held), std::move(peer));
      });
  if (!passed) socket = std::move(*held);
  return passed;
}

std::size_t Deal::Next() {
  const std::uint64_t dealt = dealt_.fetch_add(1, std::memory_order_relaxed);
  std::vector<std::size_t> order(seats_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  Random random(seed_ + dealt / order.size());
  for (std::size_t left = order.size(); left > 1; --left)
    std::swap(order[left - 1], order[random.Below(left)]);
  return order[dealt % order.size()];
}

}  // namespace hub::net
