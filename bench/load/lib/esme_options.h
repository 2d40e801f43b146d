// What an esmeload run is to do.
#pragma once

#include <string>

#include "bench/load/lib/pace.h"
#include "server/base/clock.h"
#include "server/net/network.h"
#include "server/net/tls.h"

namespace hub::load {

struct EsmeOptions {
  net::Address hub{"127.0.0.1", 2775};
  std::string system_id = "esmeload";
  std::string password{};
  net::TlsContextPtr tls{};  // null: plain
  unsigned sessions = 4;
  std::uint64_t binds_per_second = 0;  // 0: all at once
  bool idle = false;                   // binds and stays for `duration`; sends nothing
  unsigned window = 100;               // unanswered messages, per session
  std::uint64_t count = 0;             // messages; 0: for `duration`
  std::chrono::seconds duration{10};
  std::uint64_t rate = 0;  // messages per second over all sessions; 0: flat out
  Bursts bursts{};         // of that rate
  std::string dest_prefix = "49151";
  bool scatter = false;  // destinations that follow each other lie far apart
  std::string source = "ACME";
  std::string text = "Hello from esmeload";
  std::uint8_t registered_delivery = 0;
  std::chrono::seconds wait_receipts{0};    // after the last answer
  std::chrono::seconds answer_timeout{30};  // without any answer: the run is given up
};

}  // namespace hub::load
