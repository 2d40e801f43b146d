// A secret of this run: what is remembered under it can neither be computed nor steered by a peer, and means nothing in a core dump
// of another run.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "server/base/blake2b.h"

namespace hub::access {

using Digest = Blake2b128::Digest;

/// Any thread.
class ProcessKey {
 public:
  ProcessKey();  // 32 octets of the kernel's randomness

  /// Keyed BLAKE2b of the parts, each behind its length: ("ab", "c") is not ("a", "bc").
  Digest Of(std::initializer_list<std::string_view> parts) const;

 private:
  std::array<std::uint8_t, 32> key_;
};

/// Looks at every octet whatever it finds.
bool SameInConstantTime(const Digest& a, const Digest& b);

/// For tables: a digest is spread well already.
struct DigestHash {
  std::size_t operator()(const Digest& digest) const noexcept;
};

}  // namespace hub::access
