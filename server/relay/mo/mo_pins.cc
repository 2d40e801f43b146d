#include "server/relay/mo/mo_pins.h"

#include <functional>

namespace hub::relay {
namespace {

// Addresses hold no NUL: the borders cannot be moved.
std::string ConcatKey(const smpp::MessageView& view, const smpp::Concat& concat) {
  std::string key;
  key.reserve(view.source_addr.size() + view.destination_addr.size() + 16);
  key.append(view.source_addr).push_back('\0');
  key.append(view.destination_addr).push_back('\0');
  key.append(std::to_string(concat.ref << 8 | concat.total));
  return key;
}

}  // namespace

std::string LongMoKey(std::int64_t supplier_id, const smpp::MessageView& view,
                      const smpp::Concat& concat) {
  return ConcatKey(view, concat) + '\0' + std::to_string(supplier_id);
}

std::uint64_t TogetherOf(const smpp::MessageView& view) {
  const auto concat = smpp::ConcatOf(view);
  if (!concat || concat->total < 2) return 0;
  return std::hash<std::string>()(ConcatKey(view, *concat)) | 1;
}

std::optional<std::shared_ptr<ClientState>> MoPins::Find(const std::string& key, TimePoint now) {
  DropOld(now);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return std::nullopt;
  Use(found->second, now);
  return found->second->client;
}

bool MoPins::Note(const std::string& key, std::shared_ptr<ClientState> client, TimePoint now) {
  DropOld(now);
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) {
    Use(found->second, now);
    found->second->client = std::move(client);
    return false;
  }
  const bool full = pins_.size() >= messages_max_;
  if (full) DropOldest();
  pins_.push_back({key, std::move(client), now});
  by_key_.emplace(pins_.back().key, std::prev(pins_.end()));
  return full;
}

void MoPins::Use(Pins::iterator pin, TimePoint now) {
  pin->used = now;
  pins_.splice(pins_.end(), pins_, pin);
}

void MoPins::DropOld(TimePoint now) {
  while (!pins_.empty() && now - pins_.front().used > kept_) DropOldest();
}

void MoPins::DropOldest() {
  by_key_.erase(pins_.front().key);
  pins_.pop_front();
}

}  // namespace hub::relay
