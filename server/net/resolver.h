// Host names are looked up on a small thread, because getaddrinfo blocks for as long as a name server likes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "server/net/socket.h"

namespace hub::net {

/// Belongs to one loop. The thread starts with the first question and ends with the resolver (which then waits for the
/// question in hand).
class Resolver {
 public:
  using Ticket = std::uint64_t;
  using Answer = std::function<void(std::vector<SocketAddress>)>;
  using LookUp = std::function<std::vector<SocketAddress>(const Address&)>;

  /// `wake` is called from the helper thread when an answer waits for Poll. `look_up` blocks, on that thread.
  explicit Resolver(std::function<void()> wake, LookUp look_up = ResolveBlocking)
      : wake_(std::move(wake)), look_up_(std::move(look_up)) {}
  ~Resolver();

  /// Calls `answer` from a later Poll, unless cancelled; an empty list when there is no such host, and at once when
  /// kQuestionsMax wait already.
  Ticket Ask(const Address& address, Answer answer);
  /// Nobody waits for it any more: it is not looked up if it was not begun.
  void Cancel(Ticket ticket);
  /// Gives the answers that came. The loop's thread.
  void Poll();

 private:
  static constexpr std::size_t kQuestionsMax = 1024;
  struct Question {
    Ticket ticket;
    Address address;
  };
  struct Found {
    Ticket ticket;
    std::vector<SocketAddress> addresses;
  };
  struct Waiting {
    Ticket ticket;
    Answer answer;
  };
  void Work();
  void AnswerSame(const Address& address, const std::vector<SocketAddress>& addresses);

  const std::function<void()> wake_;
  const LookUp look_up_;
  std::vector<Waiting> waiting_;  // the loop's side
  Ticket last_ticket_ = 0;

  // LOCK: a question is asked once per connection attempt to a host name; the loop never waits for the look-up itself.
  std::mutex mutex_;
  std::condition_variable asked_;
  std::deque<Question> questions_;
  std::vector<Found> found_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace hub::net
