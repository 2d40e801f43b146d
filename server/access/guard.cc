#include "server/access/guard.h"

#include <algorithm>

namespace hub::access {
namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr std::size_t kClientsOfAddressMax = 16;  // known from one address; the oldest gives way
constexpr std::string_view kNames[] = {"welcome", "banned", "unbound_per_address",
                                       "rate_per_address", "rate"};

// Of accepts_per_second_max. 0: it is 1 or no limit, and cannot be shared.
std::int64_t NewcomersOf(const GuardLimits& limits) { return limits.accepts_per_second_max / 2; }

}  // namespace

std::string_view Name(Arrival arrival) { return kNames[static_cast<std::size_t>(arrival)]; }

Guard::Guard(const ProcessKey& key, const GuardLimits& limits)
    : key_(key),
      limits_(limits),
      rates_(limits.entries_max),
      failing_(limits.entries_max),
      ids_(limits.entries_max),
      known_(limits.entries_max),
      marked_until_(limits.entries_max) {
  const std::int64_t newcomers = NewcomersOf(limits),
                     others = limits.accepts_per_second_max - newcomers;
  newcomers_rate_.Set(newcomers, newcomers);
  rate_.Set(others, others);
}

bool Guard::IsUnlimited(const Address& address) const {
  return limits_.unlimited_from.Contains(address);
}

Digest Guard::KeyOf(const Address& address) const {
  const Address source = SourceOf(address);
  return key_.Of({{reinterpret_cast<const char*>(source.octets.data()), source.octets.size()}});
}

// --- connections -----------------------------------------------------------------------------------------------

Entrance Guard::Arrive(const Address& address, const AddressList& listed, UnboundOwner& owner,
                       TimePoint now) {
  if (IsUnlimited(address)) return {Arrival::kWelcome};
  // Before the lock: all loops wait for it.
  const Digest key = KeyOf(address);
  const bool is_named = listed.Names(address);
  Unbound::node_type displaced;
  Entrance entrance;
  {
    std::lock_guard lock(mutex_);
    const bool is_friend = is_named || known_.Find(key) != nullptr;
    entrance.arrival = Judge(key, is_friend, now);
    if (entrance.arrival != Arrival::kWelcome) return entrance;
    if (!MakeRoom(key, &displaced)) return {Arrival::kUnboundPerAddress};
    entrance.place = ++places_;
    unbound_[key].emplace(entrance.place, Place{&owner});
  }
  if (displaced) displaced.mapped().owner->OnDisplaced(displaced.key());
  return entrance;
}

// Without an entry for who is not let in: nobody would take it away again.
bool Guard::MakeRoom(const Digest& key, Unbound::node_type* displaced) {
  const auto found = unbound_.find(key);
  const std::size_t unbound = found == unbound_.end() ? 0 : found->second.size();
  if (unbound < limits_.unbound_per_address_max) return true;
  if (unbound == 0) return false;  // the limit is 0
  const auto least = LeastOf(found->second);
  if (least == found->second.end()) return false;
  *displaced = found->second.extract(least);
  return true;
}

Guard::Unbound::iterator Guard::LeastOf(Unbound& unbound) {
  // The first of equals: the oldest.
  const auto least = std::min_element(unbound.begin(), unbound.end(), [](auto& a, auto& b) {
    return a.second.claim < b.second.claim;
  });
  return least == unbound.end() || least->second.claim == Claim::kKnownAsks ? unbound.end() : least;
}

Arrival Guard::Judge(const Digest& key, bool is_friend, TimePoint now) {
  if (limits_.accepts_per_second_address > 0) {
    TokenBucket& rate = rates_.Touch(key);
    rate.Set(limits_.accepts_per_second_address, limits_.accepts_per_second_address);
    if (!rate.TryTake(now)) return Arrival::kRatePerAddress;
  }
  // Those that we know have their own bucket only, and their own room: a flood of strangers, or who shares the address with them,
  // must not keep them out.
  if (is_friend) return Arrival::kWelcome;
  const Failing* failing = failing_.Find(key);
  if (failing != nullptr && now < failing->banned_until) return Arrival::kBanned;
  const auto unbound = unbound_.find(key);
  if (unbound != unbound_.end() && unbound->second.size() >= limits_.unbound_per_address_max) {
    return Arrival::kUnboundPerAddress;
  }
  return TakeStrangersTurn(key, now) ? Arrival::kWelcome : Arrival::kRate;
}

// Attackers that come again and again, each from its own address, share one half. The other one is for who never gave offence.
bool Guard::TakeStrangersTurn(const Digest& key, TimePoint now) {
  const TimePoint* marked_until = marked_until_.Find(key);
  const bool is_marked = marked_until != nullptr && now < *marked_until;
  if (!is_marked && NewcomersOf(limits_) > 0 && newcomers_rate_.TryTake(now)) return true;
  return rate_.TryTake(now);
}

