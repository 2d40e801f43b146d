// Stands between libpq and a PostgreSQL socket, and loses an answer on demand: the statement was
// done, nobody was told.
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

 private:
  void Accept();
  void Pump(int client);
  bool ShouldLose(const std::string& octets);

  const std::string upstream_directory_;
  std::string directory_;
  int listener_ = -1;
  std::atomic<bool> over_{false};
  std::atomic<int> lost_{0};
  std::mutex mutex_;
  std::string statement_;  // "" : lose nothing
  std::vector<std::thread> pumps_;
  std::thread acceptor_;
};

}  // namespace hub::test
