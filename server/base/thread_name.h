// What `top -H`, `ps -L` and perf call a thread: without a name all are the process's.
#pragma once

#include <cstddef>
#include <string_view>

namespace hub {

/// The kernel's limit, without the NUL: what is longer is cut.
inline constexpr std::size_t kThreadNameCharsMax = 15;

/// Names the calling thread. Not the first one: its name is the process's, for `pgrep` and the like.
void NameThread(std::string_view name);

}  // namespace hub
