#include "server/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace hub {

void CheckFailed(const char* condition, const char* file, int line, std::string_view what) {
  std::fprintf(stderr, "%s:%d: check failed: %s %.*s\n", file, line, condition,
               static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace hub
