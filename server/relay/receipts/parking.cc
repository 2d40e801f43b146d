#include "server/relay/receipts/parking.h"

namespace hub::relay {

void Parking::Add(std::shared_ptr<Parked> parked) {
  for (const UpstreamId& key : parked->keys) {
    auto& waiting = by_key_[key];
    parked->places.push_back(waiting.insert(waiting.end(), parked));
  }
  const auto place = all_.insert(all_.end(), parked);
  parked->place = place;
}

std::vector<std::shared_ptr<Parked>> Parking::Of(const UpstreamId& key) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

void Parking::Remove(Parked& parked) {
  if (parked.done) return;
  parked.done = true;
  for (std::size_t i = 0; i < parked.keys.size(); ++i) {
    const auto found = by_key_.find(parked.keys[i]);
    found->second.erase(parked.places[i]);
    if (found->second.empty()) by_key_.erase(found);
  }
  parked.places.clear();
  all_.erase(parked.place);
}

}  // namespace hub::relay
