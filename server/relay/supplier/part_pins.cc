#include "server/relay/supplier/part_pins.h"

namespace hub::relay {

// Relaxed: a mixture of two pins is a wish that leads nowhere, or to where one of them is.
void PartPins::Note(std::uint64_t key, const Pin& pin, TimePoint now) {
  Place& place = places_[PlaceOf(key)];
  place.key.store(key, std::memory_order_relaxed);
  place.at.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  place.supplier_id.store(pin.supplier_id, std::memory_order_relaxed);
  place.link.store(pin.link, std::memory_order_relaxed);
}

std::optional<PartPins::Pin> PartPins::Find(std::uint64_t key, TimePoint now) const {
  const Place& place = places_[PlaceOf(key)];
  if (place.key.load(std::memory_order_relaxed) != key) return {};
  const TimePoint at{Duration(place.at.load(std::memory_order_relaxed))};
  if (now - at > kKept) return {};
  const Pin pin{place.supplier_id.load(std::memory_order_relaxed),
                place.link.load(std::memory_order_relaxed)};
  if (pin.supplier_id == 0) return {};
  return pin;
}

}  // namespace hub::relay
