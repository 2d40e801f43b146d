// Limits of the relay, one term a line; the settings table fills them.
#pragma once

#include <cstddef>
#include <string>

#include "server/session/smsc_link.h"

namespace hub::relay {

struct Limits {
  SessionLimits
      esme;  // customers' sessions; window_requests_max: deliveries that may wait for the customer
  SessionLimits smsc;  // our binds at suppliers; window and response timeout come with the bind
  ReconnectLimits reconnect;
  std::string system_id = "smpphub";  // ours, in bind responses
  std::size_t sessions_max = 20'000;  // customers' connections of one loop; beyond: closed at once
  std::size_t unbound_sessions_max = 2'048;  // of these: not bound yet; beyond: closed at once
  std::size_t messages_max = 200'000;  // unanswered messages of one loop; beyond: ESME_RMSGQFUL
  std::size_t link_queue_messages_max =
      1'000;  // waiting for room in one link's window; beyond: the next route
  std::size_t credit_waiting_max =
      20'000;  // messages of one loop that wait for a lease; beyond: ESME_RTHROTTLED
  Duration credit_wait = std::chrono::seconds(2);
  Duration receipt_park = std::chrono::seconds(5);  // a receipt waits so long for its response
  std::size_t receipts_parked_max = 10'000;  // of one loop; beyond: ESME_RX_T_APPN to the supplier
  std::size_t receipts_correlated_max =
      500'000;  // messages of one loop that may still get a receipt; the oldest is forgotten
  std::size_t deliver_queue_max =
      10'000;  // deliveries of one customer on one loop; beyond: ESME_RX_T_APPN
  Duration delivery_wait = std::chrono::seconds(8);  // in that queue; beyond: ESME_RX_T_APPN
};

}  // namespace hub::relay
