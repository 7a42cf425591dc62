// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include "setup/program/command.h"

namespace acledger::setup {
namespace {

const std::string kDigest = "00aa";

Request Full() {
  Request request;
  request.command.verb = Verb::kInstall;
  request.command.users = {"S-1-5-21-1-2-3-1001", "DOMAIN\\ü"};
  request.command.proxy_ports = {1, 65535};
  request.command.workspaces = {"C:\\a \"b\""};
  request.command.starter = "S-1-5-21-1-2-3-1002";
  request.command.principal = PrincipalKind::kSynthetic;
  request.command.manual = false;
  request.command.undo_on_failure = request.command.json = true;
  request.pipe = "\\\\.\\pipe\\acledger-setup-0";
  return request;
}

TEST(Request, ComesBackAsItWasWritten) {
  EXPECT_EQ(*ReadRequest(Write(Full()), kDigest, kDigest), Full());
  for (const Verb verb : {Verb::kPlan, Verb::kInstall, Verb::kRepair, Verb::kUninstall, Verb::kStatus}) {
    Request request;
    request.command.verb = verb;
    EXPECT_EQ(*ReadRequest(Write(request), kDigest, kDigest), request);
  }
}

TEST(Request, IsNotReadWhereItsHashIsAnother) {
  for (const std::string digest : {"", "00ab", "00AA", "00aa "})
    EXPECT_EQ(ReadRequest(Write(Full()), kDigest, digest).error().kind, ErrorKind::kMismatch) << digest;
}

TEST(Request, IsRefusedWhereAnythingInItIsUnknown) {
  const std::string good = Write(Full());
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{{"{", "["},
                                                        {"{", "{\"more\":1,"},
                                                        {"\"install\"", "\"instal\""},
                                                        {"\"install\"", "1"},
                                                        {"[1,65535]", "[0]"},
                                                        {"[1,65535]", "[70000]"},
                                                        {"[1,65535]", "[\"1\"]"},
                                                        {"\"synthetic\"", "\"x\""},
                                                        {"\"no_proxies\":false,", ""},
                                                        {"\"log\":\"\"", "\"log\":\"C:\\\\x\""},
                                                        {"\"version\":1", "\"version\":-1"},
                                                        {"}", ""}}) {
    std::string bad = good;
    ASSERT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), from.size(), to);
    const auto read = ReadRequest(bad, kDigest, kDigest);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().kind, ErrorKind::kInvalid) << bad;
  }
  std::string newer = good;
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_EQ(ReadRequest(newer, kDigest, kDigest).error().kind, ErrorKind::kUnsupported);
  EXPECT_EQ(ReadRequest(std::string(kMostRequestBytes + 1, ' '), kDigest, kDigest).error().kind, ErrorKind::kTooLarge);
}

}  // namespace
}  // namespace acledger::setup
