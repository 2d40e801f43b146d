// A UNIX socket that takes commands, one line each, and answers each with one line. A thread of its own: control is
// rare, and net::Loop is for TCP.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "server/base/error.h"
#include "server/net/loop.h"
#include "server/net/socket.h"

namespace hub::load {

/// Serves one client at a time. Commands run on the loop's thread, by Post. The socket's file is its owner's alone (0600)
/// and goes with the object.
class ControlSocket {
 public:
  using Run = std::function<std::string(std::string_view line)>;

  ControlSocket(net::Loop& loop, Run run) : loop_(loop), run_(std::move(run)) {}
  ~ControlSocket();  // the loop must still run, or never have got a command

  /// A file that is left over from an earlier run is replaced; one that another process serves is an error.
  Outcome<Done> Open(const std::string& path);

 private:
  void Serve();
  void ServeClient(const net::Socket& client);
  bool WaitReadable(int fd) const;
  std::string RunOnLoop(std::string line);

  net::Loop& loop_;
  const Run run_;
  std::string path_;
  net::Socket listener_;
  net::Socket stop_;  // an eventfd
  std::thread thread_;
};

}  // namespace hub::load
