#include "server/relay/client/dedupe.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace hub::relay {
namespace {

bool IsOver(WallTime accepted_at, std::chrono::seconds window, WallTime now) {
  return now - accepted_at >= window;
}

}  // namespace

Dedupe::Dedupe(std::size_t entries_max)
    : room_(std::max<std::size_t>((entries_max + kShards - 1) / kShards, 1)) {
  for (Shard& shard : shards_) shard.entries.reserve(room_);  // no rehash under the lock later on
}

std::size_t Dedupe::KeyHash::operator()(const Key& key) const noexcept {
  std::uint64_t head;
  std::memcpy(&head, key.hash.data(), sizeof head);
  return head ^ static_cast<std::uint64_t>(key.client_id) * 0x9E3779B97F4A7C15u;
}

Dedupe::Verdict Dedupe::Begin(std::int64_t client_id, const DedupeKey& key, MessageId message_id,
                              WallTime now, std::chrono::seconds window) {
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  Client& client = shard.clients[client_id];
  client.window = window;
  if (const auto found = shard.entries.find({client_id, key}); found != shard.entries.end()) {
    Entry& entry = found->second;
    if (entry.in_flight()) return {Seen::kInFlight, entry.message_id, {}};
    if (!IsOver(entry.accepted_at, window, now)) {
      return {Seen::kAccepted, entry.message_id, entry.accepted_at};
    }
    shard.Unlink(client, *found);
    shard.entries.erase(found);
  }
  if (Node* node = shard.Add({client_id, key}, room_, now)) node->second.message_id = message_id;
  return {Seen::kNew, message_id, {}};
}

void Dedupe::Accept(std::int64_t client_id, const DedupeKey& key, MessageId message_id,
                    WallTime at) {
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  Client& client = shard.clients[client_id];
  // A client's list shrinks as fast as it grows, so that what is over does not stay for want of a knock.
  for (int i = 0; i < 2; ++i) {
    const Node* oldest = client.oldest;
    if (oldest == nullptr || !IsOver(oldest->second.accepted_at, client.window, at)) break;
    shard.DropOldest(client, at);
  }
  const auto found = shard.entries.find({client_id, key});
  Node* node = found != shard.entries.end() ? &*found : shard.Add({client_id, key}, room_, at);
  if (node == nullptr || !node->second.in_flight()) return;
  // Another one's: this one was forgotten and the client came again. It is the first that was accepted.
  node->second.message_id = message_id;
  node->second.accepted_at = at;
  shard.Append(client, *node);
}

void Dedupe::Abandon(std::int64_t client_id, const DedupeKey& key, MessageId message_id) {
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find({client_id, key});
  if (found == shard.entries.end()) return;
  if (found->second.message_id != message_id) return;
  if (!found->second.in_flight()) shard.Unlink(shard.clients[client_id], *found);
  shard.entries.erase(found);
}

void Dedupe::Load(std::span<const store::DedupeEntry> entries) {
  std::vector<const store::DedupeEntry*> newest_first;
  newest_first.reserve(entries.size());
  for (const store::DedupeEntry& entry : entries) {
    if (entry.key.size() == sizeof(DedupeKey)) newest_first.push_back(&entry);
  }
  std::stable_sort(newest_first.begin(), newest_first.end(), [](const auto* a, const auto* b) {
    return a->accepted_at_us > b->accepted_at_us;
  });
  for (const store::DedupeEntry* entry : newest_first) {
    DedupeKey key;
    std::memcpy(key.data(), entry->key.data(), key.size());
    Shard& shard = ShardOf(key);
    const std::lock_guard lock(shard.mutex);
    if (shard.entries.size() >= room_) {
      ++shard.forgotten;
      continue;
    }
    const auto [added, is_new] = shard.entries.try_emplace({entry->client_id, key});
    if (!is_new) continue;
    added->second.message_id = entry->message_id;
    added->second.accepted_at = FromMicros(entry->accepted_at_us);
    shard.Prepend(shard.clients[entry->client_id], *added);
  }
}

Dedupe::Counts Dedupe::counts() const {
  Counts counts;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    counts.entries += shard.entries.size();
    counts.forgotten += shard.forgotten;
  }
  return counts;
}

// --- a shard, its mutex held -----------------------------------------------------------------------------------

/// Null when there is no room and all that is here is in flight: then this one is not remembered.
Dedupe::Node* Dedupe::Shard::Add(const Key& key, std::size_t room, WallTime now) {
  if (entries.size() >= room) {
    Client* payer = Payer(key.client_id);
    if (payer == nullptr) {
      ++forgotten;
      return nullptr;
    }
    DropOldest(*payer, now);
  }
  return &*entries.try_emplace(key).first;
}

// Whose oldest entry goes: who wants room, if it has more than its share, else one that has; the largest is looked for only
// when the one that was found last has come down. A full table is the usual one, and there may be thousands of clients.
Dedupe::Client* Dedupe::Shard::Payer(std::int64_t client_id) {
  const std::size_t share = entries.size() / clients.size();
  Client& asks = clients[client_id];
  if (asks.accepted > share) return &asks;
  if (large == nullptr || large->accepted == 0 || large->accepted < share) {
    large = &std::max_element(clients.begin(), clients.end(), [](const auto& a, const auto& b) {
               return a.second.accepted < b.second.accepted;
             })->second;
  }
  return large->accepted == 0 ? nullptr : large;
}

void Dedupe::Shard::DropOldest(Client& client, WallTime now) {
  Node& node = *client.oldest;
  if (!IsOver(node.second.accepted_at, client.window, now)) ++forgotten;
  Unlink(client, node);
  entries.erase(entries.find(node.first));  // by place: the key lies in what goes
}

void Dedupe::Shard::Append(Client& client, Node& node) {
  node.second.older = client.newest;
  (client.newest == nullptr ? client.oldest : client.newest->second.newer) = &node;
  client.newest = &node;
  ++client.accepted;
}

void Dedupe::Shard::Prepend(Client& client, Node& node) {
  node.second.newer = client.oldest;
  (client.oldest == nullptr ? client.newest : client.oldest->second.older) = &node;
  client.oldest = &node;
  ++client.accepted;
}

void Dedupe::Shard::Unlink(Client& client, Node& node) {
  const Entry& entry = node.second;
  (entry.older == nullptr ? client.oldest : entry.older->second.newer) = entry.newer;
  (entry.newer == nullptr ? client.newest : entry.newer->second.older) = entry.older;
  --client.accepted;
}

}  // namespace hub::relay
