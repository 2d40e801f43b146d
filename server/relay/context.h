// What the parts of one loop's relay share. Borrowed; everything lives as long as the relay.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "server/net/network.h"
#include "server/relay/dedupe.h"
#include "server/relay/limits.h"
#include "server/relay/mail.h"
#include "server/relay/part_pins.h"
#include "server/store/store.h"
#include "server/telemetry/metrics.h"

namespace hub::relay {

/// Judges passwords off the loops: a hash takes 18 ms. `done` may be called on any thread.
class PasswordJudge {
 public:
  virtual ~PasswordJudge() = default;
  /// `hash` "" stands for an unknown system_id: costs as much, ends false. False when too many wait: `done` is not called.
  /// `wanted` becomes false when the peer is gone: the case is then dropped unjudged.
  virtual bool Judge(std::string password, std::string hash,
                     std::shared_ptr<const std::atomic<bool>> wanted,
                     std::function<void(bool)> done) = 0;
};

struct Context {
  net::Network& network;
  Metrics& metrics;
  const Limits& limits;
  journal::Journal& journal;
  store::Settler& settler;
  store::Archive& archive;
  PasswordJudge& passwords;
  Dedupe& dedupe;
  PartPins& parts;
  PostOffice& post;
  unsigned node;
  unsigned loop;
  std::function<void(std::function<void()>)>
      run_on_loop;  // any thread, never refused: net::Loop::PostAlways

  TimePoint now() const { return network.timers().now(); }
  WallTime wall_now() const { return network.clock().WallNow(); }
};

}  // namespace hub::relay
