// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/library.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace acledger::scanner::ntfs3g {
namespace {

// The library calls its handler on the thread that called it, so the message belongs to the call under way.
std::string& LastMessage() {
  thread_local std::string message;
  return message;
}

int KeepMessage(const char*, const char*, int, u32 level, void*, const char* format, va_list args) {
  constexpr u32 kFailures = NTFS_LOG_LEVEL_ERROR | NTFS_LOG_LEVEL_PERROR | NTFS_LOG_LEVEL_CRITICAL;
  if ((level & kFailures) == 0) return 0;
  const int saved = errno;
  std::array<char, 512> text;
  const int length = std::vsnprintf(text.data(), text.size(), format, args);
  if (length > 0) {
    std::string& message = LastMessage();
    message.assign(text.data());
    while (!message.empty() && (message.back() == '\n' || message.back() == '.' || message.back() == ' ')) {
      message.pop_back();
    }
  }
  errno = saved;
  return length;
}

}  // namespace

void CaptureLibraryMessages() { ntfs_log_set_handler(&KeepMessage); }

void ClearLibraryMessage() {
  LastMessage().clear();
  errno = 0;
}

ErrorKind KindOf(int code) {
  switch (code) {
    case ENOENT:
      return ErrorKind::kNotFound;
    case EACCES:
    case EPERM:
      return ErrorKind::kDenied;
    case EBUSY:
    case EAGAIN:
      return ErrorKind::kBusy;
    case EROFS:
      return ErrorKind::kReadOnly;
    case ENOSPC:
      return ErrorKind::kNoSpace;
    case EOPNOTSUPP:
      return ErrorKind::kUnsupported;
    case EINVAL:
    case ERANGE:
      return ErrorKind::kCorrupt;  // The library's answer to structures that contradict themselves.
    default:
      return ErrorKind::kIo;
  }
}

Error LibraryError(std::string operation, int code) {
  Error error{KindOf(code), std::move(operation), {}, static_cast<std::uint32_t>(code), LastMessage()};
  if (error.reason.empty()) error.reason = code != 0 ? std::strerror(code) : "the library gave no reason";
  return error;
}

void Abandon(ntfs_inode* inode) {
  NInoClearDirty(inode);
  NInoAttrListClearDirty(inode);
  NInoFileNameClearDirty(inode);
  for (int i = 0; i < inode->nr_extents; ++i) NInoClearDirty(inode->extent_nis[i]);
}

}  // namespace acledger::scanner::ntfs3g
