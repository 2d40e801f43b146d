// Damage: a frame that had been durable and does not check is named and never passed over; only what nobody was told of may go.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "server/base/random.h"
#include "tests/unit/server/journal/fake_disk.h"
#include "tests/unit/server/journal/written_journal.h"

namespace hub::journal {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kSegmentOctets = 16u << 10;

// A journal of four segments and a bit over 60 KiB. Tags count from 1.
class Damage : public testing::Test {
 protected:
  void Write(int batches, bool rest) {
    const OpenedFiles opened = OpenedFiles::Of(&disk_);
    ASSERT_EQ(opened.error, "");
    Spares spares(&disk_, opened.folder.get(), kSegmentOctets, true);
    BatchWriter writer(&disk_, opened.folder.get(), &spares, {kSegmentOctets, true}, 1,
                       opened.tail.end);
    for (int batch = 0; batch < batches; ++batch) {
      FrameBuffer frames;
      before_last_batch_ = tags_.size();
      for (int i = 0; i < 4; ++i) {
        tags_.push_back(tags_.size() + 1);
        AppendTagged(tags_.back(), &frames);
      }
      const smpp::Bytes pieces[] = {frames.octets()};
      ASSERT_TRUE(writer.Write(pieces));
    }
    if (rest) {
      ASSERT_TRUE(writer.Write({}));
    }
    end_ = writer.end();
  }

  std::vector<std::string> SegmentPaths() const {
    std::vector<std::string> paths;
    for (const std::string& name : disk_.Names())
      if (name.ends_with(".journal")) paths.push_back(name);
    return paths;
  }

  // Flips each octet of the files; what an opening without error reads must be `allowed`. Returns how many were errors.
  template <class Allowed>
  int FlipEach(const std::vector<std::string>& paths, Allowed allowed) {
    Random random(7);
    int errors = 0;
    for (const std::string& path : paths) {
      const std::size_t size = disk_.Content(path).size();
      for (std::size_t offset = 0; offset < size && !HasFailure(); offset += kEachOfLongLists) {
        const auto mask = static_cast<std::uint8_t>(1 + random.Below(255));
        disk_.Flip(path, offset, mask);
        const OpenedFiles opened = OpenedFiles::Of(&disk_);
        errors += opened.error.empty() ? 0 : 1;
        if (opened.error.empty()) {
          EXPECT_TRUE(allowed(opened.frames.tags)) << path << " at " << offset;
        } else if (path.ends_with(".journal")) {
          EXPECT_THAT(opened.error, HasSubstr(path + " at "));
        }
        disk_.Flip(path, offset, mask);
      }
    }
    EXPECT_EQ(OpenedFiles::Of(&disk_).frames.tags, tags_);  // the flips were the only damage
    return errors;
  }

