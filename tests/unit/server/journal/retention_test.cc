#include "server/journal/retention.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/support/fake_clock.h"
#include "tests/unit/server/journal/fake_disk.h"
#include "tests/unit/server/journal/written_journal.h"

namespace hub::journal {
namespace {

using std::chrono_literals::operator""s;

// Four segments of 1,000 octets: [0,100) [100,200) [200,300) [300,...
class RetentionTest : public testing::Test {
 protected:
  RetentionTest() : folder_(std::move(Folder::Open(&disk_, kFolder, kNode)).value()) {
    for (Position start = 0; start < 400; start += 100) {
      disk_.SetContent(folder_->PathOf(SegmentName(start)), FakeDisk::Octets(1'000));
      folder_->Add(start, 1, 1'000);
    }
  }

  std::size_t Segments() const {
    std::size_t files = 0;
    for (const std::string& name : disk_.Names()) files += name.ends_with(".journal") ? 1 : 0;
    EXPECT_EQ(files, folder_->Segments().size());
    return files;
  }

  FakeDisk disk_;
  test::FakeClock clock_;
  std::unique_ptr<Folder> folder_;
  Options options_{.folder = kFolder, .octets_max = 4'000, .octets_free_min = 1'000};
};

TEST_F(RetentionTest, RemovesWhatLiesWhollyBelow) {
  Retention retention(&disk_, folder_.get(), options_, &clock_);
  retention.Release(199);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_EQ(folder_->first_position(), 100u);
  retention.Release(200);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_EQ(folder_->first_position(), 200u);
  retention.Release(50);  // an old position takes nothing back
  EXPECT_EQ(retention.released(), 200u);
  retention.Release(10'000);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_EQ(Segments(), 1u);  // the last one is written to
}

TEST_F(RetentionTest, KeepsSettledSegmentsForATime) {
  options_.keep_settled_s = 60;
  Retention retention(&disk_, folder_.get(), options_, &clock_);
  retention.Release(100);
  ASSERT_TRUE(retention.Tidy());
  clock_.Advance(30s);
  retention.Release(200);
  ASSERT_TRUE(retention.Tidy());
  clock_.Advance(29s);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_EQ(Segments(), 4u);
  clock_.Advance(1s);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_EQ(folder_->first_position(), 100u);
  clock_.Advance(30s);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_EQ(folder_->first_position(), 200u);
}

TEST_F(RetentionTest, HasNoSpaceAboveItsOctets) {
  options_.octets_max = 3'999;
  Retention retention(&disk_, folder_.get(), options_, &clock_);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_FALSE(retention.has_space());
  retention.Release(100);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_TRUE(retention.has_space());
}

TEST_F(RetentionTest, HasNoSpaceWhenTheDiskHasNone) {
  Retention retention(&disk_, folder_.get(), options_, &clock_);
  disk_.SetFreeOctets(999);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_FALSE(retention.has_space());
  disk_.SetFreeOctets(1'000);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_TRUE(retention.has_space());
}

TEST_F(RetentionTest, GivesUpKeptSegmentsBeforeItRefusesTraffic) {
  options_.keep_settled_s = 3'600;
  options_.octets_max = 2'000;
  Retention retention(&disk_, folder_.get(), options_, &clock_);
  retention.Release(300);
  ASSERT_TRUE(retention.Tidy());
  EXPECT_TRUE(retention.has_space());
  EXPECT_EQ(Segments(), 2u);  // no more than it must
}

TEST_F(RetentionTest, AnOperatorMayBeQuicker) {
  Retention retention(&disk_, folder_.get(), options_, &clock_);
  ASSERT_TRUE(disk_.Unlink(folder_->PathOf(SegmentName(0))));
  retention.Release(100);
  EXPECT_TRUE(retention.Tidy());
  EXPECT_EQ(folder_->first_position(), 100u);
}

TEST_F(RetentionTest, ASegmentThatCannotBeRemovedStays) {
  Retention retention(&disk_, folder_.get(), options_, &clock_);
  disk_.fault = [](FakeDisk::Call call, const std::string&) {
    return call == FakeDisk::Call::kUnlink ? EIO : 0;
  };
  retention.Release(100);
  EXPECT_FALSE(retention.Tidy());
  EXPECT_EQ(Segments(), 4u);
}

}  // namespace
}  // namespace hub::journal
