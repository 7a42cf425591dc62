// SPDX-License-Identifier: MIT
#include "setup/address_range.h"

#include <gmock/gmock.h>

namespace acledger::setup {
namespace {

using testing::HasSubstr;

std::string Canonical(std::string_view text) {
  const auto ranges = ParseAddresses(text);
  return ranges ? ToText(*ranges) : ranges.error().ToString();
}

TEST(AddressRangeTest, HasOneFormForAllThatWindowsGivesBack) {
  EXPECT_EQ(Canonical("127.0.0.0/8"), "127.0.0.0/8");
  EXPECT_EQ(Canonical("127.0.0.0/255.0.0.0"), "127.0.0.0/8");
  EXPECT_EQ(Canonical("127.0.0.0-127.255.255.255"), "127.0.0.0/8");
  EXPECT_EQ(Canonical("127.3.2.1/255.0.0.0"), "127.0.0.0/8");
  EXPECT_EQ(Canonical("10.1.2.3/255.255.255.255"), "10.1.2.3");
  EXPECT_EQ(Canonical("10.1.2.3-10.1.2.3"), "10.1.2.3");
  EXPECT_EQ(Canonical("::/127"), "::/127");
  EXPECT_EQ(Canonical("::-::1"), "::/127");
  EXPECT_EQ(Canonical("0:0:0:0:0:0:0:0/127"), "::/127");
  EXPECT_EQ(Canonical("::/128"), "::");
  EXPECT_EQ(Canonical("::2-FFFF:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), "::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
  EXPECT_EQ(Canonical("fe80::/10"), "fe80:0:0:0:0:0:0:0/10");
  EXPECT_EQ(Canonical("::ffff:1.2.3.4"), "::ffff:102:304");
  EXPECT_EQ(Canonical("1:2:3:4:5:6:7:8"), "1:2:3:4:5:6:7:8");
  EXPECT_EQ(Canonical("0:2:3:4:5:6:7:8"), "0:2:3:4:5:6:7:8");
  EXPECT_EQ(Canonical("0.0.0.0/0"), "0.0.0.0-255.255.255.255");
}

TEST(AddressRangeTest, SortsAndMergesAndKeepsIPv4ApartFromIPv6) {
  EXPECT_EQ(Canonical("::,1.2.3.5,1.2.3.4,1.2.3.0-1.2.3.4"), "1.2.3.0-1.2.3.5,::");
  EXPECT_EQ(Canonical("128.0.0.0-255.255.255.255,0.0.0.0-127.255.255.255"), "0.0.0.0-255.255.255.255");
  EXPECT_EQ(Canonical("9.0.0.0/8,10.0.0.0/8,12.0.0.0/8"), "9.0.0.0-10.255.255.255,12.0.0.0/8");
  EXPECT_EQ(Canonical("1.0.0.0-9.0.0.0,2.0.0.0-3.0.0.0"), "1.0.0.0-9.0.0.0");
  EXPECT_EQ(Canonical("255.255.255.255,::"), "255.255.255.255,::");
}

TEST(AddressRangeTest, ItsTextIsReadAsTheSame) {
  for (const char* text :
       {"0.0.0.0-126.255.255.255,128.0.0.0-255.255.255.255,::,::2-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        "127.0.0.0/8,::/127", "1.2.3.4/31,1.2.3.128/25,2001:db8::/32,2001:db9::1"}) {
    const auto ranges = ParseAddresses(text);
    ASSERT_TRUE(ranges) << text;
    EXPECT_EQ(ParseAddresses(ToText(*ranges)).value(), *ranges) << text;
  }
}

TEST(AddressRangeTest, RefusesWhatIsNoAddress) {
  for (const char* text : {"",
                           "*",
                           "LocalSubnet",
                           "DNS",
                           "1.2.3",
                           "1.2.3.4.5",
                           "1.2.3.256",
                           "1.2.3.-1",
                           "1.2.3.4/33",
                           "1.2.3.4/",
                           "/8",
                           "1.2.3.4/255.0.255.0",
                           "1.2.3.4/0.0.0.255",
                           "1.2.3.9-1.2.3.4",
                           "1.2.3.4-",
                           "-",
                           "1.2.3.4-::1",
                           "::/129",
                           "::/255.0.0.0",
                           "1:2:3:4:5:6:7",
                           "1:2:3:4:5:6:7:8:9",
                           "1::2::3",
                           "::1%4",
                           "12345::",
                           "1.2.3.4::",
                           "::1.2.3.4:1",
                           "1:2:3:4:5:6:7::8",
                           "1.2.3.4,",
                           ",1.2.3.4",
                           "1.2.3.4 ",
                           "1.2.3.4,,5.6.7.8",
                           "::g",
                           "1.2.3.4/8-9"})
    EXPECT_THAT(Canonical(text), HasSubstr("no address")) << text;
}

}  // namespace
}  // namespace acledger::setup
