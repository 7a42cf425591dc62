// SPDX-License-Identifier: MIT
// What is special about the named pipe: who may come, and who the server believes them to be.
#include <gtest/gtest.h>

#include "daemon/client/win32/pipe_owner.h"
#include "daemon/server/win32/pipe_descriptor.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"
#include "tests/daemon/test_server.h"
// After windows.h. Of the Wine recipe.
#include <make_account_token.h>

namespace acledger::daemon {
namespace {

using fixtures::InLong;
using fixtures::kLong;
using fixtures::RawLines;
using fixtures::TestServer;
using security::Sid;

win32::TokenHandle OwnToken() {
  win32::TokenHandle token;
  EXPECT_TRUE(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, token.Out()));
  return token;
}

// Restricted to Everyone, or write-restricted.
win32::TokenHandle Restricted(DWORD flags) {
  SID_AND_ATTRIBUTES everyone{win32::AsPsid(Sid::Everyone()), 0};
  win32::TokenHandle token;
  EXPECT_TRUE(CreateRestrictedToken(OwnToken().Get(), flags, 0, nullptr, 0, nullptr, 1, &everyone, token.Out()));
  return token;
}

// This thread is somebody else as long as it lives.
class As {
 public:
  explicit As(const win32::TokenHandle& token) {
    win32::TokenHandle copy;
    EXPECT_TRUE(DuplicateTokenEx(token.Get(), TOKEN_ALL_ACCESS, nullptr, SecurityImpersonation, TokenImpersonation,
                                 copy.Out()));
    EXPECT_TRUE(SetThreadToken(nullptr, copy.Get()));
  }
  ~As() { RevertToSelf(); }
  As(const As&) = delete;
  As& operator=(const As&) = delete;
};

std::unique_ptr<Connection> ConnectAs(TestServer& server, const win32::TokenHandle& token) {
  const As somebody(token);
  return server.ConnectRaw();
}

Json CallOn(Connection& connection) {
  EXPECT_TRUE(connection.Write(RequestLine(1, "whoami", {}) + "\n", InLong()).has_value());
  return RawLines(connection).NextJson();
}

constexpr char kForEveryone[] = "D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x12019b;;;WD)";

TEST(PipeTest, SaysWhichUserAndProcessCall) {
  TestServer server;
  Client client = server.Connect();
  ASSERT_TRUE(client.Call("echo", {}, kLong).has_value());
  const Caller caller = server.Behind().LastCaller();
  EXPECT_EQ(caller.process, GetCurrentProcessId());
  EXPECT_TRUE(Sid::FromString(caller.user).has_value());
  EXPECT_EQ(caller.token.sids.front().ToString(), caller.user);
  EXPECT_GT(caller.token.sids.size(), 1u);
  EXPECT_GE(caller.token.integrity, security::kMediumIntegrity);
}

TEST(PipeTest, KnowsAnotherAccountByItsToken) {
  TestServer server({}, kForEveryone);
  const win32::TokenHandle token(make_account_token(L"S-1-5-21-1-2-3-1001", {L"S-1-5-21-1-2-3-2001"}));
  if (!token) GTEST_SKIP() << "no account tokens here: " << win32::LastError("make one").ToString();
  const auto connection = ConnectAs(server, token);
  const Json answer = CallOn(*connection);
  EXPECT_EQ(answer["result"]["user"], "S-1-5-21-1-2-3-1001");
  EXPECT_EQ(answer["result"]["admin"], false);
  const std::vector<Sid> sids = server.Behind().LastCaller().token.sids;
  EXPECT_EQ(std::ranges::count(sids, Sid::Make(5, {21, 1, 2, 3, 2001})), 1);
}

TEST(PipeTest, IsHimselfAgainAfterImpersonating) {
  TestServer server({}, kForEveryone);
  const win32::TokenHandle token(make_account_token(L"S-1-5-21-1-2-3-1001"));
  if (!token) GTEST_SKIP() << "no account tokens here: " << win32::LastError("make one").ToString();
  const auto connection = ConnectAs(server, token);
  CallOn(*connection);
  server.OnItsThread([] {
    win32::TokenHandle thread_token;
    EXPECT_FALSE(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, thread_token.Out()));
    EXPECT_EQ(GetLastError(), static_cast<DWORD>(ERROR_NO_TOKEN));
  });
}

