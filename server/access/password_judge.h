// Who tells whether a password is right: the pool in the daemon, a plain comparison in tests.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/clock.h"
#include "server/base/secret.h"

namespace hub::access {

/// A hash that is in force.
struct PasswordHash {
  std::string text;                      // crypt(5)
  Duration valid_for = Duration::max();  // from now
};

/// One password to judge.
struct PasswordCase {
  std::int64_t client_id = 0;  // 0: of nobody
  Secret password;
  /// Any of them will do. None: ends false, and costs as much as a wrong password.
  std::vector<PasswordHash> hashes;
  /// A wrong password costs so many hashes, that of a client with one as of a client with two.
  std::size_t hashes_of_work = 1;
  /// Comes from where a bind of this client succeeded, or where it is allowed by name: judged before strangers.
  bool is_known = false;
  /// Becomes false when the peer is gone: the case is then dropped unjudged.
  std::shared_ptr<const std::atomic<bool>> wanted;
  /// right: the text of the hash that the password is of; "" when it is of none. Good within the call.
  std::function<void(std::string_view right)> done;
};

/// Judges passwords off the loops: a hash takes 18 ms. `done` may be called on any thread, from within Judge too.
class PasswordJudge {
 public:
  virtual ~PasswordJudge() = default;
  /// False when too many wait: `done` is not called.
  virtual bool Judge(PasswordCase one) = 0;
  /// Nothing of this client is remembered as right any more.
  virtual void Forget(std::int64_t client_id) = 0;
};

}  // namespace hub::access
