#include "server/base/error.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "server/base/check.h"

namespace hub {
namespace {

TEST(Error, TextNamesPlaceDoingWhyAndAdvice) {
  const Error error{.doing = "read settings",
                    .why = "expected an integer, got a string",
                    .place = "hub.toml:37:10",
                    .system_errno = 0,
                    .sqlstate = {},
                    .advice = "remove the quotes"};
  EXPECT_EQ(error.Text(),
            "hub.toml:37:10: read settings: expected an integer, got a string (remove the quotes)");
}

TEST(Error, TextLeavesOutWhatIsNotKnown) {
  Error error;
  error.doing = "settle a batch";
  EXPECT_EQ(error.Text(), "settle a batch");
  error.why = "duplicate key";
  error.sqlstate = "23505";
  EXPECT_EQ(error.Text(), "settle a batch: duplicate key [SQLSTATE 23505]");
}

TEST(Error, SystemErrorSaysWhatTheSystemSaid) {
  const Error error = SystemError("connect", ECONNREFUSED);
  EXPECT_EQ(error.Text(), "connect: Connection refused");
  EXPECT_EQ(error.system_errno, ECONNREFUSED);
}

TEST(CheckDeathTest, NamesTheConditionAndTheObject) {
  EXPECT_DEATH(HUB_CHECK_SAY(1 == 2, "lease c-17"),
               "error_test.cc:.*check failed: 1 == 2 lease c-17");
}

}  // namespace
}  // namespace hub
