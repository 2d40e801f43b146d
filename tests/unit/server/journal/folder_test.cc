#include "server/journal/folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/journal/crc32c.h"
#include "tests/unit/server/journal/fake_disk.h"
#include "tests/unit/server/journal/written_journal.h"

namespace hub::journal {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::string ErrorOf(FakeDisk* disk, std::int32_t node) {
  const auto folder = Folder::Open(disk, kFolder, node);
  return folder ? "" : folder.error().Text();
}

void WriteOneFrame(FakeDisk* disk) {
  const OpenedFiles opened = OpenedFiles::Of(disk);
  Spares spares(disk, opened.folder.get(), 8'192, true);
  BatchWriter writer(disk, opened.folder.get(), &spares, {8'192, true}, 3, opened.tail.end);
  FrameBuffer frames;
  AppendTagged(1, &frames);
  const smpp::Bytes pieces[] = {frames.octets()};
  ASSERT_TRUE(writer.Write(pieces));
}

TEST(Folder, KeepsItsIdForLife) {
  FakeDisk disk;
  const JournalId id = Folder::Open(&disk, kFolder, kNode).value()->id();
  EXPECT_EQ(Folder::Open(&disk, kFolder, kNode).value()->id(), id);
}

TEST(Folder, IsLockedWhileItIsOpen) {
  FakeDisk disk;
  {
    const auto first = Folder::Open(&disk, kFolder, kNode);
    ASSERT_TRUE(first);
    EXPECT_THAT(ErrorOf(&disk, kNode), HasSubstr("another process has it"));
  }
  EXPECT_EQ(ErrorOf(&disk, kNode), "");
}

TEST(Folder, OfAnotherNodeIsRefused) {
  FakeDisk disk;
  EXPECT_EQ(ErrorOf(&disk, 1), "");
  EXPECT_THAT(ErrorOf(&disk, 2), HasSubstr("the journal is not of node 2"));
}

TEST(Folder, WithoutItsIdIsRefused) {
  FakeDisk disk;
  WriteOneFrame(&disk);
  ASSERT_TRUE(disk.Unlink("/journal/id"));
  EXPECT_THAT(ErrorOf(&disk, kNode), HasSubstr("/journal/id: open the journal: it is missing"));
}

TEST(Folder, ASegmentOfAnotherJournalIsRefused) {
  FakeDisk ours, theirs;
  WriteOneFrame(&theirs);
  EXPECT_EQ(ErrorOf(&ours, kNode), "");
  ours.SetContent("/journal/00000000000000000000.journal",
                  theirs.Content("/journal/00000000000000000000.journal"));
  EXPECT_THAT(ErrorOf(&ours, kNode), HasSubstr("it belongs to another journal"));
}

TEST(Folder, ARenamedSegmentIsRefused) {
  FakeDisk disk;
  WriteOneFrame(&disk);
  ASSERT_TRUE(disk.Rename("/journal/00000000000000000000.journal",
                          "/journal/00000000000000000064.journal"));
  EXPECT_THAT(ErrorOf(&disk, kNode), HasSubstr("its header starts at 0"));
}

TEST(Folder, ASegmentOfALaterFormatIsRefused) {
  FakeDisk disk;
  WriteOneFrame(&disk);
  const std::string path = "/journal/00000000000000000000.journal";
  FakeDisk::Octets octets = disk.Content(path);
  octets[8] = 2;
  const std::uint32_t crc = Crc32c(0, smpp::Bytes(octets).first(4092));
  std::memcpy(octets.data() + 4092, &crc, sizeof crc);
  disk.SetContent(path, octets);
  EXPECT_THAT(ErrorOf(&disk, kNode), HasSubstr("its format is 2, this build reads 1"));
}

TEST(Folder, WhatACrashLeftUnfinishedGoes) {
  FakeDisk disk;
  disk.SetContent("/journal/segment-4.new", FakeDisk::Octets(100));
  disk.SetContent("/journal/notes.txt", FakeDisk::Octets(3));
  EXPECT_EQ(OpenedFiles::Of(&disk).error, "");
  EXPECT_THAT(disk.Names(), Not(Contains("/journal/segment-4.new")));
  EXPECT_THAT(disk.Names(), Contains("/journal/notes.txt"));  // not ours: not touched
}

TEST(Folder, FindsTheSegmentOfAPosition) {
  FakeDisk disk;
  const auto folder = std::move(Folder::Open(&disk, kFolder, kNode)).value();
  EXPECT_EQ(folder->Find(0), std::nullopt);
  EXPECT_EQ(folder->first_position(), 0u);
  folder->Add(100, 1, 10);
  folder->Add(200, 2, 20);
  EXPECT_EQ(folder->Find(99), std::nullopt);
  EXPECT_EQ(folder->Find(100)->end, 200u);
  EXPECT_EQ(folder->Find(199)->start, 100u);
  EXPECT_EQ(folder->Find(200)->epoch, 2);
  EXPECT_EQ(folder->Find(5'000)->end, SegmentInfo::kOpenEnd);
  EXPECT_EQ(folder->octets(), 30u);
  folder->Add(200, 3, 25);  // nothing durable was in the one before
  EXPECT_EQ(folder->Find(200)->epoch, 3);
  EXPECT_EQ(folder->octets(), 35u);
}

}  // namespace
}  // namespace hub::journal
