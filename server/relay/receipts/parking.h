// Receipts whose message is not known here: those that overtook their response, and those that only PostgreSQL can place.
#pragma once

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/base/clock.h"
#include "server/journal/journal.h"
#include "server/relay/mail.h"
#include "server/relay/receipts/correlation.h"

namespace hub::relay {

struct Parked {
  ReceiptJob job;
  std::vector<UpstreamId> keys;  // readings of its id, most likely first
  TimePoint ask_at;              // not asked about before: a response may come
  TimePoint give_up;             // no response comes any more: what PostgreSQL says then counts
  // The question. It waits until PostgreSQL has all that the journal had taken at the fence: it can be wrong in nothing then.
  std::optional<journal::Ticket> fence;
  std::optional<journal::Position> below;  // where that ends; known when it is on disk
  bool last = false;                       // fenced at give_up or after
  bool older_days = false;  // its message may be of any day: the first question is for all, too
  bool asked = false;       // under way
  bool done = false;
  std::vector<std::list<std::shared_ptr<Parked>>::iterator> places;  // Parking's: one for each key
};

/// In order of arrival. The owner looks after limits and time.
class Parking {
 public:
  std::size_t size() const { return size_; }
  void Add(std::shared_ptr<Parked> parked);
  /// Those that wait for this id; they stay until Remove.
  std::vector<std::shared_ptr<Parked>> Of(const UpstreamId& key) const;
  void Remove(Parked& parked);
  /// Oldest first; those removed are skipped.
  template <class F>
  void ForEach(F&& visit) {
    while (!all_.empty() && all_.front()->done) all_.pop_front();
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const std::shared_ptr<Parked> each = all_[i];
      if (!each->done) visit(each);
    }
  }

 private:
  std::deque<std::shared_ptr<Parked>> all_;
  // By place: thousands may wait for one id, of a supplier that writes the same into all.
  std::unordered_map<UpstreamId, std::list<std::shared_ptr<Parked>>, UpstreamIdHash> by_key_;
  std::size_t size_ = 0;
};

}  // namespace hub::relay