  FakeDisk disk_;
  std::vector<std::uint64_t> tags_;
  std::size_t before_last_batch_ = 0;
  Position end_ = 0;
};

TEST_F(Damage, OfAnyOctetIsNamedWhenTheWriterHadRested) {
  Write(40, /*rest=*/true);
  ASSERT_GE(SegmentPaths().size(), 4u);
  const int errors = FlipEach(SegmentPaths(), [this](const auto& tags) { return tags == tags_; });
  EXPECT_GT(errors,
            45'000 / static_cast<int>(kEachOfLongLists));  // all but the zeroes behind the frames
}

TEST_F(Damage, OfAnyOctetCostsAtMostTheLastBatchThatNothingProves) {
  Write(40, /*rest=*/false);
  const std::size_t proven = before_last_batch_;
  bool was_torn = false;
  FlipEach({SegmentPaths().back()}, [&](const auto& tags) {
    was_torn = was_torn || tags.size() < tags_.size();
    return tags.size() >= proven && tags.size() <= tags_.size() &&
           std::equal(tags.begin(), tags.end(), tags_.begin());
  });
  EXPECT_TRUE(was_torn);
}

TEST_F(Damage, OfTheIdIsRefused) {
  Write(3, /*rest=*/true);
  const int errors = FlipEach({"/journal/id"}, [](const auto&) { return false; });
  EXPECT_GE(static_cast<std::size_t>(errors),
            disk_.Content("/journal/id").size() / kEachOfLongLists);
}

TEST_F(Damage, NamesFileOffsetPositionProofAndAdvice) {
  Write(3, /*rest=*/false);
  const FakeDisk::Octets before = disk_.Content(SegmentPaths()[0]);
  disk_.Flip(SegmentPaths()[0], kSegmentHeaderOctets + Mark::kOctets + 12, 0xff);
  const std::size_t calls = disk_.calls();
  const OpenedFiles opened = OpenedFiles::Of(&disk_);
  EXPECT_THAT(opened.error,
              HasSubstr("/journal/00000000000000000000.journal at 4145 (position 49)"));
  EXPECT_THAT(opened.error, HasSubstr("its CRC is wrong"));
  EXPECT_THAT(opened.error, HasSubstr("proves that it had been durable"));
  EXPECT_THAT(opened.error, HasSubstr("nothing was changed"));
  EXPECT_EQ(disk_.calls(), calls);  // and so it was
}

TEST_F(Damage, ZeroesInTheMiddleAreNoEnd) {
  Write(3, /*rest=*/false);
  const std::string path = SegmentPaths()[0];
  FakeDisk::Octets octets = disk_.Content(path);
  for (std::size_t i = 0; i < kSectorOctets; ++i) octets[kSegmentHeaderOctets + i] = 0;
  disk_.SetContent(path, octets);
  EXPECT_THAT(OpenedFiles::Of(&disk_).error, HasSubstr("at 4096 (position 0)"));
}

TEST_F(Damage, AMissingSegmentIsNotPassedOver) {
  Write(40, /*rest=*/true);
  ASSERT_TRUE(disk_.Unlink(SegmentPaths()[1]));
  const OpenedFiles opened = OpenedFiles::Of(&disk_);
  EXPECT_THAT(opened.error, HasSubstr("00000000000000000000.journal at "));
  EXPECT_THAT(opened.error, HasSubstr("a later segment starts at position"));
  EXPECT_EQ(opened.frames.tags.front(), 1u);
  EXPECT_LT(opened.frames.tags.size(), tags_.size());
}

TEST_F(Damage, AReaderGivesTheSameErrorAgain) {
  Write(3, /*rest=*/true);
  auto folder = Folder::Open(&disk_, kFolder, kNode);
  ASSERT_TRUE(folder);
  disk_.Flip(SegmentPaths()[0], kSegmentHeaderOctets + Mark::kOctets + 12, 0xff);
  Reader reader(&disk_, folder->get(), 0);
  Frame frame;
  const auto first = reader.Next(end_, &frame);
  const auto second = reader.Next(end_, &frame);
  ASSERT_FALSE(first);
  ASSERT_FALSE(second);
  EXPECT_EQ(first.error().Text(), second.error().Text());
}

// Four frames of one turn of a loop: cut at any octet, all of them are there or none.
TEST_F(Damage, ABatchThatIsNotAllThereCountsForNothing) {
  Write(2, /*rest=*/false);
  const std::string path = SegmentPaths()[0];
  const FakeDisk::Octets whole = disk_.Content(path);
  const std::size_t end = kSegmentHeaderOctets + end_;
  const Position last_begin = OpenedFiles::Of(&disk_).frames.ends[before_last_batch_ - 1];
  for (std::size_t cut = kSegmentHeaderOctets + last_begin; cut < end && !HasFailure(); ++cut) {
    FakeDisk::Octets octets = whole;
    std::fill(octets.begin() + static_cast<std::ptrdiff_t>(cut), octets.end(), std::uint8_t{0});
    disk_.SetContent(path, octets);
    const OpenedFiles opened = OpenedFiles::Of(&disk_);
    EXPECT_EQ(opened.error, "") << cut;
    // Octets of the last frame that were zero anyway may be "cut" off without a loss.
    const std::size_t seen = opened.frames.tags.size();
    EXPECT_TRUE(seen == before_last_batch_ || octets == whole) << cut << " " << seen;
  }
}

TEST_F(Damage, AMarkOfAnotherPlaceIsNoMark) {  // a disk that wrote a block where it does not belong
  Write(2, /*rest=*/true);
  const std::string path = SegmentPaths()[0];
  FakeDisk::Octets octets = disk_.Content(path);
  const Mark wrong{
      .at = 49, .durable_below = 0, .octets = 1, .journal = OpenedFiles::Of(&disk_).folder->id()};
  const auto frame = wrong.Encode();
  std::copy(frame.begin(), frame.end(), octets.begin() + kSegmentHeaderOctets);
  disk_.SetContent(path, octets);
  EXPECT_THAT(OpenedFiles::Of(&disk_).error, HasSubstr("the mark here is not of this place"));
}

TEST_F(Damage, WhatLooksLikeAMarkProvesNothing) {
  Write(1, /*rest=*/false);
  const JournalId ours = OpenedFiles::Of(&disk_).folder->id();
  const std::string path = SegmentPaths()[0];
  const FakeDisk::Octets before = disk_.Content(path);
  const Position frame_at = end_ + Mark::kOctets;
  const Position text_at = frame_at + kFrameHeaderOctets + 4;
  const Mark forged[] = {
      {.at = text_at, .durable_below = text_at, .octets = 9, .journal = {}},  // of another journal
      {.at = text_at + 1,
       .durable_below = text_at + 1,
       .octets = 9,
       .journal = ours},  // of another place
  };
  for (const Mark& mark : forged) {
    FrameBuffer frames;
    frames.Begin(1);
    frames.Blob(smpp::Bytes(mark.Encode()));
    frames.End();
    // The batch's own mark did not reach the disk, its frames did.
    FakeDisk::Octets octets = before;
    std::copy(frames.octets().begin(), frames.octets().end(),
              octets.begin() + static_cast<std::ptrdiff_t>(kSegmentHeaderOctets + frame_at));
    disk_.SetContent(path, octets);
    const OpenedFiles opened = OpenedFiles::Of(&disk_);
    EXPECT_EQ(opened.error, "");
    EXPECT_TRUE(opened.tail.torn);
    EXPECT_EQ(opened.tail.end, end_);
    EXPECT_EQ(opened.frames.tags, tags_);
  }
}

}  // namespace
}  // namespace hub::journal
