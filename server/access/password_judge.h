// Who tells whether a password is right: the pool in the daemon, a plain comparison in tests.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace hub::access {

/// Judges passwords off the loops: a hash takes 18 ms. `done` may be called on any thread.
class PasswordJudge {
 public:
  virtual ~PasswordJudge() = default;
  /// `hash` "" stands for an unknown system_id: costs as much, ends false. False when too many wait: `done` is not called.
  /// `wanted` becomes false when the peer is gone: the case is then dropped unjudged.
  virtual bool Judge(std::string password, std::string hash,
                     std::shared_ptr<const std::atomic<bool>> wanted,
                     std::function<void(bool)> done) = 0;
};

}  // namespace hub::access
