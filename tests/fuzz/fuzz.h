// What every fuzz target shares: its entry point, a check that no build switches off, a reader of the input.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "protocol/wire/bytes.h"

/// One input. Called by libFuzzer, or by replay.cc for each file of the corpus. Returns 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace hub::fuzz {

using Octets = std::vector<std::uint8_t>;

[[noreturn]] inline void Fail(const char* file, int line, const char* what) {
  std::fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, what);
  std::abort();
}

/// Takes an input apart from front to back. What is not there reads as 0, so that every input means something.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t U8() {
    const smpp::Bytes one = Take(1);
    return one.empty() ? std::uint8_t{0} : one[0];
  }
  std::uint16_t U16() {
    const std::uint8_t high = U8();
    return static_cast<std::uint16_t>(high << 8 | U8());
  }
  std::uint32_t U32() {
    const std::uint32_t high = U16();
    return high << 16 | U16();
  }
  /// At most `octets`; borrowed from the input.
  smpp::Bytes Take(std::size_t octets) {
    const smpp::Bytes taken = rest_.first(std::min(octets, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }
  smpp::Bytes Rest() { return Take(rest_.size()); }

 private:
  smpp::Bytes rest_;
};

}  // namespace hub::fuzz

#define FUZZ_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : hub::fuzz::Fail(__FILE__, __LINE__, #condition))
