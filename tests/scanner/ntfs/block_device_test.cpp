// SPDX-License-Identifier: MIT
#include "scanner/ntfs/block_device.h"

#include <gmock/gmock.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <random>

#include "tests/scanner/ntfs/memory_device.h"
#include "tests/scanner/ntfs/must.h"

namespace acledger::scanner::ntfs {
namespace {

using testing::ElementsAre;

class BlockDeviceFile : public testing::Test {
 protected:
  BlockDeviceFile() {
    std::vector<char> bytes(10'000);
    std::iota(bytes.begin(), bytes.end(), 0);
    std::ofstream(path_, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  ~BlockDeviceFile() override {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }

  std::string path_ = (std::filesystem::temp_directory_path() /
                       ("acledger-block-device-" + std::to_string(std::random_device()()) + ".img"))
                          .string();
};

TEST_F(BlockDeviceFile, ReadsAnyPartOfAFile) {
  const auto device = Must(OpenBlockDevice(path_));
  EXPECT_EQ(device->Size(), 10'000u);
  EXPECT_EQ(device->Name(), path_);
  std::array<std::uint8_t, 4> bytes{};
  Must(device->Read(9'995, bytes));
  EXPECT_THAT(bytes, ElementsAre(11, 12, 13, 14));
}

TEST_F(BlockDeviceFile, SaysWhereTheEndIs) {
  const auto device = Must(OpenBlockDevice(path_));
  std::array<std::uint8_t, 16> bytes{};
  const auto read = device->Read(9'995, bytes);
  ASSERT_EQ(Failure(read), ErrorKind::kInvalid);
  EXPECT_EQ(read.error().path, path_);
  EXPECT_EQ(read.error().operation, "read 16 bytes at 0x270b");
  EXPECT_EQ(Failure(device->Read(~0ull, bytes)), ErrorKind::kInvalid);
}

TEST_F(BlockDeviceFile, NoticesThatAFileWasCutShort) {
  const auto device = Must(OpenBlockDevice(path_));
  std::filesystem::resize_file(path_, 100);
  std::array<std::uint8_t, 16> bytes{};
  EXPECT_EQ(Failure(device->Read(90, bytes)), ErrorKind::kInvalid);
}

TEST(BlockDevice, SaysThatAFileIsNotThere) {
  const auto device = OpenBlockDevice("/no/such/image");
  ASSERT_EQ(Failure(device), ErrorKind::kNotFound);
  EXPECT_EQ(device.error().path, "/no/such/image");
  EXPECT_NE(device.error().code, 0u);
}

TEST(BlockDevice, DoesNotOpenAFolder) {
  EXPECT_TRUE(Failure(OpenBlockDevice(std::filesystem::temp_directory_path().string())));
}

TEST(DeviceWindow, ReadsAPartAndNothingBesideIt) {
  MemoryDevice device({0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  auto window = Must(DeviceWindow::Open(device, 4, 3));
  EXPECT_EQ(window.Size(), 3u);
  std::array<std::uint8_t, 2> bytes{};
  Must(window.Read(1, bytes));
  EXPECT_THAT(bytes, ElementsAre(5, 6));
  EXPECT_EQ(Failure(window.Read(2, bytes)), ErrorKind::kInvalid);
  EXPECT_EQ(Failure(window.Read(~0ull, bytes)), ErrorKind::kInvalid);
}

TEST(DeviceWindow, LiesWithinItsDevice) {
  MemoryDevice device({0, 1, 2, 3});
  EXPECT_EQ(Failure(DeviceWindow::Open(device, 2, 3)), ErrorKind::kInvalid);
  EXPECT_EQ(Failure(DeviceWindow::Open(device, ~0ull, 3)), ErrorKind::kInvalid);
  EXPECT_TRUE(DeviceWindow::Open(device, 4, 0));
}

}  // namespace
}  // namespace acledger::scanner::ntfs
