#include "server/base/slab.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "server/base/pooled.h"

namespace hub {
namespace {

TEST(Slab, LivesAsLongAsItsLastSlice) {
  const std::uint64_t before = Slab::octets_alive();
  Slab* slab = Slab::Create(1000);
  EXPECT_TRUE(slab->unique());
  Slice whole(slab, 0, 1000);
  EXPECT_FALSE(slab->unique());
  slab->Unref();
  EXPECT_TRUE(whole.slab()->unique());
  Slice part = whole.Sub(10, 5);
  whole = Slice();
  EXPECT_EQ(Slab::octets_alive() - before, 1000u);
  part = Slice();
  EXPECT_EQ(Slab::octets_alive(), before);
}

TEST(Slab, ALargeOneIsUsedAgainByItsThread) {
  if (!kPools) GTEST_SKIP() << "a sanitizer keeps what is freed";
  const std::uint64_t before = Slab::octets_alive();
  Slice::New(40'000);  // an odd one takes nobody's place
  constexpr std::size_t kSparesMax = kSpareLargeOctetsMax / kLargeSlabOctets;
  std::vector<Slice> slices(kSparesMax + 2);
  for (Slice& each : slices) each = Slice::New(kLargeSlabOctets);
  const Slab* last = slices.back().slab();
  slices.back() = Slice();
  EXPECT_EQ(Slab::octets_alive() - before, (kSparesMax + 1) * kLargeSlabOctets);
  EXPECT_NE(Slice::New(32 * 1024).slab(), last);  // of another size
  const Slice again = Slice::New(kLargeSlabOctets);
  EXPECT_EQ(again.slab(), last);
  EXPECT_TRUE(again.slab()->unique());
  slices.clear();
  EXPECT_EQ(Slab::octets_alive() - before, kLargeSlabOctets);
}

// Whether the next slab of so many octets has the place of one that has just gone.
bool IsUsedAgain(std::uint32_t octets) {
  const Slab* place = Slice::New(octets).slab();
  // What went back to the allocator is its to give.
  const std::string other(sizeof(Slab) + octets, 'x');
  return Slice::New(octets).slab() == place && other.back() == 'x';
}

TEST(Slab, AReadBufferOfAnotherSizeIsUsedAgainToo) {  // loops.slab_octets
  if (!kPools) GTEST_SKIP() << "a sanitizer keeps what is freed";
  constexpr std::uint32_t kOctets = 256 * 1024, kOther = 1024 * 1024;
  EXPECT_FALSE(IsUsedAgain(kOctets));
  for (const std::uint32_t octets : {kOctets, kOther}) {
    Slab::KeepSparesOf(octets);
    EXPECT_TRUE(IsUsedAgain(octets));
    EXPECT_TRUE(IsUsedAgain(kLargeSlabOctets)) << "that of output, whatever the other";
  }
  EXPECT_FALSE(IsUsedAgain(kOctets)) << "of a size that it was before";
  Slab::KeepSparesOf(2 * kSpareLargeOctetsMax);
  EXPECT_FALSE(IsUsedAgain(2 * kSpareLargeOctetsMax)) << "one alone is more than may be kept";
  Slab::KeepSparesOf(kLargeSlabOctets);
}

TEST(Slab, ASmallOneIsUsedAgainByOneOfItsClass) {
  if (!kPools) GTEST_SKIP() << "a sanitizer keeps what is freed";
  const std::uint64_t before = Slab::octets_alive();
  Slice slice = Slice::New(150);
  const Slab* place = slice.slab();
  slice = Slice();
  EXPECT_EQ(Slab::octets_alive(), before);
  EXPECT_NE(Slice::New(100).slab(), place);  // of the class below
  const Slice again = Slice::New(256);
  EXPECT_EQ(again.slab(), place);
  EXPECT_EQ(again.slab()->size(), 256u);
  EXPECT_EQ(Slab::octets_alive() - before, 256u);
}

TEST(Slice, CopyOfOwnsItsOctets) {
  std::string text = "hello";
  const Slice copy = Slice::CopyOf(smpp::AsBytes(text));
  text = "other";
  EXPECT_EQ(smpp::AsText(copy.bytes()), "hello");
  EXPECT_EQ(copy.slab()->size(), 5u);
}

TEST(Slice, MovingLeavesAnEmptyOne) {
  Slice a = Slice::CopyOf(smpp::AsBytes("hello"));
  Slice b = std::move(a);
  EXPECT_TRUE(a.empty());  // NOLINT: that is the question
  EXPECT_TRUE(a.bytes().empty());
  EXPECT_EQ(b.size(), 5u);
  EXPECT_TRUE(b.slab()->unique());
}

TEST(Slice, AssigningToItselfKeepsIt) {
  Slice a = Slice::CopyOf(smpp::AsBytes("hello"));
  const Slice& same = a;
  a = same;
  EXPECT_EQ(smpp::AsText(a.bytes()), "hello");
  EXPECT_TRUE(a.slab()->unique());
}

TEST(Slice, MergesOnlyWithWhatFollowsInTheSameSlab) {
  const Slice all = Slice::CopyOf(smpp::AsBytes("0123456789"));
  const Slice equal = Slice::CopyOf(smpp::AsBytes("0123456789"));
  Slice front = all.Sub(0, 3);
  EXPECT_FALSE(front.Merge(all.Sub(4, 2)));
  EXPECT_FALSE(front.Merge(all.Sub(2, 2)));
  EXPECT_FALSE(front.Merge(equal.Sub(3, 2)));
  EXPECT_EQ(front.size(), 3u);
  EXPECT_TRUE(front.Merge(all.Sub(3, 2)));
  EXPECT_EQ(smpp::AsText(front.bytes()), "01234");
  Slice none;
  EXPECT_FALSE(none.Merge(all.Sub(0, 1)));
}

TEST(Slab, WhatAnotherThreadMakesIsToldWhenItIsMuchAndWhenTheThreadEnds) {
  const std::uint64_t before = Slab::octets_alive();
  std::vector<Slice> made;
  std::uint64_t first = 0, seen = 0;  // by threads that made none
  std::thread([&] { first = Slab::octets_alive(); }).join();
  std::thread([&] {
    for (int i = 0; i < 64; ++i) made.push_back(Slice::New(1024));
    std::thread([&] { seen = Slab::octets_alive(); }).join();
    made.push_back(Slice::New(1024));
  }).join();
  EXPECT_EQ(seen - first, 64u * 1024);
  EXPECT_EQ(Slab::octets_alive() - before, 65u * 1024);
  made.clear();
  EXPECT_EQ(Slab::octets_alive(), before);
}

TEST(Slab, ReferencesAreCountedAcrossThreads) {
  const std::uint64_t before = Slab::octets_alive();
  {
    const Slice all = Slice::CopyOf(smpp::AsBytes("shared"));
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([mine = all] {
        for (int i = 0; i < 20'000; ++i) {
          const Slice again = mine.Sub(0, 3);
          ASSERT_EQ(again.size(), 3u);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(Slab::octets_alive(), before);
}

}  // namespace
}  // namespace hub
