// What the desk and the settler share of one fact: another start of the node closed our epoch.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

#include "server/store/store.h"
#include "server/telemetry/log.h"

namespace hub::store {

/// SQLSTATE of our schema: the epoch is closed.
inline constexpr char kEpochClosed[] = "HB004";

/// Trips once and stays tripped. Any thread.
class Fence {
 public:
  Fence(const NodeEpoch& node, std::function<void()> on_fenced)
      : node_(node), on_fenced_(std::move(on_fenced)) {}

  bool tripped() const { return tripped_.load(std::memory_order_relaxed); }
  /// From now on the epoch is closed by ourselves: Trip does nothing.
  void ExpectClose() { expected_.store(true); }

  /// Calls on_fenced the first time: hold no lock. False when we ended the epoch ourselves.
  bool Trip() {
    if (expected_.load()) return false;
    if (tripped_.exchange(true)) return true;
    Log(Event::node_fenced, {{"node", node_.node_id}, {"epoch", node_.epoch}});
    if (on_fenced_) on_fenced_();
    return true;
  }

 private:
  const NodeEpoch node_;
  const std::function<void()> on_fenced_;
  std::atomic<bool> tripped_{false};
  std::atomic<bool> expected_{false};
};

}  // namespace hub::store
