#include "server/relay/parking.h"

namespace hub::relay {

void Parking::Add(std::shared_ptr<Parked> parked) {
  for (const UpstreamId& key : parked->keys) by_key_.emplace(key, parked);
  all_.push_back(std::move(parked));
  ++size_;
}

std::vector<std::shared_ptr<Parked>> Parking::Of(const UpstreamId& key) const {
  std::vector<std::shared_ptr<Parked>> found;
  const auto [begin, end] = by_key_.equal_range(key);
  for (auto it = begin; it != end; ++it) found.push_back(it->second);
  return found;
}

void Parking::Remove(Parked& parked) {
  if (parked.done) return;
  parked.done = true;
  --size_;
  for (const UpstreamId& key : parked.keys) {
    auto [it, end] = by_key_.equal_range(key);
    while (it != end) it = it->second.get() == &parked ? by_key_.erase(it) : std::next(it);
  }
}

}  // namespace hub::relay
