// What the parts of one loop's relay share. Borrowed; everything lives as long as the relay.
#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "server/access/guard.h"
#include "server/access/password_judge.h"
#include "server/base/memory.h"
#include "server/net/network.h"
#include "server/relay/client/dedupe.h"
#include "server/relay/client/open_multis.h"
#include "server/relay/limits.h"
#include "server/relay/mail.h"
#include "server/relay/supplier/part_pins.h"
#include "server/store/store.h"
#include "server/telemetry/metrics.h"

namespace hub::relay {

struct Context {
  net::Network& network;
  Metrics& metrics;
  const Limits& limits;
  journal::Journal& journal;
  store::Settler& settler;
  store::Archive& archive;
  access::PasswordJudge& passwords;
  access::Guard& guard;
  Dedupe& dedupe;
  PartPins& parts;
  OpenMultis& multis;
  PostOffice& post;
  unsigned node;
  unsigned loop;
  std::function<void(std::function<void()>)>
      run_on_loop;  // any thread, never refused: net::Loop::PostAlways
  std::function<std::uint64_t()> resident_octets = ResidentOctets;  // any thread

  TimePoint now() const { return network.timers().now(); }
  WallTime wall_now() const { return network.clock().WallNow(); }
};

}  // namespace hub::relay
