// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/files.h"

namespace acledger::store {
namespace {

Expected<void> Sync(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_RDONLY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int code = errno;
  if (fd >= 0) close(fd);
  if (synced) return {};
  return std::unexpected(
      Error{ErrorKind::kIo, "flush", path, static_cast<std::uint32_t>(code), std::generic_category().message(code)});
}

}  // namespace

Expected<void> MakeDurable(const std::string& path) {
  if (Expected<void> synced = Sync(path, O_NOFOLLOW); !synced) return synced;
  return Sync(std::filesystem::absolute(path).parent_path().string(), O_DIRECTORY);
}

}  // namespace acledger::store
