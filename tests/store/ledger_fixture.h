// SPDX-License-Identifier: MIT
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/ledger.h"

namespace acledger::store {

inline constexpr std::uint64_t kSerial = 0x1234ABCD5678EF01;

// A folder of its own for each test, gone afterwards.
class LedgerTest : public testing::Test {
 protected:
  LedgerTest();
  ~LedgerTest() override;

  std::string PathTo(std::string_view name) const;  // In the folder, UTF-8.
  std::vector<std::string> FilesInFolder() const;   // Sorted names.
  void WriteFile(std::string_view name, std::string_view content) const;
  std::string ReadFile(std::string_view name) const;
  // Runs SQL on a file with a connection of its own.
  void RunSql(std::string_view name, const std::string& sql) const;

  static OpenOptions Writer();
  static OpenOptions Reader();
  Expected<std::unique_ptr<Ledger>> TryOpen(const OpenOptions& options = Writer()) const;
  // Fails the test if it cannot be opened.
  std::unique_ptr<Ledger> Open(const OpenOptions& options = Writer()) const;

  std::filesystem::path folder_;
  std::string path_;  // Of the ledger.
};

Grant MakeGrant(std::string root = "\\Users\\dev");
Node MakeNode(std::string name, std::uint64_t id, Verdict verdict = Verdict::kPending);
Node MakeFolder(std::string name, std::uint64_t id, Verdict verdict = Verdict::kPending);
security::DescriptorBytes SomeBytes(std::size_t size, unsigned seed);

// The value, or a failure of the test that tells the error.
template <class T>
T Take(Expected<T> result) {
  EXPECT_TRUE(result.has_value()) << result.error().ToString();
  if constexpr (!std::is_void_v<T>) return result.has_value() ? *std::move(result) : T();
}

// EXPECT_THAT(ledger.Intern(...), IsOk())
MATCHER(IsOk, "") {
  if (!arg.has_value()) *result_listener << arg.error().ToString();
  return arg.has_value();
}
MATCHER_P(FailsWith, kind, std::string("fails with kind \"") + Name(kind) + "\"") {
  if (!arg.has_value()) *result_listener << arg.error().ToString();
  return !arg.has_value() && arg.error().kind == kind;
}
MATCHER_P2(FailsWith, kind, text, std::string("fails with kind \"") + Name(kind) + "\" and says \"" + text + "\"") {
  if (!arg.has_value()) *result_listener << arg.error().ToString();
  return !arg.has_value() && arg.error().kind == kind && arg.error().ToString().find(text) != std::string::npos;
}

}  // namespace acledger::store
