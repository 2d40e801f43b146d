// The journal with its threads: tickets, failures of the disk, retention, open and close.
#include "server/journal/file_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>
#include <vector>

#include "tests/unit/server/journal/file_journal_rig.h"

namespace hub::journal {
namespace {

using testing::HasSubstr;

class FileJournalTest : public FileJournalRig {};

TEST_F(FileJournalTest, GivesBackWhatItTookInOrder) {
  Start();
  AppendAll(1, 300);
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_EQ(Tags(), Range(1, 300));
  EXPECT_GE(wakes_.load(), 1);
  const Stats stats = journal_->stats();
  EXPECT_EQ(stats.frames, 300u);
  EXPECT_EQ(stats.appended_octets_waiting, 0u);
  EXPECT_GE(stats.syncs, 1u);
  EXPECT_TRUE(stats.healthy);
  EXPECT_GT(stats.octets, options_.segment_octets);  // 100 KB: several segments
}

// Else the kernel reads the page first: the spare's zeroes are not in its cache.
TEST_F(FileJournalTest, FillsThePageThatABatchEndsIn) {
  Start();
  const std::string path = std::string(kFolder) + "/" + SegmentName(0);
  disk_.Flip(path, 8191,
             0xff);  // the last octet of the frames' first page, and the first of the next
  disk_.Flip(path, 8192, 0xff);
  Append(1);
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_EQ(disk_.Content(path)[8191], 0);
  EXPECT_EQ(disk_.Content(path)[8192], 0xff);
  EXPECT_EQ(disk_.Content(path).size(), options_.segment_octets);
  EXPECT_EQ(Tags(), Range(1, 1));
}

TEST_F(FileJournalTest, LeavesAnEmptyBufferAndCountsTickets) {
  Start();
  FrameBuffer frames;
  AppendTagged(1, &frames);
  EXPECT_EQ(journal_->Append(0, &frames), 1u);
  EXPECT_TRUE(frames.empty());
  EXPECT_EQ(journal_->Append(0, &frames), 2u);  // nothing to write, but a ticket all the same
  EXPECT_TRUE(Becomes([this] { return journal_->durable(0) == 2; }));
  EXPECT_EQ(Tags(), Range(1, 1));
}

TEST_F(FileJournalTest, ATicketIsDurableWhenItsFramesAre) {
  constexpr unsigned kWriters = 3;
  constexpr std::uint64_t kEach = 400;
  Start(kWriters);
  std::vector<std::thread> loops;
  for (unsigned w = 0; w < kWriters; ++w) {
    loops.emplace_back([this, w] {
      auto reader = journal_->NewReader(0);
      std::uint64_t seen = 0;
      for (std::uint64_t i = 1; i <= kEach; ++i) {
        const Ticket ticket = Append(i * kWriters + w, w);
        ASSERT_EQ(ticket, i);
        if (i % 50 != 0) continue;
        ASSERT_TRUE(Becomes([&] { return journal_->durable(w) >= ticket; }));
        Frame frame;
        for (auto next = reader->Next(journal_->durable_end(), &frame); next && *next;
             next = reader->Next(journal_->durable_end(), &frame)) {
          seen += TagOf(frame) % kWriters == w ? 1 : 0;
          if (seen == i) break;
        }
        ASSERT_EQ(seen, i);
      }
    });
  }
  for (std::thread& loop : loops) loop.join();
  std::vector<std::uint64_t> last(kWriters, 0);
  const std::vector<std::uint64_t> tags = Tags();
  EXPECT_EQ(tags.size(), kWriters * kEach);
  for (const std::uint64_t tag : tags) {
    EXPECT_GT(tag, last[tag % kWriters]);  // each writer's in its order
    last[tag % kWriters] = tag;
  }
}

TEST_F(FileJournalTest, WakesTheSettlerWhenThereIsMore) {
  Start();
  const Position before = journal_->durable_end();
  std::thread loop([this] { Append(1); });
  EXPECT_TRUE(journal_->AwaitBeyond(before, kLong));
  loop.join();
  EXPECT_GT(journal_->durable_end(), before);
  EXPECT_FALSE(journal_->AwaitBeyond(journal_->durable_end(), Duration::zero()));
}

TEST_F(FileJournalTest, HasNoRoomWhileTooMuchWaits) {
  options_.waiting_octets_max = 2'000;
  Start();
  sync_hangs_ = true;
  AppendAll(1, 50);
  EXPECT_FALSE(journal_->has_room());
  EXPECT_GT(journal_->stats().appended_octets_waiting, 2'000u);
  EXPECT_NE(journal_->stats().refuses.find(" octets wait for the disk, the most are 2000"),
            std::string::npos);
  sync_hangs_ = false;
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_TRUE(journal_->has_room());
}

TEST_F(FileJournalTest, SettledSegmentsGoAndMakeRoom) {
  options_.octets_max = 100u << 10;  // three segments
  Start();
  AppendAll(1, 600);
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_TRUE(Becomes([this] { return !journal_->has_room(); }));
  EXPECT_EQ(journal_->stats().refuses.find("no room: "), 0u);
  const std::uint64_t full = journal_->stats().octets;
  EXPECT_GT(full, options_.octets_max);
  journal_->Release(journal_->durable_end());
  EXPECT_TRUE(Becomes([this] { return journal_->has_room(); }));
  EXPECT_LT(journal_->stats().octets, full);
  EXPECT_EQ(journal_->stats().released, journal_->durable_end());
  EXPECT_GT(journal_->first_position(), 0u);
  auto reader = journal_->NewReader(0);
  Frame frame;
  const auto gone = reader->Next(journal_->durable_end(), &frame);
  ASSERT_FALSE(gone);
  EXPECT_THAT(gone.error().Text(), HasSubstr("position 0 is gone"));
}

TEST_F(FileJournalTest, ABatchLongerThanASegmentGetsALongerOne) {
  Start();
  FrameBuffer frames;
  for (std::uint64_t tag = 1; tag <= 400; ++tag) AppendTagged(tag, &frames);
  ASSERT_GT(frames.octets().size(), options_.segment_octets);
  journal_->Append(0, &frames);
  AppendAll(401, 410);
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_EQ(Tags(), Range(1, 410));
  EXPECT_EQ(journal_->PlaceOf(49), "/journal/00000000000000000000.journal at 4145");
  ASSERT_TRUE(journal_->Close());
  journal_.reset();
  Open();
  EXPECT_EQ(Tags(), Range(1, 410));
}

TEST_F(FileJournalTest, CloseWritesWhatWaitsAndTheNextRunGoesOn) {
  for (std::uint64_t run = 0; run < 3; ++run) {
    Start(1, run == 0 ? 0 : 1);
    EXPECT_FALSE(journal_->torn_tail());
    EXPECT_EQ(Tags().size(), run * 30);
    AppendAll(run * 30 + 1, run * 30 + 30);
    EXPECT_TRUE(journal_->Close());
    EXPECT_TRUE(journal_->Close());
    journal_.reset();
  }
  Open();
  EXPECT_EQ(Tags(), Range(1, 90));
  auto reader = journal_->NewReader(0);
  Frame frame;
  std::vector<std::int64_t> epochs;
  while (reader->Next(journal_->durable_end(), &frame).value()) {
    EXPECT_LT(frame.at, frame.next);
    epochs.push_back(frame.epoch);
  }
  EXPECT_EQ(reader->position(), journal_->durable_end());
  EXPECT_TRUE(std::is_sorted(epochs.begin(), epochs.end()));
  EXPECT_EQ(epochs.front(), 1);
  EXPECT_EQ(epochs.back(), 3);
}

TEST_F(FileJournalTest, RefusesAPositionThatPostgresqlCannotHaveSettled) {
  Start();
  AppendAll(1, 300);
  ASSERT_TRUE(journal_->Flush(kLong));
  journal_->Release(journal_->durable_end());
  ASSERT_TRUE(Becomes([this] { return journal_->first_position() > 0; }));
  ASSERT_TRUE(journal_->Close());
  journal_.reset();
  Open();
  const Position first = journal_->first_position(), end = journal_->durable_end();
  EXPECT_TRUE(journal_->Check(first));
  EXPECT_TRUE(journal_->Check(end));
  const auto beyond = journal_->Start(9, 1, nullptr, end + 1);
  ASSERT_FALSE(beyond);
  EXPECT_THAT(beyond.error().Text(),
              HasSubstr("the journal ends at position " + std::to_string(end)));
  EXPECT_THAT(beyond.error().Text(), HasSubstr(".journal at "));
  const auto before = journal_->Check(first - 1);
  ASSERT_FALSE(before);
  EXPECT_THAT(before.error().Text(),
              HasSubstr("the journal begins at position " + std::to_string(first)));
  EXPECT_TRUE(journal_->Start(9, 1, nullptr, end));  // a refusal changed nothing
}

TEST_F(FileJournalTest, AMarkProvesTheLastBatchWhenTheWriterRests) {
  Start();
  Append(1);
  ASSERT_TRUE(journal_->Flush(kLong));
  const SegmentInfo segment{.path = "/journal/" + SegmentName(0)};
  const Position end = journal_->durable_end();
  EXPECT_TRUE(Becomes([&] {
    const auto tail = FindTail(&disk_, segment, *JournalId::FromText(journal_->id()));
    return tail && tail->durable == end && tail->end == end + Mark::kOctets;
  }));
  EXPECT_EQ(journal_->durable_end(), end);  // nothing new for the settler
}

TEST_F(FileJournalTest, AKillWithoutSyncsLosesNothing) {
  options_.sync = false;
  Start();
  AppendAll(1, 300);
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_EQ(journal_->stats().syncs, 0u);
  EXPECT_EQ(OpenedFiles::Of(&disk_).error.empty(), false);  // locked
  ASSERT_TRUE(journal_->Close());
  journal_.reset();
  Open();
  EXPECT_EQ(Tags(), Range(1, 300));
}

TEST_F(FileJournalTest, GathersForAWindowAndSyncsOnce) {
  options_.sync_window_us = 30'000'000;  // would be half a minute, were it not for the frames
  options_.sync_frames_max = 100;
  options_.segment_octets = 1u << 20;
  Start();
  const std::uint64_t before = journal_->stats().syncs;
  AppendAll(1, 101);
  ASSERT_TRUE(Becomes([this] { return journal_->durable(0) >= 100; }));
  EXPECT_EQ(journal_->durable(0), 100u);
  EXPECT_EQ(journal_->stats().syncs, before + 1);
  EXPECT_TRUE(journal_->Close());  // ends the window
  EXPECT_EQ(journal_->durable(0), 101u);
}

class SpareTest : public FileJournalRig {
 protected:
  SpareTest() { options_.octets_free_min = 1; }

  // Segments that have no name yet, when the helper has nothing to do: it looked at the disk twice, and what it makes it makes
  // behind each look.
  std::ptrdiff_t SparesAtRest() {
    disk_.SetFreeOctets(0);
    journal_->Release(0);  // rings
    EXPECT_TRUE(Becomes([this] { return !journal_->has_room(); }));
    disk_.SetFreeOctets(1 << 20);
    journal_->Release(0);
    EXPECT_TRUE(Becomes([this] { return journal_->has_room(); }));
    const std::vector<std::string> names = disk_.Names();
    return std::count_if(names.begin(), names.end(),
                         [](const std::string& name) { return name.ends_with(kUnfinishedSuffix); });
  }
};

TEST_F(SpareTest, TheNextSegmentIsThereBeforeItIsNeeded) {
  Start();
  EXPECT_EQ(SparesAtRest(), 1);
}

// durability = none: what a start finds out is all that it ever writes.
TEST_F(SpareTest, NoneIsMadeWhereHardlyAnythingIsWritten) {
  Open();
  journal_->MakeNoSpares();
  ASSERT_TRUE(journal_->Start(++epoch_, 1, {}, 0));
  EXPECT_EQ(SparesAtRest(), 0);
  AppendAll(1, 300);  // several segments
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_EQ(Tags(), Range(1, 300));
  EXPECT_EQ(SparesAtRest(), 0);
}

TEST_F(FileJournalTest, WorksOnARealDisk) {
  options_.folder = testing::TempDir() + "file_journal_test." + std::to_string(getpid());
  std::filesystem::remove_all(options_.folder);
  {
    auto journal = std::move(FileJournal::Open(options_, kNode)).value();
    ASSERT_TRUE(journal->Start(1, 1, nullptr, 0));
    for (std::uint64_t tag = 1; tag <= 500; ++tag) {
      FrameBuffer frames;
      AppendTagged(tag, &frames);
      journal->Append(0, &frames);
    }
    ASSERT_TRUE(journal->Flush(kLong));
  }
  {
    auto again = std::move(FileJournal::Open(options_, kNode)).value();
    EXPECT_FALSE(again->torn_tail());
    const ReadBack all = ReadAll(again->NewReader(0).get(), again->durable_end());
    EXPECT_EQ(all.error, "");
    EXPECT_EQ(all.tags, Range(1, 500));
  }
  std::filesystem::remove_all(options_.folder);
}

}  // namespace
}  // namespace hub::journal
