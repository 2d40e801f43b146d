// The configuration in force, as the loops use it: one immutable value, swapped whole between turns. What must outlive
// a swap (rates, counts of binds, whether a link is up) stands in small shared states that snapshots point to.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "server/access/address.h"
#include "server/access/bind_seats.h"
#include "server/base/message_id.h"
#include "server/base/token_bucket.h"
#include "server/billing/credit.h"
#include "server/net/loop_counters.h"
#include "server/relay/supplier/bind_pace.h"
#include "server/relay/supplier/place_shares.h"
#include "server/relay/supplier/supplier_tls.h"
#include "server/routing/mo_routes.h"
#include "server/routing/router.h"
#include "server/session/session.h"
#include "server/store/catalog.h"

namespace hub::relay {

/// Rows that refusals for want of credit leave, of one client over all loops; beyond, they are counted only.
inline constexpr std::int64_t kNoCreditRowsPerSecond = 1;

/// What loops write with each message stands on cache lines of their own.
inline constexpr std::size_t kCacheLine = 64;

/// One customer over all loops and snapshots. Any thread.
struct ClientState {
  explicit ClientState(unsigned loops) : of_loop(loops) {}

  std::int64_t client_id = 0;
  std::string system_id;
  billing::AccountCredit* credit = nullptr;        // of the account when the client was first seen
  TokenBucket rate;                                // shared by all binds
  TokenBucket no_credit_rows;                      // kNoCreditRowsPerSecond
  std::atomic<std::uint64_t> rejected{0};          // messages since the start
  std::atomic<std::uint64_t> throttled{0};         // requests beyond its rate
  std::atomic<std::uint64_t> throttled_untold{0};  // of throttled: in no line of the log yet
  std::atomic<std::int32_t> multis_open{0};        // of its submit_multi
  access::BindSeats seats;                         // its binds
  std::array<std::atomic<std::uint32_t>, kLoopsMax> receivers{};  // RX and TRX binds on each loop

  // Of one loop, which alone writes there.
  struct alignas(kCacheLine) OfLoop {
    net::Counter unanswered;  // messages
    net::Counter accepted;    // since the start
  };
  std::vector<OfLoop> of_loop;

  std::uint64_t accepted() const {
    std::uint64_t total = 0;
    for (const OfLoop& each : of_loop) total += each.accepted.value();
    return total;
  }

  std::uint32_t receivers_total() const {
    std::uint32_t total = 0;
    for (const auto& each : receivers) total += each.load(std::memory_order_relaxed);
    return total;
  }
};

/// One connection to a supplier, on the loop that owns it. Any thread reads; its loop writes.
struct LinkState {
  store::SupplierBindRow row;  // what it was made of: a changed row makes a new link
  std::int32_t response_timeout_ms = 0;
  store::IdForm id_form = store::IdForm::kAuto;
  int number = 0;  // of row.sessions
  unsigned loop = 0;
  std::string name;                            // "s-alpha-1.0"
  std::atomic<bool> up{false};                 // may send now
  std::atomic<std::uint8_t> shown_version{0};  // sc_interface_version of its last bind; 0: none
  std::atomic<std::uint32_t> failures{0};      // tries in a row that failed
  std::atomic<CloseReason> last_reason{CloseReason::peer_closed};  // of the last failure

  // With each message, by its loop.
  alignas(kCacheLine) std::atomic<std::int32_t> load{0};  // outstanding and queued
  std::atomic<std::int32_t> queued{0};                    // of load: waiting for room in the window
  std::atomic<std::int32_t> changes{0};  // cancel_sm, replace_sm and query_sm that wait, besides
  std::atomic<std::int32_t> places{INT32_MAX};  // that may wait, promised ones too: see QueueRoom
  std::atomic<bool> turned_away{false};         // a message found no room since it looked
  std::atomic<Throttle> throttle{Throttle::kNone};
  std::atomic<std::int64_t> rate{0};  // submits a second that it may send now; 0: no limit

