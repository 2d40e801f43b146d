#include "server/base/memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace hub {
namespace {

TEST(Memory, WhatIsTouchedIsResident) {
  constexpr std::size_t kOctets = 64 << 20;
  const std::uint64_t before = ResidentOctets();
  EXPECT_GT(before, 1u << 20);
  const std::vector<char> touched(kOctets, 'x');
  EXPECT_GT(ResidentOctets(), before + kOctets / 2) << touched[kOctets - 1];
}

TEST(Memory, WhatIsFreedCanBeGivenBack) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer keeps what is freed, to see who still uses it";
#endif
  constexpr std::size_t kPieces = 32'768, kOctets = 4'096;
  const std::uint64_t before = ResidentOctets();
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < kPieces; ++i) pieces.emplace_back(kOctets, 'x');
  // One in the way at the end of the heap: what is free below does not go by itself.
  const std::string last(kOctets, 'y');
  EXPECT_GT(ResidentOctets(), before + kPieces * kOctets / 2);
  pieces.clear();
  GiveMemoryBack();
  EXPECT_LT(ResidentOctets(), before + kPieces * kOctets / 4) << last.size();
}

TEST(Memory, MayBeNoMoreThanTheMachineHas) {
  const auto machine = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  EXPECT_LE(MemoryOctetsMax(), machine);
  EXPECT_GE(MemoryOctetsMax(), ResidentOctets());
}

}  // namespace
}  // namespace hub
