// SPDX-License-Identifier: MIT
// What is special about the Unix socket.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/daemon/test_server.h"

namespace acledger::daemon {
namespace {

using fixtures::InLong;
using fixtures::kLong;
using fixtures::TestServer;

// A socket at `path` that nobody closes properly.
int Bind(const std::string& path) {
  const int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  EXPECT_EQ(bind(handle, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  return handle;
}

// Whether a server could listen there; it is gone again.
Expected<void> Listen(const std::string& path) {
  asio::io_context io;
  fixtures::TestHandler handler;
  return Server(io, handler).Listen({.endpoint = path});
}

TEST(SocketTest, IsForItsOwnerOnlyWhateverTheUmask) {
  const mode_t before = umask(0);
  TestServer server;
  umask(before);
  struct stat found{};
  ASSERT_EQ(lstat(server.Endpoint().c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 07777, 0600u);
}

TEST(SocketTest, IsGoneWithTheServer) {
  TestServer server;
  server.End();
  EXPECT_FALSE(std::filesystem::exists(server.Endpoint()));
}

TEST(SocketTest, LeavesTheSocketOfItsSuccessor) {
  TestServer server;
  std::filesystem::remove(server.Endpoint());
  const int successor = Bind(server.Endpoint());
  server.End();
  EXPECT_TRUE(std::filesystem::exists(std::filesystem::symlink_status(server.Endpoint())));
  close(successor);
}

TEST(SocketTest, ReplacesOneThatADeadServerLeft) {
  const fixtures::TestEndpoint place;
  close(Bind(place.Text()));
  EXPECT_TRUE(Listen(place.Text()).has_value());
}

TEST(SocketTest, ReplacesNothingElse) {
  const fixtures::TestEndpoint place;
  std::ofstream(place.Text()) << "precious";
  const Expected<void> listening = Listen(place.Text());
  ASSERT_FALSE(listening.has_value());
  EXPECT_EQ(listening.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(std::filesystem::file_size(place.Text()), 8u);
}

TEST(SocketTest, NeedsAFolderAndAShortName) {
  const fixtures::TestEndpoint place;
  EXPECT_EQ(Listen(place.Text() + "/below/socket").error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(Listen(place.Text() + std::string(108, 'x')).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(Listen("").error().kind, ErrorKind::kInvalid);
}

TEST(SocketTest, SaysWhichUserAndProcessCall) {
  TestServer server;
  Client client = server.Connect();
  ASSERT_TRUE(client.Call("echo", {}, kLong).has_value());
  const Caller caller = server.Behind().LastCaller();
  EXPECT_EQ(caller.user, std::to_string(geteuid()));
  EXPECT_EQ(caller.process, static_cast<std::uint32_t>(getpid()));
  EXPECT_TRUE(caller.is_admin);
}

// Does `work` in a child that has become another user.
template <class Work>
int AsNobody(Work work) {
  const pid_t child = fork();
  if (child == 0) _exit(setgid(65534) == 0 && setuid(65534) == 0 ? work() : 99);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

TEST(SocketTest, LetsNoOtherUserIn) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  TestServer server;
  std::filesystem::permissions(std::filesystem::path(server.Endpoint()).parent_path(), std::filesystem::perms::all);
  const std::string& path = server.Endpoint();
  EXPECT_EQ(AsNobody([&] {
              const auto refused = OpenConnection(path, InLong());
              return !refused && refused.error().kind == ErrorKind::kDenied ? 0 : 1;
            }),
            0);
}

// This thread alone is somebody else (to glibc all threads of a process are one user) as long as it lives.
class AsUser {
 public:
  explicit AsUser(uid_t user) { Become(user); }
  ~AsUser() { Become(0); }
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;

 private:
  static void Become(uid_t user) { EXPECT_EQ(syscall(SYS_setresuid, -1, user, -1), 0); }
};

TEST(SocketTest, ServesOthersBesideAUserWhoTakesAllThatHeGets) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  TestServer server;
  std::filesystem::permissions(server.Endpoint(), std::filesystem::perms::all);
  std::vector<Client> greedy;
  const auto connect = [&](uid_t user) {
    const AsUser other(user);
    greedy.push_back(server.Connect());
    return greedy.back().Call("whoami", {}, kLong);
  };
  std::size_t served = 0;
  for (int i = 0; i < 64; ++i) served += connect(65534) ? 1 : 0;
  EXPECT_EQ(served, 16u);
  EXPECT_EQ(connect(65534).error().kind, ErrorKind::kBusy);
  const Expected<Json> other = connect(65533);
  ASSERT_TRUE(other.has_value()) << other.error().ToString();
  EXPECT_EQ((*other)["user"], "65533");
  EXPECT_TRUE(connect(0).has_value());
  greedy.clear();
  server.WaitClients(0);
  EXPECT_TRUE(connect(65534).has_value()) << "seats are given back";
}

TEST(SocketTest, TrustsNoServerOfAnotherUser) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const fixtures::TestEndpoint place;
  std::filesystem::permissions(std::filesystem::path(place.Text()).parent_path(), std::filesystem::perms::all);
  const int listener = Bind(place.Text());
  // Who calls listen() counts.
  EXPECT_EQ(AsNobody([&] { return listen(listener, 1); }), 0);
  const auto client = Client::Connect(place.Text(), kLong);
  close(listener);
  ASSERT_FALSE(client.has_value());
  EXPECT_EQ(client.error().kind, ErrorKind::kDenied);
}

}  // namespace
}  // namespace acledger::daemon
