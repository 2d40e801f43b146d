#include "server/base/core_dumps.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace hub {

// The limit alone does not hold where kernel.core_pattern is a pipe; the flag alone would not show in /proc/PID/limits, where an
// operator looks.
bool ForbidCoreDumps() {
  const rlimit none{0, 0};
  return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0;
}

}  // namespace hub
