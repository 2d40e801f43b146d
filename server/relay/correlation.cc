#include "server/relay/correlation.h"

#include <cstring>

namespace hub::relay {

Correlation::Key Correlation::KeyOf(std::int64_t supplier_id, std::string_view canonical_id) {
  Key key(sizeof supplier_id, '\0');
  std::memcpy(key.data(), &supplier_id, sizeof supplier_id);
  return key.append(canonical_id);
}

std::int64_t Correlation::SupplierOf(const Key& key) {
  std::int64_t supplier_id = 0;
  std::memcpy(&supplier_id, key.data(), sizeof supplier_id);
  return supplier_id;
}

std::string_view Correlation::IdOf(const Key& key) {
  return std::string_view(key).substr(sizeof(std::int64_t));
}

Awaited* Correlation::Find(const Key& key) {
  const auto found = awaited_.find(key);
  return found == awaited_.end() ? nullptr : &found->second;
}

bool Correlation::Erase(const Key& key, MessageId message_id) {
  const auto found = awaited_.find(key);
  if (found == awaited_.end() || found->second.message_id != message_id) return false;
  awaited_.erase(found);
  return true;
}

std::size_t Correlation::Put(const Key& key, Awaited awaited) {
  order_.emplace_back(key, awaited.message_id);
  awaited_.insert_or_assign(key, std::move(awaited));
  std::size_t forgotten = 0;
  // The second limit bounds the list itself, in which the ones already gone stand.
  while (awaited_.size() > entries_max_ || order_.size() > 2 * entries_max_) {
    if (Erase(order_.front().first, order_.front().second)) ++forgotten;
    order_.pop_front();
  }
  return forgotten;
}

void Correlation::Close(const Key& key, MessageId message_id, journal::Position position) {
  closed_.push_back({key, message_id, position});
  // PostgreSQL is away: who asks for what is dropped here gets no answer until it is back, never a wrong one.
  if (closed_.size() > entries_max_) DropSettled(closed_.front().position);
}

void Correlation::DropSettled(journal::Position settled) {
  while (!closed_.empty() && closed_.front().position <= settled) {
    Erase(closed_.front().key, closed_.front().message_id);
    closed_.pop_front();
  }
  while (!order_.empty()) {
    const Awaited* oldest = Find(order_.front().first);
    if (oldest != nullptr && oldest->message_id == order_.front().second) break;
    order_.pop_front();
  }
}

}  // namespace hub::relay
