// The real disk, in a folder of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <vector>

#include "server/journal/disk.h"

namespace hub::journal {
namespace {

class PosixDiskTest : public testing::Test {
 protected:
  PosixDiskTest() : folder_(testing::TempDir() + "posix_disk_test." + std::to_string(getpid())) {
    std::filesystem::remove_all(folder_);
    EXPECT_TRUE(disk_->MakeFolder(folder_));
  }
  ~PosixDiskTest() override { std::filesystem::remove_all(folder_); }

  Disk* disk_ = PosixDisk();
  std::string folder_;
};

TEST_F(PosixDiskTest, WritesManyPiecesWithOneCallOrSeveral) {
  std::vector<std::string> texts;
  std::vector<smpp::Bytes> pieces;
  std::string all;
  for (int i = 0; i < 1'000; ++i)
    texts.push_back(std::string(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26)));
  for (const std::string& text : texts) {
    pieces.push_back(smpp::AsBytes(text));
    all += text;
  }
  auto file = std::move(disk_->Open(folder_ + "/f", OpenMode::kCreate)).value();
  ASSERT_TRUE(file->Write(10, pieces));
  ASSERT_TRUE(file->Sync());
  EXPECT_EQ(file->Size().value(), all.size() + 10);
  std::vector<std::uint8_t> read(all.size() + 100);
  EXPECT_EQ(file->Read(10, read).value(), all.size());  // short at the end only
  EXPECT_EQ(smpp::AsText(smpp::Bytes(read).first(all.size())), all);
}

TEST_F(PosixDiskTest, ListsRenamesAndRemoves) {
  ASSERT_TRUE(disk_->Open(folder_ + "/b", OpenMode::kCreate));
  ASSERT_TRUE(disk_->Open(folder_ + "/a", OpenMode::kCreate));
  EXPECT_THAT(disk_->List(folder_).value(), testing::ElementsAre("a", "b"));
  ASSERT_TRUE(disk_->Rename(folder_ + "/a", folder_ + "/c"));
  ASSERT_TRUE(disk_->Unlink(folder_ + "/b"));
  ASSERT_TRUE(disk_->SyncFolder(folder_));
  EXPECT_THAT(disk_->List(folder_).value(), testing::ElementsAre("c"));
  EXPECT_GT(disk_->FreeOctets(folder_).value(), 0u);
}

TEST_F(PosixDiskTest, LocksAgainstEverybody) {
  auto lock = disk_->TakeLock(folder_ + "/lock");
  ASSERT_TRUE(lock);
  const auto second = disk_->TakeLock(folder_ + "/lock");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().system_errno, EWOULDBLOCK);
  lock->reset();
  EXPECT_TRUE(disk_->TakeLock(folder_ + "/lock"));
}

TEST_F(PosixDiskTest, ErrorsNamePathAndCause) {
  const auto missing = disk_->Open(folder_ + "/none", OpenMode::kRead);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().Text(), "open " + folder_ + "/none: No such file or directory");
  ASSERT_TRUE(disk_->Open(folder_ + "/f", OpenMode::kCreate));
  auto file = std::move(disk_->Open(folder_ + "/f", OpenMode::kRead)).value();
  const smpp::Bytes pieces[] = {smpp::AsBytes("x")};
  const auto written = file->Write(7, pieces);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().Text(), "write " + folder_ + "/f at 7: Bad file descriptor");
}

TEST_F(PosixDiskTest, AFullDeviceSaysSo) {  // /dev/full: every write finds the disk full
  auto file = disk_->Open("/dev/full", OpenMode::kWrite);
  ASSERT_TRUE(file);
  const smpp::Bytes pieces[] = {smpp::AsBytes("x")};
  const auto written = (*file)->Write(0, pieces);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().system_errno, ENOSPC);
}

}  // namespace
}  // namespace hub::journal
