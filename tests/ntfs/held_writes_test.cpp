// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/held_writes.h"

#include <gmock/gmock.h>

#include <random>
#include <string>

namespace acledger::scanner::ntfs3g {
namespace {

using testing::ElementsAre;

std::vector<std::uint8_t> Text(std::string_view text) { return {text.begin(), text.end()}; }

std::string ReadOver(const HeldWrites& held, std::int64_t offset, std::string_view device) {
  auto bytes = Text(device);
  held.Overlay(offset, bytes);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::uint8_t> Block(const char* magic, bool inner = false) {
  auto bytes = Text(magic);
  bytes.resize(64);
  bytes[0x24] = inner ? 1 : 0;
  return bytes;
}

TEST(HeldWrites, ShowsWhatIsHeld) {
  HeldWrites held;
  held.Add(3, Text("abc"));
  EXPECT_EQ(ReadOver(held, 0, "0123456789"), "012abc6789");
  EXPECT_EQ(ReadOver(held, 4, "4567"), "bc67");
  EXPECT_EQ(ReadOver(held, 6, "6789"), "6789");
}

TEST(HeldWrites, LetsTheLaterWriteWin) {
  HeldWrites held;
  held.Add(2, Text("aaaa"));
  held.Add(4, Text("bbbb"));
  held.Add(0, Text("ccc"));
  held.Add(5, Text("d"));
  EXPECT_EQ(ReadOver(held, 0, "0123456789"), "cccabdbb89");
}

TEST(HeldWrites, HoldsWhatADeviceWouldHold) {
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    HeldWrites held;
    std::string device(64, '.');
    for (int write = 0; write < 12; ++write) {
      const std::size_t offset = random() % 60, size = 1 + random() % (64 - offset);
      const std::string bytes(size, static_cast<char>('a' + write));
      held.Add(static_cast<std::int64_t>(offset), Text(bytes));
      device.replace(offset, size, bytes);
    }
    ASSERT_EQ(ReadOver(held, 0, std::string(64, '.')), device);
  }
}

TEST(HeldWrites, CutsAnIndexBlockShortAfterItsParentLeadsToTheNewHalf) {
  HeldWrites held;
  for (const std::int64_t read : {100, 200, 300}) held.NoteRead(read);
  held.Add(100, Block("INDX"));
  held.Add(200, Block("INDX", true));
  held.Add(300, Block("FILE"));
  held.Add(400, Block("INDX"));
  held.Add(500, Text("data"));
  std::vector<std::int64_t> order;
  for (const auto* write : held.InOrder()) order.push_back(write->offset);
  EXPECT_THAT(order, ElementsAre(500, 400, 300, 200, 100));
}

TEST(HeldWrites, ForgetsWhenCleared) {
  HeldWrites held;
  held.Add(0, Text("a"));
  held.Clear();
  EXPECT_TRUE(held.IsEmpty());
  EXPECT_EQ(ReadOver(held, 0, "0"), "0");
}

}  // namespace
}  // namespace acledger::scanner::ntfs3g
