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
  std::uint64_t overload_octets_max = 0;     // of memory: see Overload; 0: no limit
  Duration overload_lag{0};                  // of a loop; 0: no limit
  std::size_t messages_max = 200'000;  // unanswered messages of one loop; beyond: ESME_RMSGQFUL
  std::size_t client_messages_max =
      50'000;  // of these, of one client; beyond: the same, for it alone
  Duration throttle_pause = std::chrono::seconds(1);  // of a bind that was throttled: see BindPace
  Duration rate_margin = std::chrono::milliseconds(25);  // of suppliers' rates: see SubmitPacer
  std::size_t link_queue_messages_max =
      1'000;                    // waiting for room in one link's window; beyond: the next route
  Duration link_queue_wait{0};  // while more come than it takes; 0: as many as there are places
  std::size_t credit_waiting_max =
      20'000;  // messages of one loop that wait for a lease; beyond: ESME_RTHROTTLED
  Duration credit_wait = std::chrono::seconds(2);
  std::size_t multi_octets_max = 4
                                 << 20;  // of what a submit_multi becomes; beyond: ESME_RINVMSGLEN
  std::size_t multi_destinations_max = 254;          // of a submit_multi; beyond: ESME_RINVNUMDESTS
  Duration outbind_pause = std::chrono::seconds(5);  // between two outbinds that a bind listens to
  Duration receipt_ask = std::chrono::milliseconds(
      200);  // a receipt waits so long for its response before PostgreSQL is asked
  Duration receipt_park = std::chrono::seconds(5);  // and so long in all
  std::size_t receipts_parked_max = 10'000;  // of one loop; beyond: ESME_RX_T_APPN to the supplier
  std::size_t receipts_correlated_max =
      500'000;  // messages of one loop that may still get a receipt; the oldest is forgotten
  std::size_t deliver_queue_max = 10'000;  // deliveries of one customer on one loop; beyond: MO is
                                           // refused with ESME_RX_T_APPN, a receipt waits stored
  Duration delivery_wait = std::chrono::seconds(8);  // in that queue; beyond: later
  std::size_t kept_messages_max =
      20'000;  // messages of ours, of one class and loop, in memory; beyond: in PostgreSQL only
  std::size_t kept_lane_max =
      2'500;  // of these that wait for room at one supplier (or its windows, if they are more); beyond: later
  std::size_t kept_due_per_turn_max = 1'000;
  std::size_t kept_held_max =
      10'000;  // held messages whose supplier may still answer; beyond: the oldest waits for its time's end alone
  std::int32_t kept_page = 1'000;  // of those fetched at once
  Duration kept_load_pause =
      std::chrono::milliseconds(200);  // between looks that found nothing, and rounds,
  Duration kept_load_pause_max = std::chrono::seconds(30);  // and at most
  std::size_t recent_ends_max =
      1'000'000;  // ids of messages of ours that ended and are not settled
  Duration overdue_every = std::chrono::seconds(10);  // messages without a receipt are looked for
  Duration overdue_next_page = std::chrono::milliseconds(500);
  std::int32_t overdue_page = 1'000;
  std::size_t outbox_under_way_max = 1'000;  // stored receipts under way to one client,
  std::size_t outbox_under_way_min = 10;     // halved down to this while it takes no more
  std::int32_t outbox_page = 1'000;          // of those fetched at once
  std::size_t outbox_held_max = 10'000;  // new ones of one client that wait for the end of a pass
  std::size_t outbox_held_total_max =
      50'000;                              // of all clients of one loop; beyond both: stored only
  std::size_t query_waiting_max = 10'000;  // of one loop; beyond: ESME_RTHROTTLED
  Duration query_wait = std::chrono::seconds(5);  // for PostgreSQL, and as long for a supplier
  std::size_t query_relayed_max = 1'000;          // of one loop; beyond: what we know ourselves
  std::size_t mo_long_messages_max =
      10'000;  // of one loop, whose parts are kept together; beyond: the oldest is forgotten
  Duration mo_parts_kept = std::chrono::minutes(5);  // since the last part
  std::size_t mo_parts_waiting_max =
      1'000;  // of one loop, for the first one; beyond: ESME_RX_T_APPN
  Duration mo_part_wait = std::chrono::seconds(2);  // then the same
  std::size_t change_waiting_max = 10'000;          // of one loop; beyond: ESME_RTHROTTLED
  Duration change_wait = std::chrono::seconds(5);
  std::size_t mo_stored_max = 10'000;         // of one client; beyond: ESME_RMSGQFUL
  std::size_t mo_stored_total_max = 100'000;  // of one loop; beyond: the same
  Duration outbox_tick = std::chrono::milliseconds(50);
  Duration outbox_blind_after = std::chrono::seconds(5);  // settlement is so far behind the disk,
  Duration outbox_blind_until = std::chrono::seconds(1);  // until it is no further than this
  Duration outbox_pause_min = std::chrono::seconds(1);  // after a client refused or lost a receipt,
  Duration outbox_pause_max = std::chrono::seconds(60);  // doubled up to this
};

}  // namespace hub::relay
