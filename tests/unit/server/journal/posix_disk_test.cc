// The real disk, in a folder of its own.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
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

std::vector<std::uint8_t> Content(File* file) {
  std::vector<std::uint8_t> octets(file->Size().value());
  EXPECT_EQ(file->Read(0, octets).value(), octets.size());
  return octets;
}

TEST_F(PosixDiskTest, WritesZeroesOfAnySizeAnywhere) {
  for (const std::uint64_t octets : {1u, 4096u, 3u << 20, (1u << 20) + 5u}) {
    for (const std::uint64_t offset : {0u, 4096u, 7u}) {
      auto file = std::move(disk_->Open(folder_ + "/f", OpenMode::kCreate)).value();
      const std::string before(offset + octets + 3, 'x');
      const smpp::Bytes pieces[] = {smpp::AsBytes(before)};
      ASSERT_TRUE(file->Write(0, pieces));
      ASSERT_TRUE(file->WriteZeroes(offset, octets));
      std::string wanted = before;
      std::fill_n(wanted.begin() + static_cast<std::ptrdiff_t>(offset), octets, '\0');
      EXPECT_TRUE(smpp::AsText(Content(file.get())) == wanted) << octets << " at " << offset;
    }
  }
}

TEST_F(PosixDiskTest, WritesBesideItsZeroesAsEver) {
  auto file = std::move(disk_->Open(folder_ + "/f", OpenMode::kCreate)).value();
  ASSERT_TRUE(file->WriteZeroes(0, 8192));
  const smpp::Bytes pieces[] = {smpp::AsBytes("abc")};
  ASSERT_TRUE(file->Write(5, pieces));  // of no block's size
  ASSERT_TRUE(file->Sync());
  EXPECT_EQ(smpp::AsText(smpp::Bytes(Content(file.get())).subspan(4, 5)),
            (std::string_view("\0abc\0", 5)));
}

TEST_F(PosixDiskTest, ZeroesArePastThePageCache) {
  constexpr std::size_t kOctets = 1u << 20;
  const std::string path = folder_ + "/f";
  auto file = std::move(disk_->Open(path, OpenMode::kCreate)).value();
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (fd < 0) GTEST_SKIP() << "the file system here has no such way";
  ASSERT_TRUE(file->WriteZeroes(0, kOctets));
  void* const mapped = mmap(nullptr, kOctets, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  ASSERT_NE(mapped, MAP_FAILED);
  std::vector<unsigned char> pages(kOctets / 4096);
  ASSERT_EQ(mincore(mapped, kOctets, pages.data()), 0);
  EXPECT_EQ(std::count_if(pages.begin(), pages.end(), [](auto page) { return page & 1; }), 0);
  munmap(mapped, kOctets);
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
  const auto zeroes = (*file)->WriteZeroes(0, 4096);
  ASSERT_FALSE(zeroes);
  EXPECT_EQ(zeroes.error().system_errno, ENOSPC);
}

}  // namespace
}  // namespace hub::journal
