// One simulated SMSC: judges binds, answers messages, owes receipts.
//
//   message -> error tables, dice -> response (now, or after response-delay)
//                                 -> receipt (after receipt-delay) -> a bind that receives -> its answer -> done
//                                                ^ ESME_RX_T_APPN: again after receipt-retry-ms          |
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/load/lib/delay_queue.h"
#include "bench/load/lib/listener_options.h"
#include "bench/load/lib/random.h"
#include "bench/load/lib/sim_counters.h"
#include "bench/load/lib/sim_session.h"
#include "server/base/token_bucket.h"
#include "server/net/network.h"

namespace hub::load {

/// One thread: that of its network.
class SimListener {
 public:
  SimListener(net::Network& network, ListenerOptions options, std::uint64_t seed);

  net::StreamEvents* Accept(net::Stream& stream);

  // From sessions:
  smpp::Status JudgeBind(std::string_view system_id, std::string_view password) const;
  void Bound(SimSession& session);
  void OnMessage(SimSession& session, const smpp::Header& header, smpp::Bytes pdu);
  void Delivered(SimSession& session, Delivery delivery, smpp::Status answer);
  void Closed(SimSession& session);

  // From the control socket:
  Outcome<Done> SetLive(std::string_view option, std::string_view value);
  void DisconnectAll();
  /// False when no bind receives, or its window is full.
  bool SendMo(std::string_view from, std::string_view to, std::string_view text);
  std::string Json() const;

  const ListenerOptions& options() const { return options_; }
  SimCounters& counters() { return counters_; }

 private:
  static constexpr std::size_t kOwedMax = 1'000'000;  // receipts waiting for a bind or its window

  struct Response {
    std::uint64_t session;
    smpp::CommandId request;
    smpp::Status status;
    std::uint32_t sequence_number;
    std::uint64_t id;
  };
  struct Owed {
    std::string system_id;
    Delivery delivery;
  };
  struct Account {
    std::vector<SimSession*> receivers;
    std::size_t next = 0;  // receivers take turns
    std::deque<Delivery> waiting;
  };

  smpp::Status JudgeMessage(std::string_view destination);
  smpp::MessageState DrawState();
  void SendGarbage(SimSession& session);
  void Flap();
  void Respond(SimSession& session, const Response& response);
  void OweReceipt(SimSession& session, const smpp::MessageView& message, std::uint64_t id);
  void Due(Owed& owed);
  bool TryDeliver(Account& account, Delivery& delivery);
  void DeliverWaiting(Account& account);
  void Keep(Account& account, Delivery delivery);

  net::Network& network_;
  ListenerOptions options_;
  SimCounters counters_;
  Random random_;
  TokenBucket throttle_;
  std::uint64_t next_id_;
  std::uint64_t last_session_ = 0;
  std::unordered_map<std::uint64_t, std::unique_ptr<SimSession>> sessions_;
  std::map<std::string, Account, std::less<>> accounts_;
  DelayQueue<Response> responses_;
  DelayQueue<Owed> receipts_;
  DelayQueue<Owed> retries_;
  Timer flap_;
};

}  // namespace hub::load