void ExpectRefused(DWORD flags) {
  TestServer server({}, kForEveryone);
  const auto connection = ConnectAs(server, Restricted(flags));
  const Json answer = CallOn(*connection);
  ASSERT_TRUE(answer.contains("error")) << answer;
  EXPECT_EQ(answer["error"]["code"], CodeOf(ErrorKind::kDenied));
  EXPECT_EQ(answer["error"]["data"]["reason"], "its token is restricted");
  EXPECT_EQ(RawLines(*connection).Next(), "");
  EXPECT_EQ(server.Behind().CountOf("whoami"), 0u);
  EXPECT_EQ(server.Counters().refused, 1u);
  Client control = server.Connect();
  EXPECT_TRUE(control.Call("echo", {}, kLong).has_value());
}

TEST(PipeTest, RefusesARestrictedCaller) { ExpectRefused(0); }

TEST(PipeTest, RefusesAWriteRestrictedCaller) { ExpectRefused(WRITE_RESTRICTED); }

TEST(PipeTest, LetsInWhomItsDescriptorNames) {
  TestServer server({}, "D:(D;;FA;;;S-1-5-21-1-2-3-2001)(A;;FA;;;WD)");
  const win32::TokenHandle sandbox(make_account_token(L"S-1-5-21-1-2-3-1001", {L"S-1-5-21-1-2-3-2001"}));
  if (!sandbox) GTEST_SKIP() << "no account tokens here: " << win32::LastError("make one").ToString();
  {
    const As somebody(sandbox);
    const auto refused = OpenConnection(server.Endpoint(), InLong());
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  }
  EXPECT_TRUE(server.Connect().Call("echo", {}, kLong).has_value());
}

TEST(PipeTest, TrustsNoPipeOfAnotherOwner) {
  TestServer server({}, "O:S-1-5-21-1-2-3-1001D:(A;;FA;;;WD)");
  const auto refused = Client::Connect(server.Endpoint(), kLong);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind, ErrorKind::kDenied);
  EXPECT_NE(refused.error().reason.find("S-1-5-21-1-2-3-1001"), std::string::npos) << refused.error().ToString();
}

TEST(PipeTest, TrustsAPipeOfAdministrators) {
  TestServer server({}, "O:BAD:(A;;FA;;;WD)");
  EXPECT_TRUE(server.Connect().Call("echo", {}, kLong).has_value());
}

// Every Wine process is elevated. Clients of other users trust this owner.
TEST(PipeTest, BelongsToAdministratorsWhereTheProcessIsElevated) {
  const auto owner = [](const char* sddl) {
    const auto descriptor = pipe::PipeDescriptor(sddl);
    EXPECT_TRUE(descriptor.has_value());
    return security::DescriptorView::Parse(*descriptor)->Owner()->ToString();
  };
  EXPECT_EQ(owner("D:(A;;FA;;;SY)"), Sid::Administrators().ToString());
  EXPECT_EQ(owner(""), Sid::Administrators().ToString());
  EXPECT_EQ(owner("O:SYD:(A;;FA;;;SY)"), Sid::System().ToString());
}

TEST(PipeTest, IsTakenOnceSomebodyServesThere) {
  TestServer server;
  asio::io_context io;
  fixtures::TestHandler handler;
  Server second(io, handler);
  EXPECT_EQ(second.Listen({.endpoint = server.Endpoint()}).error().kind, ErrorKind::kBusy);
}

TEST(PipeTest, RefusesNamesAndDescriptorsThatAreNone) {
  asio::io_context io;
  fixtures::TestHandler handler;
  Server server(io, handler);
  EXPECT_EQ(server.Listen({.endpoint = "acledger"}).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(server.Listen({.endpoint = R"(\\.\pipe\acledger-x)", .sddl = "D:(nonsense)"}).error().kind,
            ErrorKind::kInvalid);
  EXPECT_EQ(OpenConnection(R"(C:\file)", InLong()).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(OpenConnection(R"(\\.\pipe\acledger-none)", InLong()).error().kind, ErrorKind::kNotFound);
}

TEST(PipeTest, ListensUnderTheNamesOfTheDesign) {
  asio::io_context io;
  fixtures::TestHandler handler;
  Server server(io, handler);
  const Expected<void> listening = server.Listen({.endpoint = DefaultEndpoint() + "-test", .sddl = kForEveryone});
  EXPECT_TRUE(listening.has_value()) << listening.error().ToString();
}

}  // namespace
}  // namespace acledger::daemon