  // On their way to the link, by way of the disk and of mail to its loop. With each message, by the loop
  // that it is on, and by the link's.
  alignas(kCacheLine) std::atomic<std::int32_t> promised{0};
};

/// "s-alpha-1.0": of its `number`th session.
std::string LinkName(const store::SupplierRow& supplier, const store::SupplierBindRow& bind,
                     int number);

/// One supplier over all loops and snapshots.
struct SupplierState {
  std::int64_t supplier_id = 0;
  unsigned home = 0;  // the loop that matches its receipts to messages
  std::atomic<std::int32_t> links_up{0};
  std::atomic<std::int64_t> rate{0};  // of the row; 0: no limit
  SubmitPacer pace;                   // keeps it
  PlaceShares shares;                 // of clients, while its queues are short
  // It sent a receipt that nobody had asked for, or one that may be: what it takes from then on is remembered, asked for or not.
  // Microseconds since 1970; 0: it never did.
  std::atomic<std::int64_t> tells_unasked_since_us{0};
};

struct SupplierEntry {
  std::shared_ptr<SupplierState> state;
  std::vector<std::shared_ptr<LinkState>> links;
  std::vector<net::TlsContextPtr>
      tls{};  // index as in links; null: plain, or its files never were good
  std::shared_ptr<const store::SupplierProfile> profile{};  // of the catalog; null: it says nothing
  bool is_picky = false;    // there are messages that it cannot be sent
  bool is_drained = false;  // the supplier, or each of its binds: it has no links

  /// routing::Availability::WhyDown.
  routing::Drop WhyDown() const {
    return is_drained ? routing::Drop::kdraining : routing::Drop::klink_down;
  }
};

struct Snapshot {
  const billing::CreditBook* credit = nullptr;  // of all accounts
  store::CatalogPtr catalog;
  std::shared_ptr<const routing::RouteTables> tables;
  std::shared_ptr<const routing::Script> script;      // null: none
  std::vector<std::shared_ptr<ClientState>> clients;  // index as in catalog->clients
  std::vector<SupplierEntry> suppliers;               // index as in catalog->suppliers
  bool some_are_picky = false;                        // of these
  std::unordered_map<std::string, std::uint32_t> client_by_system_id;
  std::unordered_map<std::int64_t, std::uint32_t> client_by_id;
  std::unordered_map<std::int64_t, std::uint32_t> supplier_by_id;
  routing::MoRoutes mo;  // -> index of the client

  std::vector<store::ChargeBasis> client_basis;  // index as in catalog->clients
  std::vector<access::AddressList> allow_from;   // the same
  access::AddressList named;                     // by allow_from of any client
  std::size_t hashes_max = 1;                    // that one client has

  const SupplierEntry* SupplierOf(std::int64_t supplier_id) const {  // null: gone
    const auto found = supplier_by_id.find(supplier_id);
    return found == supplier_by_id.end() ? nullptr : &suppliers[found->second];
  }

  const store::ClientRow* ClientOf(const ClientState& state) const;  // null: gone
  /// `row` is one of this snapshot's catalog.
  store::ChargeBasis BasisOf(const store::ClientRow& row) const {
    return client_basis[static_cast<std::size_t>(&row - catalog->clients.data())];
  }
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

/// Makes snapshots; keeps the states of what stays. Control thread only.
class SnapshotBuilder {
 public:
  /// rate_margin  of the suppliers' rates: see SubmitPacer
  SnapshotBuilder(billing::CreditBook& credit, unsigned loops,
                  Duration rate_margin = std::chrono::milliseconds(25))
      : credit_(credit), loops_(loops), rate_margin_(rate_margin) {}
  Outcome<SnapshotPtr> Build(store::CatalogPtr catalog,
                             std::shared_ptr<const routing::Script> script);

 private:
  Outcome<Done> AddClients(Snapshot& snapshot);
  void AddSuppliers(Snapshot& snapshot);
  std::shared_ptr<LinkState> LinkOf(const store::SupplierRow& supplier,
                                    const store::SupplierBindRow& row, int number);

  billing::CreditBook& credit_;
  const unsigned loops_;
  const Duration rate_margin_;
  unsigned next_loop_ = 0;  // links are dealt out to the loops in turn
  unsigned next_home_ = 0;
  SupplierTlsFiles tls_files_;
  std::unordered_map<std::int64_t, std::shared_ptr<ClientState>> clients_;
  std::unordered_map<std::int64_t, std::shared_ptr<SupplierState>> suppliers_;
  std::unordered_map<std::string, std::shared_ptr<LinkState>> links_;  // by bind_id and number
};

}  // namespace hub::relay
