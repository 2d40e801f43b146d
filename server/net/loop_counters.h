// What a loop counts about its sockets. One writer, the loop; readers anywhere.
#pragma once

#include <atomic>
#include <cstdint>

namespace hub::net {

/// A number with one writing thread: relaxed load and store, no locked instruction.
class Counter {
 public:
  void Add(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  void Sub(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) - n, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct LoopCounters {
  Counter turns;
  Counter accepted;
  Counter accept_pauses;  // no descriptor or no memory left: accepting stopped for 100 ms
  Counter connects_failed;
  Counter streams_open;  // a gauge: accepted or connecting, not yet freed
  Counter octets_in;
  Counter octets_out;
  Counter reads;                  // system calls
  Counter writes;                 // system calls
  Counter output_overflows;       // streams closed with kOutputLimit
  Counter tls_handshakes;         // that ended well, on either side
  Counter tls_handshakes_failed;  // refused, broken off, or not done in time
  Counter tls_broken;             // streams that failed after their handshake
  Counter proxy_waiting;          // a gauge: connections that have not sent their PROXY header yet
  Counter proxy_refused;  // connections closed for their PROXY header: malformed, late, or too many
  Counter posts_refused;  // only this one is written under the lock of Post, by any thread
};

}  // namespace hub::net
