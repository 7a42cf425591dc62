// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <io.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "store/files.h"

namespace acledger::store {

// Flushing a file writes NTFS's log too, and with it what was done to the file's name before.
Expected<void> MakeDurable(const std::string& path) {
  const std::filesystem::path native(std::u8string(path.begin(), path.end()));
  const int fd = _wopen(native.c_str(), _O_RDWR | _O_BINARY | _O_NOINHERIT);
  const bool synced = fd >= 0 && _commit(fd) == 0;
  const int code = errno;
  if (fd >= 0) _close(fd);
  if (synced) return {};
  return std::unexpected(
      Error{ErrorKind::kIo, "flush", path, static_cast<std::uint32_t>(code), std::generic_category().message(code)});
}

}  // namespace acledger::store
