// SPDX-License-Identifier: MIT
#include "setup/wishes.h"

#include <gtest/gtest.h>

namespace acledger::setup {
namespace {

TEST(Wishes, ComeBackAsTheyWereWritten) {
  Wishes wishes{{security::Sid::Make(5, {21, 1, 2, 3, 1001}), security::Sid::System()},
                {1, 65535},
                {"C:\\work", "D:\\ü\"x"},
                PrincipalKind::kSynthetic,
                true};
  EXPECT_EQ(*ReadWishes(Write(wishes)), wishes);
  EXPECT_EQ(*ReadWishes(Write({})), Wishes{});
}

TEST(Wishes, AreRefusedWhereAnythingInThemIsUnknown) {
  const std::string good = Write({});
  ASSERT_TRUE(ReadWishes(good));
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"{", "["},
           {"{", "{\"more\":1,"},
           {"\"users\":[]", "\"users\":[\"S-1-\"]"},
           {"\"users\":[]", "\"users\":[1]"},
           {"\"users\":[]", "\"users\":{}"},
           {"\"users\":[],", ""},
           {"\"proxy_ports\":[]", "\"proxy_ports\":[0]"},
           {"\"proxy_ports\":[]", "\"proxy_ports\":[65536]"},
           {"\"proxy_ports\":[]", "\"proxy_ports\":[-1]"},
           {"\"proxy_ports\":[]", "\"proxy_ports\":[1.5]"},
           {"\"proxy_ports\":[]", "\"proxy_ports\":[18446744073709551616]"},
           {"\"group\"", "\"other\""},
           {"false", "0"},
           {"\"version\":1", "\"version\":0"},
           {"\"version\":1", "\"version\":\"1\""}}) {
    std::string bad = good;
    ASSERT_NE(bad.find(from), std::string::npos) << from;
    bad.replace(bad.find(from), from.size(), to);
    const auto read = ReadWishes(bad);
    ASSERT_FALSE(read) << bad;
    EXPECT_EQ(read.error().kind, ErrorKind::kInvalid) << bad;
  }
  std::string newer = good;
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_EQ(ReadWishes(newer).error().kind, ErrorKind::kUnsupported);
}

}  // namespace
}  // namespace acledger::setup
