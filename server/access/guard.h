// What peers do before they are anybody: how many there are of an address, how fast they come, how often they guess. Over all loops.
//
//   a connection ── Arrive ──► too fast, banned, too many unbound: closed at once
//   a refused bind ── Failed ──► of its address: failures_per_minute_address, then a ban, each twice as long as the last
//                          └──► of its system_id: failures_per_minute_id, then strangers' answers wait (Delay)
//   an accepted bind ── Succeeded ──► its address is known for this client from now on
//   none at all ── EndedUnbound ──► its address has a bad mark: no part in what is kept for newcomers
//
// Nobody is locked out by others: a ban is of an address, and where a client has bound from, or where its allow_from names the
// address, it is judged as ever; a system_id under attack answers strangers more slowly and nobody else.
#pragma once

#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "server/access/address.h"
#include "server/access/process_key.h"
#include "server/access/recent_table.h"
#include "server/base/token_bucket.h"

namespace hub::access {

/// Limits of the guard, one term a line; the settings table fills them.
struct GuardLimits {
  std::size_t unbound_per_address_max =
      16;  // connections not bound yet; beyond: one is closed at once
  std::int64_t accepts_per_second_address = 10;  // 0: no limit; beyond: closed at once
  // Of all addresses that are not known; the same. Half of it is for those without a bad mark, which have a part in the rest, too.
  std::int64_t accepts_per_second_max = 200;
  std::int32_t failures_per_minute_address = 10;  // beyond: banned
  std::int32_t failures_per_minute_id = 20;       // beyond: `tarpit` for strangers
  Duration ban = std::chrono::minutes(10);        // the first; doubles. A bad mark lasts as long
  Duration ban_max = std::chrono::hours(24);      // and is forgotten so long behind its end
  Duration tarpit = std::chrono::seconds(1);
  std::size_t entries_max = 65'536;  // of each table; the one longest untouched gives way
  AddressList unlimited_from;        // none of this holds for them
};

enum class Arrival : std::uint8_t {
  kWelcome,
  kBanned,
  kUnboundPerAddress,
  kRatePerAddress,
  kRate,
};
std::string_view Name(Arrival arrival);  // as log lines have it

/// Whose connections these are.
class UnboundOwner {
 public:
  virtual ~UnboundOwner() = default;
  /// This connection must go: another one has its place. Any thread, from within Guard::Arrive.
  virtual void OnDisplaced(std::uint64_t place) = 0;
};

struct Entrance {
  Arrival arrival;
  std::uint64_t place = 0;  // of a welcome connection that is counted; never used twice
};

/// Any thread.
class Guard {
 public:
  Guard(const ProcessKey& key, const GuardLimits& limits);

  /// A connection came. kWelcome counts it as not bound: NoLongerUnbound with its place when it is bound or gone.
  /// listed: the addresses that clients' allow_from name; a ban does not close the door to them, nor to known ones, and when too many
  /// of theirs are unbound, the oldest of these gives way.
  /// Those whose bind is being judged are spared, see Asks.
  /// owner: told when this connection is that one; lives as long as its connections.
  Entrance Arrive(const Address& address, const AddressList& listed, UnboundOwner& owner,
                  TimePoint now);
  /// Void when the connection was displaced, or never counted.
  void NoLongerUnbound(const Address& address, std::uint64_t place);
  /// Its bind is being judged: silent connections of its address give way before it, and if `is_known`, it gives way to none.
  void Asks(const Address& address, std::uint64_t place, bool is_known);
  /// A connection ended without a bind, and not by our word: a bad mark for its address.
  void EndedUnbound(const Address& address, TimePoint now);

  void Succeeded(const Address& address, std::int64_t client_id);
  bool Knows(const Address& address, std::int64_t client_id);
  /// Some client bound from there, or its allow_from names it (`listed`), or nothing of this holds for it.
  bool IsFriend(const Address& address, const AddressList& listed);
  bool IsBanned(const Address& address, TimePoint now);

  /// A bind was refused because of what the peer said. Returns the ban that begins with it; 0: none.
  /// is_known: the address is known for, or named by, the client it asked for: the address is not counted.
  Duration Failed(const Address& address, std::string_view system_id, bool is_known, TimePoint now);
  /// How long a stranger's answer about this system_id waits now. An unknown system_id is no other than a known one.
  Duration Delay(const Address& address, std::string_view system_id, bool is_known, TimePoint now);

  struct Stats {
    std::size_t entries = 0;      // of all tables
    std::uint64_t forgotten = 0;  // gave way
    std::size_t unbound_addresses = 0;
  };
  Stats stats() const;

 private:
  // Failures within a minute from the first of them.
  struct Minute {
    TimePoint since{};
    std::int32_t count = 0;
    void Add(TimePoint now);
    bool IsOver(std::int32_t max, TimePoint now) const;
  };
  struct Failing {
    Minute failures;
    std::int32_t bans = 0;  // so many in a row
    TimePoint banned_until{};
  };
  struct Known {
    std::vector<std::int64_t> clients;  // the newest last
  };

  // What a connection has said: who said less gives way first.
  enum class Claim : std::uint8_t { kNone, kAsks, kKnownAsks };
  struct Place {
    UnboundOwner* owner = nullptr;
    Claim claim = Claim::kNone;
  };
  using Unbound = std::map<std::uint64_t, Place>;  // by place: the oldest first

  /// False: there is none. `displaced`: who had to give way, if anybody.
  bool MakeRoom(const Digest& key, Unbound::node_type* displaced);
  /// Who gives way; end: nobody may be asked to.
  static Unbound::iterator LeastOf(Unbound& unbound);
  /// Whether it may come in; `is_friend`: known, or named by a list.
  Arrival Judge(const Digest& key, bool is_friend, TimePoint now);
  bool TakeStrangersTurn(const Digest& key, TimePoint now);
  bool IsUnlimited(const Address& address) const;
  Digest KeyOf(const Address& address) const;
  Duration BanLonger(Failing& failing, TimePoint now) const;

  const ProcessKey& key_;
  const GuardLimits limits_;
  mutable std::mutex mutex_;  // LOCK: connections and binds only, held for a look-up or three
  std::unordered_map<Digest, Unbound, DigestHash> unbound_;  // bounded by smpp.unbound_max
  std::uint64_t places_ = 0;
  RecentTable<TokenBucket> rates_;
  RecentTable<Failing> failing_;
  RecentTable<Minute> ids_;
  RecentTable<Known> known_;
  RecentTable<TimePoint> marked_until_;  // bad marks
  TokenBucket newcomers_rate_;           // for those without a mark
  TokenBucket rate_;                     // for all strangers: the rest of accepts_per_second_max
};

}  // namespace hub::access
