// Which clients were throttled, for the log: "I was throttled at 14:00" has an answer there.
#pragma once

#include <deque>
#include <memory>

#include "server/relay/context.h"

namespace hub::relay {

/// One line a client and minute, over all loops: the loop where it was throttled first tells it a minute later, with how
/// many there were by then. Nobody throttled: nothing is done. One loop.
class ThrottleNotes final {
 public:
  /// Clients of a loop whose line is due. Beyond, counts wait for the client's next turn: Metric::throttled_clients_untold.
  static constexpr std::size_t kClientsMax = 256;
  static constexpr Duration kPeriod = std::chrono::minutes(1);
  /// Between two lines of a loop, so that none falls to the log's own limit.
  static constexpr Duration kPause = std::chrono::milliseconds(500);

  explicit ThrottleNotes(Context& context);

  /// One of its requests was answered ESME_RTHROTTLED for its rate.
  void Add(const std::shared_ptr<ClientState>& client);

 private:
  struct Note {
    std::shared_ptr<ClientState> client;
    TimePoint since;
  };
  void TellFirst();

  Context& context_;
  std::deque<Note> notes_;  // oldest first
  Timer timer_;
};

}  // namespace hub::relay
