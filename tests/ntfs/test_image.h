// SPDX-License-Identifier: MIT
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "scanner/ntfs3g/ntfs3g_volume.h"
#include "tools/fixtures/image_builder.h"

namespace acledger::scanner {

// The value, or an exception that says why there is none and fails the test.
template <class T>
T Must(Expected<T> result) {
  if (!result) throw std::runtime_error(result.error().ToString());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// What kind of failure it is; empty where there is none.
template <class T>
std::optional<ErrorKind> Failure(const Expected<T>& result) {
  return result ? std::nullopt : std::optional(result.error().kind);
}

security::DescriptorBytes Sddl(std::string_view text);

// A small NTFS image of its own in a temporary folder, gone with the test.
class TestImage : public testing::Test {
 protected:
  TestImage();
  ~TestImage() override;

  std::string Path() const { return (folder_ / "test.img").string(); }
  std::filesystem::path Folder() const { return folder_; }

  // For what the test starts from; Finish() before a volume is opened.
  fixtures::ImageBuilder& Builder();
  void Finish() { builder_.reset(); }

  // A file (or folder) with this descriptor below the root.
  FileId AddFile(std::u16string_view name, security::Bytes descriptor);
  FileId AddFolder(std::u16string_view name, security::Bytes descriptor);

  std::unique_ptr<Volume> OpenVolume(bool read_only = false);

  // Opens the volume, writes and closes it.
  void WriteOnce(FileId id, security::Bytes descriptor);

  // What the independent tool security_ids prints. No volume may be open: it is locked.
  std::string SecurityIds();
  std::uint32_t SecurityIdOf(FileId id);

  // What `ntfssecaudit -a` says.
  struct Audit {
    int exit_code = -1;
    std::string text;
  };
  Audit SecAudit();

  const StopFlag never_{false};

 private:
  std::filesystem::path folder_;
  std::unique_ptr<fixtures::ImageBuilder> builder_;
};

std::string RunCommand(const std::string& command, int* exit_code = nullptr);
security::DescriptorBytes Read(Object& object);

}  // namespace acledger::scanner
