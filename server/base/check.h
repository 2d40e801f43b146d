// HUB_CHECK: we were wrong. Alive in release builds; never on anything a peer can send.
#pragma once

#include <string_view>

namespace hub {

/// Prints the failed condition, its place and `what` to stderr, then aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line,
                              std::string_view what);

}  // namespace hub

#define HUB_CHECK(condition) HUB_CHECK_SAY(condition, "")
#define HUB_CHECK_SAY(condition, what)                          \
  do {                                                          \
    if (!(condition)) [[unlikely]] {                            \
      ::hub::CheckFailed(#condition, __FILE__, __LINE__, what); \
    }                                                           \
  } while (false)
