#include "server/base/thread_name.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <string>
#include <thread>

namespace hub {
namespace {

std::string NameOf(std::string_view given) {
  char name[kThreadNameCharsMax + 1] = {};
  std::thread([&] {
    NameThread(given);
    pthread_getname_np(pthread_self(), name, sizeof name);
  }).join();
  return name;
}

TEST(ThreadName, IsWhatTheKernelShows) { EXPECT_EQ(NameOf("loop 11"), "loop 11"); }

TEST(ThreadName, IsCutWhereTheKernelEndsIt) {
  EXPECT_EQ(NameOf("a name that is too long"), "a name that is ");
}

}  // namespace
}  // namespace hub
