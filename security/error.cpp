// SPDX-License-Identifier: MIT
#include "security/error.h"

namespace acledger {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

// File names may hold line breaks and terminal sequences: they are shown escaped, so that an error stays one line.
void AppendEscaped(std::string& text, const std::string& part) {
  for (char c : part) {
    unsigned byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      text += c;
    } else {
      text += "\\x";
      text += kHexDigits[byte >> 4];
      text += kHexDigits[byte & 15];
    }
  }
}

// errno and Win32 codes are known by their decimal numbers, NTSTATUS and HRESULT by their hexadecimal ones.
std::string CodeText(std::uint32_t code) {
  if (code < 0x10000) return std::to_string(code);
  std::string text = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) text += kHexDigits[(code >> shift) & 15];
  return text;
}

}  // namespace

std::string Error::ToString() const {
  std::string text;
  AppendEscaped(text, operation);
  if (!path.empty()) {
    if (!text.empty()) text += ' ';
    AppendEscaped(text, path);
  }
  if (!text.empty()) text += ": ";
  AppendEscaped(text, reason.empty() ? Name(kind) : reason);
  if (code != 0) text += " (" + CodeText(code) + ")";
  return text;
}

const char* Name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return "invalid";
    case ErrorKind::kNotFound:
      return "not found";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kBusy:
      return "busy";
    case ErrorKind::kUnsupported:
      return "unsupported";
    case ErrorKind::kTooLarge:
      return "too large";
    case ErrorKind::kReadOnly:
      return "read only";
    case ErrorKind::kNoSpace:
      return "no space";
    case ErrorKind::kCorrupt:
      return "corrupt";
    case ErrorKind::kMismatch:
      return "mismatch";
    case ErrorKind::kNoEffect:
      return "no effect";
    case ErrorKind::kIo:
      return "io";
  }
  return "unknown";
}

}  // namespace acledger
