// Which loop serves the next connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "server/net/socket.h"

namespace hub::net {

class Listener;
class LoopCore;

/// Deals connections out over the listeners of one address, one listener a loop. The kernel chooses the listener that accepts by a hash
/// (SO_REUSEPORT), which leaves all of a client's four sessions on one of two loops once in eight times; here any n connections in a
/// row, of n loops, go to n different loops. In which order is drawn anew for each n, else transmitter and receiver of clients that open
/// both would each stand on the same loops always.
///
/// Listeners join before their loops run, and leave on their loop's thread. PassOn: any of their threads.
class Deal final : public std::enable_shared_from_this<Deal> {
 public:
  /// seed  of the orders
  explicit Deal(std::uint64_t seed) : seed_(seed) {}

  void Join(LoopCore& core, Listener& listener);
  /// What is passed on to it from now on is closed, as what it had in its backlog.
  void Leave(const LoopCore& core);
  /// False: it is the turn of `from`'s loop, or the other one has too much to do (Loop::Options::posts_max); then the socket
  /// is the caller's still.
  bool PassOn(const LoopCore& from, Socket& socket, const std::string& peer);

 private:
  struct Seat {
    LoopCore* core = nullptr;
    Listener* listener = nullptr;  // of the core's thread; null: it left
  };

  std::size_t Next();

  const std::uint64_t seed_;
  std::vector<Seat> seats_;
  std::atomic<std::uint64_t> dealt_{0};
};

}  // namespace hub::net
