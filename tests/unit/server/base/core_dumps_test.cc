#include "server/base/core_dumps.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstdlib>

namespace hub {
namespace {

// 0: all is as it should be.
int Forbid() {
  if (prctl(PR_GET_DUMPABLE) != 1) return 1;
  if (!ForbidCoreDumps()) return 2;
  rlimit limit;
  if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 || limit.rlim_max != 0) return 3;
  return prctl(PR_GET_DUMPABLE) == 0 ? 0 : 4;
}

// In a process of its own: a hard limit does not come back.
TEST(CoreDumps, OnceForbiddenNeitherAFileNorAPipeNorAPeerGetsTheMemory) {
  EXPECT_EXIT(std::_Exit(Forbid()), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace hub
