#include "server/base/secret.h"

#include <gtest/gtest.h>

#include <cstring>
#include <new>

namespace hub {
namespace {

// Short ones stand within the object itself, and are what SMPP has: 8 characters at most.
bool Holds(const void* room, std::string_view text) {
  asm volatile(
      ""
      :
      : "r"(room)
      : "memory");  // what an object leaves behind is nobody's to look at, says the compiler
  return memmem(room, sizeof(Secret), text.data(), text.size()) != nullptr;
}

TEST(Secret, LeavesNothingWhereItWas) {
  void* one = std::calloc(1, sizeof(Secret));
  void* other = std::calloc(1, sizeof(Secret));
  auto* first = new (one) Secret("hunter22");
  EXPECT_TRUE(Holds(one, "hunter22"));
  auto* second = new (other) Secret(std::move(*first));
  EXPECT_FALSE(Holds(one, "hunter2")) << "it moved on";
  EXPECT_EQ(*second, "hunter22");
  *first = Secret("winter11");
  *second = std::move(*first);
  EXPECT_FALSE(Holds(one, "winter1"));
  EXPECT_FALSE(Holds(other, "hunter2")) << "it was replaced";
  EXPECT_EQ(*second, "winter11");
  first->~Secret();
  second->~Secret();
  EXPECT_FALSE(Holds(other, "winter1")) << "it ended";
  std::free(one);
  std::free(other);
}

TEST(Secret, IsTheSameHoweverLongItIs) {
  const std::string text(200, 'x');
  Secret one(text);
  Secret copy(one), moved(std::move(one));
  EXPECT_EQ(copy.view(), text);
  EXPECT_EQ(moved.view(), text);
  moved = copy;
  EXPECT_EQ(moved, text);
  moved.Wipe();
  EXPECT_EQ(moved, "");
  EXPECT_EQ(copy, text);
}

}  // namespace
}  // namespace hub
