// Stands between libpq and a PostgreSQL socket. Loses an answer on demand: the statement was done,
// nobody was told. Or falls silent, as a stopped server or a cut line does.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace hub::test {

/// Listens in a directory of its own; use `directory()` as the host. Threads of its own.
class LossyProxy {
 public:
  explicit LossyProxy(std::string upstream_directory);
  ~LossyProxy();

  std::string directory() const { return directory_; }
  /// The next time a client sends octets that contain `statement`, the server gets them, its answer
  /// is thrown away, and the connection is closed.
  void LoseTheAnswerTo(const std::string& statement);
  int lost() const { return lost_; }

  /// The next time a client sends octets that contain `statement`, the server gets them, and from
  /// then on no octet passes and nobody is let in, but all connections stay open.
  void FallSilentAt(const std::string& statement);
  void FallSilent() { silent_ = true; }
  bool silent() const { return silent_; }

 private:
  void Accept();
  void Pump(int client);
  bool IsMeant(std::string& statement, const std::string& octets);

  const std::string upstream_directory_;
  std::string directory_;
  int listener_ = -1;
  std::atomic<bool> over_{false};
  std::atomic<bool> silent_{false};
  std::atomic<int> lost_{0};
  std::mutex mutex_;
  std::string statement_;    // "" : lose nothing
  std::string last_spoken_;  // "" : go on
  std::vector<std::thread> pumps_;
  std::thread acceptor_;
};

}  // namespace hub::test
