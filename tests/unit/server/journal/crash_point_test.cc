// Killed at each of the journal's crash points: what was told to be durable is there at the next start.
#include "server/base/crash_point.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/unit/server/journal/written_journal.h"

namespace hub::journal {
namespace {

constexpr std::uint64_t kSegmentOctets = kSegmentHeaderOctets + 8'000;

struct CrashCase {
  const char* point;
  bool last_batch_is_there;  // of the batch under way when it was killed
};

const CrashCase kCrashes[] = {
    {"journal_before_write", false}, {"journal_mid_write", false},   {"journal_before_sync", true},
    {"journal_after_sync", true},    {"journal_new_segment", false},
};

class CrashPointTest : public testing::TestWithParam<CrashCase> {
 protected:
  CrashPointTest()
      : folder_(testing::TempDir() + "crash_point_test." + std::to_string(getpid()) + "." +
                GetParam().point) {
    std::filesystem::remove_all(folder_);
  }
  ~CrashPointTest() override { std::filesystem::remove_all(folder_); }

  // Batches of three frames for ever; each one that is durable is noted before the next.
  void WriteUntilKilled(const std::string& armed) {
    auto folder = std::move(Folder::Open(PosixDisk(), folder_, kNode)).value();
    Spares spares(PosixDisk(), folder.get(), kSegmentOctets, true);
    BatchWriter writer(PosixDisk(), folder.get(), &spares, {kSegmentOctets, true}, 1, 0);
    std::ofstream told(folder_ + "/told");
    ASSERT_TRUE(writer.BeginSegment());
    ASSERT_TRUE(ArmCrashPoint(armed));
    for (std::uint64_t tag = 1;; tag += 3) {
      FrameBuffer frames;
      for (std::uint64_t i = 0; i < 3; ++i) AppendTagged(tag + i, &frames);
      const smpp::Bytes pieces[] = {frames.octets()};
      ASSERT_TRUE(writer.Write(pieces));
      told << tag + 2 << std::endl;
    }
  }

  std::size_t Told() const {
    std::ifstream file(folder_ + "/told");
    std::size_t last = 0, line;
    while (file >> line) last = line;
    return last;
  }

  const std::string folder_;
};

TEST_P(CrashPointTest, LosesNothingThatWasTold) {
  for (const int nth : {1, 4}) {
    std::filesystem::remove_all(folder_);
    const std::string armed = std::string(GetParam().point) + ':' + std::to_string(nth);
    EXPECT_EXIT(WriteUntilKilled(armed), testing::KilledBySignal(SIGKILL), "");
    auto folder = std::move(Folder::Open(PosixDisk(), folder_, kNode)).value();
    const auto tail = RecoverTail(PosixDisk(), folder.get());
    ASSERT_TRUE(tail) << tail.error().Text();
    Reader reader(PosixDisk(), folder.get(), 0);
    const ReadBack all = ReadAll(&reader, tail->end);
    EXPECT_EQ(all.error, "");
    std::size_t whole = all.tags.size();
    if (GetParam().last_batch_is_there) whole -= 3;
    EXPECT_EQ(whole / 3 * 3, Told()) << armed;  // half a batch may be there, for nobody was told
    for (std::size_t i = 0; i < all.tags.size(); ++i) EXPECT_EQ(all.tags[i], i + 1);
  }
}

INSTANTIATE_TEST_SUITE_P(Points, CrashPointTest, testing::ValuesIn(kCrashes),
                         [](const auto& c) { return std::string(c.param.point); });

}  // namespace
}  // namespace hub::journal
