// Clients' passwords at rest: crypt(5) strings, yescrypt when we make them. Slow on purpose: never on a loop.
#pragma once

#include <string>
#include <string_view>

#include "server/base/error.h"

namespace hub {

inline constexpr std::size_t kPasswordOctetsMax =
    64;  // a peer may send more than the 8 of SMPP v3.4 §5.2.2

/// yescrypt as crypt(5) writes it, "$y$j9T$salt$hash", at most 128 characters. `cost` 1..11; 5 is the system's default, 16 MiB and about
/// 18 ms. Any thread. Fails when the password is empty, too long or holds a NUL, or the kernel gives no random octets.
Outcome<std::string> HashPassword(std::string_view password, unsigned cost = 5);

/// So many characters of A-Z, a-z and 0-9, each as likely as any other: 5.95 bits each. Any thread.
Outcome<std::string> NewPassword(std::size_t characters);

/// True when `password` is the one that `hash` was made of. Takes any form of crypt(5) ($y$, $6$, $2b$, ...), so that hashes can be
/// imported. Compares in constant time. False for a hash it cannot read. Any thread; as slow as the hash was made to be.
bool VerifyPassword(std::string_view password, const std::string& hash);

/// True when `hash` looks like a crypt(5) string this system can check.
bool IsPasswordHash(const std::string& hash);

}  // namespace hub
