#include <gtest/gtest.h>

#include <thread>

#include "server/relay/mail.h"

namespace hub::relay {
namespace {

AnswerSupplier Letter(std::uint32_t n) {
  AnswerSupplier letter;
  letter.origin.sequence_number = n;
  return letter;
}

std::uint32_t NumberOf(const Mail& mail) {
  return std::get<AnswerSupplier>(mail).origin.sequence_number;
}

TEST(PostOffice, KeepsTheOrderAlsoOfWhatDidNotFitTheRing) {
  PostOffice post(2);
  int woken = 0, came_back = 0;
  post.SetWaker(1, [&] { ++woken; });
  post.SetWaker(0, [&] { ++came_back; });
  const std::uint32_t kLetters = PostOffice::kRingLetters * 2 + 7;
  for (std::uint32_t n = 0; n < kLetters; ++n) post.Send(0, 1, Letter(n));
  std::uint32_t next = 0;
  for (int turn = 0; turn < 4; ++turn) {
    const std::size_t behind = kLetters - next;
    const std::size_t fit = std::min<std::size_t>(behind, PostOffice::kRingLetters);
    EXPECT_EQ(post.EndTurn(0), behind - fit);
    post.Collect(1, [&](Mail&& mail) { EXPECT_EQ(NumberOf(mail), next++); });
  }
  EXPECT_EQ(next, kLetters);
  EXPECT_GE(woken, 3);
  EXPECT_GE(came_back, 2) << "what waits is sent by a later turn: the sender must have one";
}

TEST(PostOffice, WakesOnlyWhoGotSomethingAndOnceATurn) {
  PostOffice post(3);
  int woken[3] = {};
  for (unsigned i = 0; i < 3; ++i) post.SetWaker(i, [&woken, i] { ++woken[i]; });
  for (std::uint32_t n = 0; n < 10; ++n) post.Send(0, 2, Letter(n));
  post.EndTurn(0);
  post.EndTurn(0);
  EXPECT_EQ(woken[1], 0);
  EXPECT_EQ(woken[2], 1);
  EXPECT_EQ(post.sent(0), 10u);
  EXPECT_EQ(post.sent(1), 0u);
}

// Else a record that another loop writes because of a letter may be on disk without those of the letter's own turn.
TEST(PostOffice, NoLetterLeavesBeforeTheTurnHasEnded) {
  PostOffice post(2);
  for (unsigned i = 0; i < 2; ++i) post.SetWaker(i, [] {});
  int arrived = 0;
  const auto count = [&](Mail&&) { ++arrived; };
  post.Send(0, 1, Letter(1));
  post.Collect(1, count);
  EXPECT_EQ(arrived, 0);
  post.EndTurn(0);
  post.Collect(1, count);
  EXPECT_EQ(arrived, 1);
}

TEST(PostOffice, LosesNothingBetweenTwoThreads) {
  PostOffice post(2);
  std::atomic<bool> done{false};
  for (unsigned i = 0; i < 2; ++i) post.SetWaker(i, [] {});
  constexpr std::uint32_t kLetters = 200'000;
  std::thread sender([&] {
    for (std::uint32_t n = 0; n < kLetters; ++n) {
      post.Send(0, 1, Letter(n));
      if (n % 64 == 0) post.EndTurn(0);
    }
    while (!done) post.EndTurn(0);
  });
  std::uint32_t next = 0;
  while (next < kLetters) {
    post.Collect(1, [&](Mail&& mail) { ASSERT_EQ(NumberOf(mail), next++); });
  }
  done = true;
  sender.join();
}

}  // namespace
}  // namespace hub::relay
