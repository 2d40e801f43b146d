// Where the parts of a concatenated message went: the next one follows.                     SMPP v3.4 §5.3.2.22, GSM 03.40 §9.2.3.24.1
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>

#include "server/base/clock.h"

namespace hub::relay {

/// Of all loops: a client may send the parts of one message over several binds. Any thread, without a lock and without memory
/// of its own after construction (512 KiB): a table whose places are found by the key and taken by the newest.
///
/// What it says is a wish, never a fact. Two keys may share a place, and two threads may write one at a time: then a part goes
/// where its own routing would have sent it, or follows another message to a supplier of its own plan. Whoever asks checks that
/// the supplier and the link are among those it may use.
class PartPins final {
 public:
  static constexpr std::size_t kPlaces = 16'384;  // messages under way at a time, about
  static constexpr std::chrono::seconds kKept{
      300};  // since the last part; longer than clients take to send the next one

  struct Pin {
    std::int64_t supplier_id = 0;
    const void* link = nullptr;  // to be compared, never followed: it may be gone
  };

  /// key  routing::RoutingKey of a part: client, source, destination, reference, total
  void Note(std::uint64_t key, const Pin& pin, TimePoint now);
  std::optional<Pin> Find(std::uint64_t key, TimePoint now) const;

 private:
  struct Place {
    std::atomic<std::uint64_t> key{0};
    std::atomic<TimePoint::rep> at{0};
    std::atomic<std::int64_t> supplier_id{0};
    std::atomic<const void*> link{nullptr};
  };
  static std::size_t PlaceOf(std::uint64_t key) { return key % kPlaces; }

  std::array<Place, kPlaces> places_;
};

}  // namespace hub::relay
