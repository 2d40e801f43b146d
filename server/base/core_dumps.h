// Passwords, texts and numbers lie in the memory of the process: a core file would carry them to a disk, and from there into backups
// and bug reports.
#pragma once

namespace hub {

/// From now on the process leaves no core file, nor a pipe of the kernel one, and nobody but root may trace it or read its memory.
/// Before any thread that holds a secret. False: the system refused it; errno tells.
[[nodiscard]] bool ForbidCoreDumps();

}  // namespace hub
