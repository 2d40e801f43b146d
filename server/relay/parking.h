// Receipts whose message is not known here: those that overtook their response, and those that only PostgreSQL can place.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/base/clock.h"
#include "server/journal/journal.h"
#include "server/relay/correlation.h"
#include "server/relay/mail.h"

namespace hub::relay {

struct Parked {
  ReceiptJob job;
  std::vector<UpstreamId> keys;  // readings of its id, most likely first
  TimePoint ask_at;              // PostgreSQL is asked then, if no response came
  TimePoint give_up;
  journal::Position asked_below =
      0;  // durable end when it was asked first: an answer that knows less proves nothing
  bool asked = false;
  bool conclusive = false;  // what PostgreSQL is asked now, it knows
  bool unknown = false;     // PostgreSQL has answered: no message of ours
  bool done = false;
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
  std::unordered_multimap<UpstreamId, std::shared_ptr<Parked>, UpstreamIdHash> by_key_;
  std::size_t size_ = 0;
};

}  // namespace hub::relay
