#include "server/base/memory.h"

#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(Memory, MayBeNoMoreThanTheMachineHas) {
  const auto machine = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                       static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  EXPECT_LE(MemoryOctetsMax(), machine);
  EXPECT_GE(MemoryOctetsMax(), ResidentOctets());
}

}  // namespace
}  // namespace hub