void Guard::NoLongerUnbound(const Address& address, std::uint64_t place) {
  if (place == 0) return;
  const Digest key = KeyOf(address);
  std::lock_guard lock(mutex_);
  const auto found = unbound_.find(key);
  if (found == unbound_.end()) return;
  found->second.erase(place);
  if (found->second.empty()) unbound_.erase(found);
}

void Guard::Asks(const Address& address, std::uint64_t place, bool is_known) {
  if (place == 0) return;
  const Digest key = KeyOf(address);
  std::lock_guard lock(mutex_);
  const auto unbound = unbound_.find(key);
  if (unbound == unbound_.end()) return;
  const auto found = unbound->second.find(place);
  if (found == unbound->second.end()) return;
  found->second.claim = is_known ? Claim::kKnownAsks : Claim::kAsks;
}

void Guard::EndedUnbound(const Address& address, TimePoint now) {
  if (IsUnlimited(address)) return;
  const Digest key = KeyOf(address);
  std::lock_guard lock(mutex_);
  marked_until_.Touch(key) = now + limits_.ban;
}

// --- binds -----------------------------------------------------------------------------------------------------

void Guard::Succeeded(const Address& address, std::int64_t client_id) {
  if (IsUnlimited(address)) return;
  const Digest key = KeyOf(address);
  std::lock_guard lock(mutex_);
  std::vector<std::int64_t>& clients = known_.Touch(key).clients;
  std::erase(clients, client_id);
  if (clients.size() >= kClientsOfAddressMax) clients.erase(clients.begin());
  clients.push_back(client_id);
}

bool Guard::Knows(const Address& address, std::int64_t client_id) {
  if (IsUnlimited(address)) return true;
  const Digest key = KeyOf(address);
  std::lock_guard lock(mutex_);
  const Known* known = known_.Find(key);
  return known != nullptr &&
         std::find(known->clients.begin(), known->clients.end(), client_id) != known->clients.end();
}

bool Guard::IsFriend(const Address& address, const AddressList& listed) {
  if (IsUnlimited(address) || listed.Names(address)) return true;
  const Digest key = KeyOf(address);
  std::lock_guard lock(mutex_);
  return known_.Find(key) != nullptr;
}

bool Guard::IsBanned(const Address& address, TimePoint now) {
  if (IsUnlimited(address)) return false;
  const Digest key = KeyOf(address);
  std::lock_guard lock(mutex_);
  const Failing* failing = failing_.Find(key);
  return failing != nullptr && now < failing->banned_until;
}

Duration Guard::Failed(const Address& address, std::string_view system_id, bool is_known,
                       TimePoint now) {
  const Digest id = key_.Of({"id", system_id});
  const Digest key = KeyOf(address);
  const bool is_spared = is_known || IsUnlimited(address);
  std::lock_guard lock(mutex_);
  ids_.Touch(id).Add(now);
  if (is_spared) return Duration{0};
  marked_until_.Touch(key) = now + limits_.ban;
  Failing& failing = failing_.Touch(key);
  if (now < failing.banned_until) return Duration{0};  // it was under way when the ban began
  failing.failures.Add(now);
  if (!failing.failures.IsOver(limits_.failures_per_minute_address, now)) return Duration{0};
  return BanLonger(failing, now);
}

Duration Guard::BanLonger(Failing& failing, TimePoint now) const {
  if (failing.bans > 0 && now - failing.banned_until >= limits_.ban_max) failing.bans = 0;
  Duration ban = limits_.ban;
  for (std::int32_t i = 0; i < failing.bans && ban < limits_.ban_max; ++i) ban *= 2;
  ban = std::min(ban, limits_.ban_max);
  ++failing.bans;
  failing.banned_until = now + ban;
  failing.failures = {};
  return ban;
}

Duration Guard::Delay(const Address& address, std::string_view system_id, bool is_known,
                      TimePoint now) {
  if (is_known || IsUnlimited(address)) return Duration{0};
  const Digest id = key_.Of({"id", system_id});
  std::lock_guard lock(mutex_);
  const Minute* failures = ids_.Find(id);
  const bool is_over = failures != nullptr && failures->IsOver(limits_.failures_per_minute_id, now);
  return is_over ? limits_.tarpit : Duration{0};
}

void Guard::Minute::Add(TimePoint now) {
  if (count == 0 || now - since >= kMinute) {
    since = now;
    count = 0;
  }
  ++count;
}

bool Guard::Minute::IsOver(std::int32_t max, TimePoint now) const {
  return count > max && now - since < kMinute;
}

Guard::Stats Guard::stats() const {
  std::lock_guard lock(mutex_);
  return {rates_.size() + failing_.size() + ids_.size() + known_.size() + marked_until_.size(),
          rates_.forgotten() + failing_.forgotten() + ids_.forgotten() + known_.forgotten() +
              marked_until_.forgotten(),
          unbound_.size()};
}

}  // namespace hub::access
