// SPDX-License-Identifier: MIT
#include "scanner/path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace acledger::scanner {
namespace {

using testing::HasSubstr;

struct Written {
  const char* text;
  char drive;
  PathComponents components;
  const char* formatted;
};
class WrittenPath : public testing::TestWithParam<Written> {};

TEST_P(WrittenPath, IsSplitAndFormatted) {
  Expected<ParsedPath> parsed = ParsePath(GetParam().text);
  ASSERT_TRUE(parsed) << parsed.error().ToString();
  EXPECT_EQ(parsed->drive, GetParam().drive);
  EXPECT_EQ(parsed->components, GetParam().components);
  EXPECT_EQ(FormatPath(parsed->components, parsed->drive), GetParam().formatted);
}

INSTANTIATE_TEST_SUITE_P(Each, WrittenPath,
                         testing::Values(Written{R"(C:\Users\dev)", 'C', {u"Users", u"dev"}, R"(C:\Users\dev)"},
                                         Written{R"(\Users\dev)", 0, {u"Users", u"dev"}, R"(\Users\dev)"},
                                         Written{"/Users/dev/", 0, {u"Users", u"dev"}, R"(\Users\dev)"},
                                         Written{R"(c:/a\b)", 'C', {u"a", u"b"}, R"(C:\a\b)"},
                                         Written{R"(\\?\C:\x)", 'C', {u"x"}, R"(C:\x)"},
                                         Written{R"(\\?\C:\)", 'C', {}, R"(C:\)"}, Written{R"(C:\)", 'C', {}, R"(C:\)"},
                                         Written{R"(\)", 0, {}, R"(\)"},
                                         Written{R"(\a. \.b)", 0, {u"a. ", u".b"}, R"(\a. \.b)"},
                                         Written{R"(C:\x\nul)", 'C', {u"x", u"nul"}, R"(C:\x\nul)"},
                                         Written{R"(\console)", 0, {u"console"}, R"(\console)"},
                                         Written{"\\\xC3\xA9", 0, {u"\u00e9"}, "\\\xC3\xA9"}));

struct Refused {
  const char* text;
  const char* reason;
};
class RefusedPath : public testing::TestWithParam<Refused> {};

TEST_P(RefusedPath, SaysWhy) {
  Expected<ParsedPath> parsed = ParsePath(GetParam().text);
  ASSERT_FALSE(parsed) << FormatPath(parsed->components);
  EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(parsed.error().path, GetParam().text);
  EXPECT_THAT(parsed.error().reason, HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(Each, RefusedPath,
                         testing::Values(Refused{"", "not an absolute"}, Refused{"Users", "not an absolute"},
                                         Refused{"C:x", "not an absolute"}, Refused{"C:", "current folder"},
                                         Refused{R"(\a\.\b)", "not resolved"}, Refused{R"(C:\a\..)", "not resolved"},
                                         Refused{R"(C:\\a)", "empty component"}, Refused{R"(\a\\b)", "empty component"},
                                         Refused{R"(\\server\share)", "network"}, Refused{"//server/share", "network"},
                                         Refused{R"(\\?\UNC\server\share)", "only a drive"},
                                         Refused{R"(\\.\C:\x)", "device"}, Refused{R"(C:\a:b)", "stream"},
                                         Refused{"\\a\tb", "control"}, Refused{R"(\NUL)", "device"},
                                         Refused{R"(C:\com1.txt\a)", "device"}, Refused{"\\a\xFF", "UTF-8"}));

TEST(ParsePath, RefusesAComponentThatNoVolumeHolds) {
  EXPECT_TRUE(ParsePath("\\" + std::string(255, 'x')));
  EXPECT_FALSE(ParsePath("\\" + std::string(256, 'x')));
}

TEST(ParsePath, ReadsBackAnUnpairedSurrogateThatFormatPathWrote) {
  PathComponents path = {u"a", {u'x', char16_t{0xD800}}};
  EXPECT_EQ(ParsePath(FormatPath(path))->components, path);
}

}  // namespace
}  // namespace acledger::scanner
