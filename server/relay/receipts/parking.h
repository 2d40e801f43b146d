// Receipts whose message is not known here: those that overtook their response, and those that only PostgreSQL can place.
#pragma once

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
  // Parking's.
  std::vector<std::list<std::shared_ptr<Parked>>::iterator> places;  // one for each key
  std::list<std::shared_ptr<Parked>>::iterator place;                // among all
};

/// In order of arrival. The owner looks after limits and time.
class Parking {
 public:
  std::size_t size() const { return all_.size(); }
  void Add(std::shared_ptr<Parked> parked);
  /// Those that wait for this id; they stay until Remove.
  std::vector<std::shared_ptr<Parked>> Of(const UpstreamId& key) const;
  /// Twice is fine. Lets go of it: who still reads it holds it.
  void Remove(Parked& parked);
  /// Oldest first; `visit` may remove the one that it is shown. What it adds may be shown or not.
  template <class F>
  void ForEach(F&& visit) {
    for (auto next = all_.begin(); next != all_.end();) {
      const std::shared_ptr<Parked> each = *next++;
      visit(each);
    }
  }

 private:
  std::list<std::shared_ptr<Parked>> all_;
  // By place: thousands may wait for one id, of a supplier that writes the same into all.
  std::unordered_map<UpstreamId, std::list<std::shared_ptr<Parked>>, UpstreamIdHash> by_key_;
};

}  // namespace hub::relay
