// SPDX-License-Identifier: MIT
#include "daemon/target/absolute_path.h"

#include <filesystem>

namespace acledger::daemon {
namespace {

std::filesystem::path Native(const std::string& path) { return {std::u8string(path.begin(), path.end())}; }

}  // namespace

Expected<std::string> AbsolutePath(const std::string& path) {
  std::error_code error;
  const std::u8string text = std::filesystem::absolute(Native(path), error).u8string();
  if (!error && !path.empty()) return std::string(text.begin(), text.end());
  return std::unexpected(Error{ErrorKind::kInvalid, "name a file", path, static_cast<std::uint32_t>(error.value()),
                               error ? error.message() : "the name is empty"});
}

bool IsSameFile(const std::string& left, const std::string& right) {
  const std::filesystem::path one = Native(left), other = Native(right);
  if (!one.is_absolute() || !other.is_absolute()) return false;
  std::error_code ignored;  // What cannot be looked at is known by its name alone.
  return one == other || std::filesystem::equivalent(one, other, ignored);
}

}  // namespace acledger::daemon
