// SPDX-License-Identifier: MIT
#include "tools/acledger/console.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace acledger::tools {
namespace {

std::unexpected<Error> Failed(const char* operation) {
  const int code = errno;
  return Fail(ErrorKind::kIo, operation, std::strerror(code), static_cast<std::uint32_t>(code));
}

}  // namespace

Expected<std::size_t> ReadInput(std::span<char> buffer) {
  while (true) {
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return Failed("read standard input");
  }
}

bool ErrorOutputIsTerminal() { return ::isatty(STDERR_FILENO) == 1; }
bool OutputIsTerminal() { return ::isatty(STDOUT_FILENO) == 1; }

Expected<void> WriteOutput(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count >= 0) {
      text.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      return Failed("write standard output");
    }
  }
  return {};
}

}  // namespace acledger::tools
