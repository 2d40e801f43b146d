// The disk refuses: nothing is accepted meanwhile, nothing is lost, nothing is written twice, and it goes on by itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/server/journal/file_journal_rig.h"

namespace hub::journal {
namespace {

using testing::HasSubstr;

class RefusingDisk : public FileJournalRig {};

struct RefusalCase {
  const char* name;
  FakeDisk::Call call;
  int error;
};

const RefusalCase kRefusals[] = {
    {"WriteNoSpace", FakeDisk::Call::kWrite, ENOSPC},
    {"WriteInputOutput", FakeDisk::Call::kWrite, EIO},
    {"SyncInputOutput", FakeDisk::Call::kSync, EIO},
    {"SyncNoSpace", FakeDisk::Call::kSync, ENOSPC},
    {"Rename", FakeDisk::Call::kRename, EIO},
    {"SyncFolder", FakeDisk::Call::kSyncFolder, EIO},
    {"Create", FakeDisk::Call::kCreate, ENOSPC},
};

class RefusingDiskTest : public RefusingDisk, public testing::WithParamInterface<RefusalCase> {};

TEST_P(RefusingDiskTest, AcceptsNothingMeanwhileAndLosesNothing) {
  Start();
  AppendAll(1, 20);
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_TRUE(journal_->has_room());

  Fail(GetParam().call, GetParam().error);
  AppendAll(21, 400);  // more than a segment: every sort of call is needed
  ASSERT_TRUE(Becomes([this] { return !journal_->has_room(); }));
  ASSERT_TRUE(Becomes([this] { return journal_->stats().failures >= 3; }));
  EXPECT_FALSE(journal_->stats().healthy);
  EXPECT_THAT(journal_->stats().refuses, HasSubstr("the disk refuses: "));
  EXPECT_THAT(journal_->stats().last_error, HasSubstr("/journal"));
  EXPECT_LT(journal_->durable(0), 400u);

  failures_left_ = 0;
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_TRUE(Becomes([this] { return journal_->has_room(); }));
  EXPECT_TRUE(journal_->stats().healthy);
  EXPECT_EQ(journal_->stats().refuses, "");
  EXPECT_EQ(Tags(), Range(1, 400));
  ASSERT_TRUE(journal_->Close());
  journal_.reset();
  Open();
  EXPECT_EQ(Tags(), Range(1, 400));
}

INSTANTIATE_TEST_SUITE_P(Calls, RefusingDiskTest, testing::ValuesIn(kRefusals),
                         [](const auto& c) { return std::string(c.param.name); });

TEST_F(RefusingDisk, AFileWhoseSyncFailedIsNotTrustedAgain) {
  failing_suffix_ = ".journal";
  Start();
  Append(1);
  ASSERT_TRUE(journal_->Flush(kLong));
  Fail(FakeDisk::Call::kSync, EIO, 1);
  Append(2);
  ASSERT_TRUE(journal_->Flush(kLong));
  EXPECT_EQ(journal_->stats().failures, 1u);
  EXPECT_EQ(Tags(), Range(1, 2));
  std::size_t segments = 0;
  for (const std::string& name : disk_.Names()) segments += name.ends_with(".journal") ? 1 : 0;
  EXPECT_EQ(segments, 2u);
}

TEST_F(RefusingDisk, CloseSaysWhatADiskThatRefusesDidNotTake) {
  Start();
  Fail(FakeDisk::Call::kWrite, EIO);
  Append(1);
  const auto closed = journal_->Close();
  ASSERT_FALSE(closed);
  EXPECT_THAT(closed.error().Text(), HasSubstr("octets could not be written: write /journal/"));
  EXPECT_EQ(journal_->durable(0), 0u);
}

}  // namespace
}  // namespace hub::journal
