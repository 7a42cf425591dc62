// SPDX-License-Identifier: MIT
#include "tools/acledger/console.h"

#include <fcntl.h>
#include <io.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace acledger::tools {
namespace {

constexpr int kInput = 0;
constexpr int kOutput = 1;
// A console refuses much longer pieces.
constexpr std::size_t kMaxPiece = 32 * 1024;

// In text mode the C library would translate line ends and end the input at Ctrl-Z.
void UseBinary(int descriptor) { _setmode(descriptor, _O_BINARY); }

std::unexpected<Error> Failed(const char* operation) {
  const int code = errno;
  return Fail(ErrorKind::kIo, operation, std::strerror(code), static_cast<std::uint32_t>(code));
}

}  // namespace

Expected<std::size_t> ReadInput(std::span<char> buffer) {
  UseBinary(kInput);
  const int count = _read(kInput, buffer.data(), static_cast<unsigned>(std::min(buffer.size(), kMaxPiece)));
  if (count < 0) return Failed("read standard input");
  return static_cast<std::size_t>(count);
}

bool ErrorOutputIsTerminal() { return _isatty(2) != 0; }
bool OutputIsTerminal() { return _isatty(kOutput) != 0; }

Expected<void> WriteOutput(std::string_view text) {
  UseBinary(kOutput);
  while (!text.empty()) {
    const int count = _write(kOutput, text.data(), static_cast<unsigned>(std::min(text.size(), kMaxPiece)));
    if (count <= 0) return Failed("write standard output");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace acledger::tools
