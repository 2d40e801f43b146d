// The control socket and an operator at its other end, in one process.
#include "server/admin/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server/admin/client.h"
#include "server/admin/commands.h"
#include "server/admin/unix_socket.h"
#include "server/telemetry/log.h"
#include "tests/unit/server/admin/fake_control.h"

namespace hub::admin {
namespace {

using namespace std::chrono_literals;

// A sanitizer beside other work makes a long answer slowly. It costs a test that fails, and no other.
constexpr std::chrono::milliseconds kPatience = 20s;
using testing::HasSubstr;
using testing::StartsWith;

class ControlSocket : public testing::Test {
 protected:
  ControlSocket() {
    LogSetLevel(LogLevel::kError);
    EXPECT_NE(mkdtemp(folder_.data()), nullptr);
  }
  ~ControlSocket() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
    LogSetLevel(LogLevel::kInfo);
  }
  std::string path() const { return folder_ + "/hub.sock"; }
  void Start(ServerOptions options = {}) {
    options.path = path();
    auto started = Server::Start(options, control_);
    ASSERT_TRUE(started.ok()) << started.error().Text();
    server_ = std::move(started).value();
  }
  /// Everything the server says until it closes.
  static std::string ReadAll(int socket) {
    std::string text;
    char part[4096];
    for (ssize_t n; (n = recv(socket, part, sizeof part, 0)) > 0;) {
      text.append(part, static_cast<std::size_t>(n));
    }
    return text;
  }

  std::string folder_ = "/tmp/hub_admin_test_XXXXXX";
  FakeControl control_;
  std::unique_ptr<Server> server_;
};

TEST_F(ControlSocket, AnswersARequest) {
  control_.status.version = "0.1.0";
  Start();
  const auto answer = Ask(path(), RequestLine("status"), kPatience);
  ASSERT_TRUE(answer.ok()) << answer.error().error.Text();
  EXPECT_THAT(*answer, StartsWith("{\"ok\":true,\"result\":{\"version\":\"0.1.0\""));
}

TEST_F(ControlSocket, IsOnlyForItsOwnUserAndGoneAfterTheEnd) {
  Start();
  struct stat status {};
  ASSERT_EQ(stat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  server_.reset();
  EXPECT_NE(stat(path().c_str(), &status), 0);
  const auto answer = Ask(path(), RequestLine("status"), kPatience);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Code::kUnreachable);
  EXPECT_THAT(answer.error().error.Text(), HasSubstr("is smpphubd running?"));
}

TEST_F(ControlSocket, TakesRequestsOctetByOctetAndSeveralAtOnce) {
  Start();
  const auto socket = ConnectUnix(path());
  ASSERT_TRUE(socket.ok());
  const std::string two = RequestLine("reload") + "\n" + RequestLine("reload") + "\n";
  for (const char c : two) ASSERT_EQ(send(*socket, &c, 1, 0), 1);
  const std::string three = two + RequestLine("help") + "\n";
  ASSERT_EQ(send(*socket, three.data(), three.size(), 0), static_cast<ssize_t>(three.size()));
  shutdown(*socket, SHUT_WR);
  const std::string said = ReadAll(*socket);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 5);
  close(*socket);
}

TEST_F(ControlSocket, ARequestThatNeverEndsIsRefusedAtItsLimit) {
  Start({.path = {}, .line_octets_max = 1'000});
  const auto socket = ConnectUnix(path());
  ASSERT_TRUE(socket.ok());
  const std::string endless(1'001, 'x');
  ASSERT_GT(send(*socket, endless.data(), endless.size(), MSG_NOSIGNAL), 0);
  EXPECT_THAT(ReadAll(*socket), HasSubstr("longer than 1000 octets"));
  close(*socket);
}

TEST_F(ControlSocket, ClosesAPeerThatSaysNothing) {
  Start({.path = {}, .idle_timeout = 50ms});
  const auto socket = ConnectUnix(path());
  ASSERT_TRUE(socket.ok());
  EXPECT_EQ(ReadAll(*socket), "");
  close(*socket);
}

TEST_F(ControlSocket, APeerThatDoesNotReadHurtsNobodyElse) {
  control_.binds.assign(
      20'000,
      {.id = "c-1", .side = "client", .peer = "acme", .mode = {}, .state = {}, .address = {}});
  Start();
  const auto lazy = ConnectUnix(path());
  ASSERT_TRUE(lazy.ok());
  const std::string request = RequestLine("binds") + "\n";
  ASSERT_GT(send(*lazy, request.data(), request.size(), 0), 0);
  EXPECT_TRUE(Ask(path(), RequestLine("reload"), kPatience).ok());
  close(*lazy);
}

TEST_F(ControlSocket, ClosesTheConnectionBeyondItsLimit) {
  Start({.path = {}, .connections_max = 1});
  const auto first = ConnectUnix(path());
  const std::string request = RequestLine("reload") + "\n";
  ASSERT_GT(send(*first, request.data(), request.size(), 0), 0);
  char octet;
  ASSERT_EQ(recv(*first, &octet, 1, 0), 1);  // so the first is in
  EXPECT_FALSE(Ask(path(), RequestLine("reload"), kPatience).ok());
  close(*first);
}

TEST_F(ControlSocket, TakesOverWhatADeadProcessLeftButNothingElse) {
  Start();
  auto second = Server::Start({.path = path()}, control_);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().Text(), HasSubstr("another process serves it"));
  server_.reset();

  const auto left = ListenUnix(path());  // bound, then closed without unlink: as after kill -9
  ASSERT_TRUE(left.ok());
  close(*left);
  Start();
  EXPECT_TRUE(Ask(path(), RequestLine("reload"), kPatience).ok());
  server_.reset();

  std::ofstream(path()) << "precious";
  const auto third = Server::Start({.path = path()}, control_);
  ASSERT_FALSE(third.ok());
  EXPECT_THAT(third.error().Text(), HasSubstr("a file that is no socket is in the way"));
  EXPECT_TRUE(std::filesystem::exists(path()));
}

TEST_F(ControlSocket, APathThatIsTooLongIsRefused) {
  const auto started = Server::Start({.path = "/" + std::string(107, 'x')}, control_);
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().Text(), HasSubstr("at most 107 octets"));
}

TEST_F(ControlSocket, AnotherUserIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to become another user";
  chmod(folder_.c_str(), 0777);
  int pair[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  uid_t uid = 12345;
  EXPECT_TRUE(PeerMayAsk(pair[0], &uid));
  EXPECT_EQ(uid, 0u);
  close(pair[0]);
  close(pair[1]);
  ASSERT_EQ(seteuid(65'534), 0);  // SO_PEERCRED is taken at this moment
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  ASSERT_EQ(seteuid(0), 0);
  EXPECT_FALSE(PeerMayAsk(pair[0], &uid));
  EXPECT_EQ(uid, 65'534u);
  close(pair[0]);
  close(pair[1]);
}

}  // namespace
}  // namespace hub::admin
