#include "server/session/timed_out.h"

#include <algorithm>

namespace hub {

std::optional<Outstanding> TimedOut::Forget(TimePoint now) {
  if (requests_.empty()) return std::nullopt;
  if (size() <= requests_max_ && now - requests_.front().sent_at <= kKept) return std::nullopt;
  return ForgetAny();
}

std::optional<Outstanding> TimedOut::ForgetAny() {
  if (requests_.empty()) return std::nullopt;
  const Outstanding oldest = requests_.front();
  requests_.pop_front();
  return oldest;
}

// They ascend when they are counted from the first one, for all of them are younger than a round of numbers.
std::deque<Outstanding>::const_iterator TimedOut::Place(std::uint32_t sequence_number) const {
  if (requests_.empty() || sequence_number == 0 || sequence_number > kSequenceNumberMax)
    return requests_.end();
  const auto behind_first = [first = requests_.front().sequence_number](std::uint32_t number) {
    return (number + kSequenceNumberMax - first) % kSequenceNumberMax;
  };
  const auto at =
      std::lower_bound(requests_.begin(), requests_.end(), sequence_number,
                       [&](const Outstanding& request, std::uint32_t number) {
                         return behind_first(request.sequence_number) < behind_first(number);
                       });
  return at != requests_.end() && at->sequence_number == sequence_number ? at : requests_.end();
}

const Outstanding* TimedOut::Find(std::uint32_t sequence_number) const {
  const auto at = Place(sequence_number);
  return at == requests_.end() ? nullptr : &*at;
}

std::optional<Outstanding> TimedOut::Take(std::uint32_t sequence_number) {
  const auto at = Place(sequence_number);
  if (at == requests_.end()) return std::nullopt;
  const Outstanding found = *at;
  requests_.erase(at);
  return found;
}

}  // namespace hub
