// Power is lost at any call, and what was not synced is dropped, torn at sectors or reordered; runs are killed in between and
// the disk refuses now and then. What was durable is always there, and nothing is there that was not written.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "server/journal/retention.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/server/journal/fake_disk.h"
#include "tests/unit/server/journal/written_journal.h"

namespace hub::journal {
namespace {

constexpr std::uint64_t kSegmentOctets = kSegmentHeaderOctets + 5'000;

// What may be on the disk from some call on.
struct Expected {
  std::size_t from_call = 0;
  std::size_t settled = 0;             // of the tags: may be gone
  std::size_t durable = 0;             // of the tags: those that are not settled must be there
  Position durable_end = 0;            // behind the last of those
  std::vector<std::uint64_t> written;  // all, in order: the rest may be there

  void Check(const OpenedFiles& opened) const {
    ASSERT_EQ(opened.error, "");
    EXPECT_GE(opened.tail.end, durable_end);
    const auto& tags = opened.frames.tags;
    const auto first = tags.empty() ? written.begin() + static_cast<std::ptrdiff_t>(settled)
                                    : std::find(written.begin(), written.end(), tags.front());
    const auto gone = static_cast<std::size_t>(first - written.begin());
    EXPECT_LE(gone, settled);
    EXPECT_GE(gone + tags.size(), durable);
    ASSERT_LE(gone + tags.size(), written.size());
    EXPECT_TRUE(std::equal(tags.begin(), tags.end(), first));
  }
};

struct Counts {
  std::size_t states = 0, torn = 0, short_of_written = 0, removed = 0, refused_calls = 0;
};

// Runs of a writer on one disk, one after the other, each killed.
class History {
 public:
  History(FakeDisk* disk, Random* random, Counts* counts, Expected at_first)
      : disk_(disk), random_(random), counts_(counts), now_(std::move(at_first)), states_{now_} {}

  void Run(std::int64_t epoch) {
    const OpenedFiles opened = OpenedFiles::Of(disk_);
    ASSERT_NO_FATAL_FAILURE(now_.Check(opened));
    now_.written = opened.frames.tags;  // the rest is given up, and this is durable from now on
    now_.settled = 0;
    NoteAllDurable(opened.tail.end);
    Spares spares(disk_, opened.folder.get(), kSegmentOctets, true);
    BatchWriter writer(disk_, opened.folder.get(), &spares, {kSegmentOctets, true}, epoch,
                       opened.tail.end);
    disk_->fault = [this](FakeDisk::Call, const std::string&) { return Fault(); };
    for (std::uint64_t batches = random_->Below(12); batches > 0; --batches)
      if (!WriteBatch(&writer)) break;
    disk_->fault = [](FakeDisk::Call, const std::string&) { return 0; };
    if (random_->Below(2) == 0) Settle(opened);
  }

  // The disk when power was lost behind the first `calls`, and what may be on it.
  std::unique_ptr<FakeDisk> LosePower(std::size_t calls, Expected* expected) {
    *expected = At(calls);
    expected->from_call = 0;
    auto after = disk_->AfterPowerLoss(calls, random_);
    const OpenedFiles opened = OpenedFiles::Of(after.get());
    expected->Check(opened);
    counts_->states += 1;
    counts_->removed += opened.folder && opened.folder->first_position() > 0 ? 1 : 0;
    counts_->torn += opened.tail.torn ? 1 : 0;
    counts_->short_of_written += opened.frames.tags.size() < expected->written.size() ? 1 : 0;
    return after;
  }

 private:
  // False: killed while the disk refused.
  bool WriteBatch(BatchWriter* writer) {
    FrameBuffer frames;
    for (std::uint64_t count = random_->Below(5); count > 0; --count) {
      now_.written.push_back(random_->Next());
      AppendTagged(now_.written.back(), &frames);
    }
    Note();
    const smpp::Bytes pieces[] = {frames.octets()};
    const std::size_t used = frames.empty() ? 0 : 1;  // without frames: a mark at rest
    while (!writer->Write(std::span(pieces).first(used)))
      if (random_->Below(4) == 0) return false;
    NoteAllDurable(writer->end());
    return true;
  }

  // PostgreSQL has some of what an earlier run left.
  void Settle(const OpenedFiles& opened) {
    if (opened.frames.ends.empty()) return;
    const std::size_t last = random_->Below(opened.frames.ends.size());
    now_.settled = last + 1;
    Note();
    const test::FakeClock clock;
    Retention retention(disk_, opened.folder.get(), {.folder = kFolder, .octets_free_min = 0},
                        &clock);
    retention.Release(opened.frames.ends[last]);
    EXPECT_TRUE(retention.Tidy());
  }

  int Fault() {
    static constexpr int kErrors[] = {ENOSPC, EIO};
    if (random_->Below(15) > 0) return 0;
    ++counts_->refused_calls;
    return kErrors[random_->Below(2)];
  }

  void NoteAllDurable(Position end) {
    now_.durable = now_.written.size();
    now_.durable_end = end;
    Note();
  }

  void Note() {
    now_.from_call = disk_->calls();
    states_.push_back(now_);
  }

  const Expected& At(std::size_t calls) const {
    const auto later = [](std::size_t c, const Expected& e) { return c < e.from_call; };
    return *std::prev(std::upper_bound(states_.begin(), states_.end(), calls, later));
  }

  FakeDisk* disk_;
  Random* random_;
  Counts* counts_;
  Expected now_;
  std::vector<Expected> states_;
};

constexpr std::size_t kHistories = 120 / kEachOfLongLists, kLosses = 80, kLossesAfterALoss = 10;

TEST(PowerLoss, NeverTakesWhatWasDurableAndNeverBringsWhatWasNotWritten) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= kHistories; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    FakeDisk disk;
    History history(&disk, &random, &counts, {});
    for (std::int64_t epoch = 1; epoch <= 3; ++epoch) history.Run(epoch);
    for (std::size_t loss = 0; loss < kLosses; ++loss) {
      Expected expected;
      auto after = history.LosePower(random.Below(disk.calls() + 1), &expected);
      if (loss % 10 != 0) continue;
      History next(after.get(), &random, &counts,
                   expected);  // and once more, in the run that follows
      next.Run(4);
      for (std::size_t again = 0; again < kLossesAfterALoss; ++again)
        next.LosePower(random.Below(after->calls() + 1), &expected);
    }
    if (HasFailure()) return;
  }
  // The states are what the test is about: many, and of every sort.
  EXPECT_GE(counts.states * kEachOfLongLists, 10'000u);
  EXPECT_GE(counts.torn * kEachOfLongLists, 1'000u);
  EXPECT_GE(counts.short_of_written * kEachOfLongLists, 1'000u);
  EXPECT_GE(counts.removed * kEachOfLongLists, 500u);
  EXPECT_GE(counts.refused_calls * kEachOfLongLists, 200u);
}

}  // namespace
}  // namespace hub::journal
