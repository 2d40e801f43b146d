// A client that lost our answer submits again: the same id again, no second message, no second charge.
#pragma once

#include <array>
#include <mutex>
#include <span>
#include <unordered_map>

#include "server/base/clock.h"
#include "server/base/message_id.h"
#include "server/relay/client/dedupe_key.h"
#include "server/store/archive.h"

namespace hub::relay {

/// The submits of clients with a window (crm.client.dedupe_window_s), of all loops. Any thread.
///
///   Begin ─ kNew ──► in flight ─┬─ Accept ──► accepted ── window over, or forgotten ──► gone
///                               └─ Abandon (refused) ─────────────────────────────────► gone
///
/// Bounded by entries_max over all clients, about 80 octets each. When it is full, a client with at least its
/// share (who adds one, else one that is large) loses its oldest accepted one, counted as forgotten: a client with much traffic shortens its own window.
/// What is in flight is never forgotten; if there is nothing else, a new one is not remembered before it is accepted.
class Dedupe {
 public:
  /// entries_max  spread over kShards by hash, thus exact only nearly; at least one a shard
  explicit Dedupe(std::size_t entries_max);

  enum class Seen : std::uint8_t {
    kNew,       // in flight from now on, as the message_id handed in
    kInFlight,  // being decided: the client has sent it twice without waiting for the answer
    kAccepted,  // answer with this id
  };
  struct Verdict {
    Seen seen = Seen::kNew;
    MessageId message_id = 0;  // the first one's; of kNew: the one handed in
    WallTime accepted_at{};    // of kAccepted
  };

  /// A submit came. Every kNew must be followed by Accept or Abandon.
  /// message_id  what it would be called
  /// window      the client's, over 0; entries are judged by the one that holds now, not by that of their time
  Verdict Begin(std::int64_t client_id, const DedupeKey& key, MessageId message_id, WallTime now,
                std::chrono::seconds window);
  /// Its record is durable and its ESME_ROK may leave: not before, for a second submit is answered at once from now on.
  /// Also when Begin had no room to remember it.
  void Accept(std::int64_t client_id, const DedupeKey& key, MessageId message_id, WallTime at);
  /// It was refused, or its client took it back: the next try is a new message.
  void Abandon(std::int64_t client_id, const DedupeKey& key, MessageId message_id);

  /// What PostgreSQL knows, in any order; before the first Begin. The newest stay when there are too many; a key of another
  /// length than 16 octets is skipped.
  void Load(std::span<const store::DedupeEntry> entries);

  struct Counts {
    std::size_t entries = 0;
    std::uint64_t forgotten = 0;  // before their window was over, for want of room
  };
  Counts counts() const;

  static constexpr std::size_t kShards = 16;
  static constexpr std::chrono::seconds kWindowMax = std::chrono::hours(7 * 24);  // crm.client's

 private:
  struct Key {
    std::int64_t client_id;
    DedupeKey hash;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Entry;
  using Node = std::pair<const Key, Entry>;
  struct Entry {
    MessageId message_id = 0;
    WallTime accepted_at = kInFlightMark;
    Node* older = nullptr;  // of the same client; accepted ones only
    Node* newer = nullptr;
    bool in_flight() const { return accepted_at == kInFlightMark; }
  };
  static constexpr WallTime kInFlightMark = WallTime::max();

  /// A client's accepted entries in order of time.
  struct Client {
    std::chrono::seconds window = kWindowMax;
    Node* oldest = nullptr;
    Node* newest = nullptr;
    std::size_t accepted = 0;
  };

  // LOCK: a client's binds lie on several loops and a lost answer is asked for again on any of them. A letter to a home loop
  // would add two turns to every message of the client; a lock of one sixteenth of the table is held for a look-up, or for
  // one walk over the clients when the table is full. Only messages of clients with a window come here.
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    std::unordered_map<Key, Entry, KeyHash> entries;
    std::unordered_map<std::int64_t, Client> clients;
    std::uint64_t forgotten = 0;
    Client* large = nullptr;  // a client with more than its share, when one was looked for last

    Node* Add(const Key& key, std::size_t room, WallTime now);
    Client* Payer(std::int64_t client_id);
    void DropOldest(Client& client, WallTime now);
    void Append(Client& client, Node& node);
    void Prepend(Client& client, Node& node);
    void Unlink(Client& client, Node& node);
  };

  Shard& ShardOf(const DedupeKey& key) { return shards_[key.back() % kShards]; }

  const std::size_t room_;  // entries of a shard
  std::array<Shard, kShards> shards_;
};

}  // namespace hub::relay
