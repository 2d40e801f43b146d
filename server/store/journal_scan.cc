#include "server/store/journal_scan.h"

#include <algorithm>
#include <map>
#include <type_traits>
#include <utility>

#include "server/base/clock.h"
#include "server/store/pg.h"
#include "server/telemetry/log.h"

namespace hub::store {
namespace {

constexpr auto kProgressEvery = std::chrono::seconds(5);

class Scanner {
 public:
  explicit Scanner(const journal::FileJournal& journal) : journal_(journal) {}

  Outcome<JournalScan> Scan() {
    const auto reader = journal_.NewReader(journal_.first_position());
    const journal::Position end = journal_.durable_end();
    journal::Frame frame;
    while (true) {
      auto more = reader->Next(end, &frame);
      if (!more) return Err{more.error()};
      if (!*more) break;
      if (auto taken = Take(frame); !taken) return Err{taken.error()};
      if (++scan_.records % 65'536 == 0) Say(frame.next, end);
    }
    for (auto& [key, submit] : open_) scan_.open.push_back(std::move(submit));
    return std::move(scan_);
  }

 private:
  using Key = std::pair<MessageId, std::int16_t>;

  Outcome<Done> Take(const journal::Frame& frame) {
    const bool known = DecodeAny(frame.kind, frame.payload, [this](const auto& r) { Note(r); });
    if (known) return Done{};
    return Err{UnknownRecord(journal_, frame)};
  }

  template <class R>
  void Note(const R& r) {
    if constexpr (requires { r.message_id; }) NoteId(r.message_id);
    if constexpr (requires { r.receipt_id; }) NoteId(r.receipt_id);
    if constexpr (std::is_same_v<R, HandedRecord>) {
      OpenSubmit& open = open_[Key{r.message_id, r.attempt_no}];
      open = {r, std::string(r.source_addr), std::string(r.destination_addr)};
      open.handed.source_addr = open.handed.destination_addr = {};
    }
    if constexpr (std::is_same_v<R, AttemptRecord>) open_.erase(Key{r.message_id, r.attempt_no});
    if constexpr (std::is_same_v<R, LateAnswerRecord>) NoteLate(r);
  }

  // It stands behind the HandedRecord of what is under way meanwhile.
  void NoteLate(const LateAnswerRecord& r) {
    for (auto at = open_.lower_bound(Key{r.message_id, 0});
         r.accepted && at != open_.end() && at->first.first == r.message_id; ++at) {
      at->second.taken_late = true;
    }
  }

  void NoteId(MessageId id) { scan_.last_message_id = std::max(scan_.last_message_id, id); }

  void Say(journal::Position at, journal::Position end) {
    const TimePoint now = SystemClock().Now();
    if (now < say_next_) return;
    say_next_ = now + kProgressEvery;
    Log(Event::recover_progress, {{"doing", "read"}, {"position", at}, {"end", end}});
  }

  const journal::FileJournal& journal_;
  JournalScan scan_;
  std::map<Key, OpenSubmit> open_;  // small at any time: what was under way then
  TimePoint say_next_ = SystemClock().Now() + kProgressEvery;
};

}  // namespace

Error UnknownRecord(const journal::FileJournal& journal, const journal::Frame& frame) {
  return MakeError(
      "read the journal",
      "a record of kind " + std::to_string(frame.kind) + " that this build does not know",
      "start the smpphubd that wrote it, or a newer one", journal.PlaceOf(frame.at));
}

Outcome<JournalScan> ScanJournal(const journal::FileJournal& journal) {
  return Scanner(journal).Scan();
}

}  // namespace hub::store
