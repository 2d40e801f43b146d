// Questions that wait for the archive's thread.
#include <gmock/gmock.h>

#include <latch>
#include <thread>

#include "tests/unit/server/store/pg_archive_rig.h"

namespace hub::test {
namespace {

using namespace hub::store;
using testing::ElementsAre;
using testing::SizeIs;

// Holds the archive's thread in an answer, so that questions wait.
class HeldArchiveTest : public PgArchiveTest {
 protected:
  void Hold() {
    HUB_CHECK(archive_->Find({}, [this](const FoundPage&) {
      held_.count_down();
      go_.wait();
    }));
    held_.wait();
  }
  std::latch held_{1}, go_{1};
};

TEST_F(HeldArchiveTest, FindsThatWaitedTogetherEachGetTheirOwn) {
  std::vector<MessageId> ids;
  for (unsigned i = 0; i < 3; ++i) {
    ids.push_back(rig_.Id(10 + i));
    rig_.AddMessage(ids[i]);
    rig_.AddAttempt(ids[i], 1, std::to_string(i));
  }
  Hold();
  std::latch answered{3};
  std::vector<FoundPage> pages(3);
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_TRUE(archive_->Find({{1, std::to_string(i)}, {1, "none"}}, [&, i](FoundPage page) {
      pages[i] = std::move(page);
      answered.count_down();
    }));
  }
  go_.count_down();
  answered.wait();
  for (std::size_t i = 0; i < 3; ++i) {
    ASSERT_THAT(pages[i].found, SizeIs(1));
    EXPECT_EQ(pages[i].found[0].message_id, ids[i]);
  }
}

TEST_F(HeldArchiveTest, StraysOfOneSupplierDoNotKeepPagesWaiting) {
  Hold();
  std::latch answers{12};
  int finds = 0;                  // of the archive's thread
  std::vector<int> finds_before;  // a page
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(
        archive_->Find(std::vector<UpstreamKey>(200, {1, "none", false}), [&](const FoundPage&) {
          ++finds;
          answers.count_down();
        }));
  }
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(archive_->LoadReceipts({.client_id = 1}, [&](const ReceiptPage&) {
      finds_before.push_back(finds);
      answers.count_down();
    }));
  }
  go_.count_down();
  answers.wait();
  EXPECT_THAT(finds_before, ElementsAre(2, 4));
}

TEST_F(HeldArchiveTest, OneQuestionTooManyIsRefused) {
  archive_ = rig_.Archive({.waiting_max = 2});
  Hold();
  std::latch answers{2};
  const auto count = [&](const auto& page) {
    EXPECT_TRUE(page.reachable);
    answers.count_down();
  };
  EXPECT_TRUE(archive_->Find({}, count));
  EXPECT_TRUE(archive_->LoadReceipts({.client_id = 1}, count));
  EXPECT_FALSE(archive_->Find({}, count));
  EXPECT_FALSE(archive_->LoadMessages(Due(), count));
  EXPECT_FALSE(archive_->FindOverdue(1, count));
  EXPECT_FALSE(archive_->LoadWaiting(count));
  EXPECT_EQ(archive_->counts().waiting, 2);
  EXPECT_EQ(archive_->counts().refused, 4);
  go_.count_down();
  answers.wait();
  EXPECT_TRUE(Find({}).reachable);
}

TEST_F(HeldArchiveTest, QuestionsThatWaitAtTheEndAreAnsweredOnce) {
  Hold();
  int answers = 0;
  const auto count = [&](const auto&) { ++answers; };
  EXPECT_TRUE(archive_->Find({}, count));
  EXPECT_TRUE(archive_->LoadMessages(Due(), count));
  EXPECT_TRUE(archive_->LoadReceipts({.client_id = 1}, count));
  std::thread release([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the destructor waits for us
    go_.count_down();
  });
  archive_.reset();
  release.join();
  EXPECT_EQ(answers, 3);
}

}  // namespace
}  // namespace hub::test
