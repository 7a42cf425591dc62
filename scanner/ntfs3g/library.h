// SPDX-License-Identifier: MIT
#pragma once

// The one place that includes libntfs-3g (GPL-2.0-or-later). Only .cpp files and internal headers of scanner/ntfs3g and
// the tools that make images for tests include this header: the library's macros and C names stay there.

// Standard headers come first: the library defines `min` and `max` as macros.
#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

extern "C" {
#include <ntfs-3g/types.h>
//
#include <ntfs-3g/attrib.h>
#include <ntfs-3g/device.h>
#include <ntfs-3g/dir.h>
#include <ntfs-3g/index.h>
#include <ntfs-3g/inode.h>
#include <ntfs-3g/layout.h>
#include <ntfs-3g/logging.h>
#include <ntfs-3g/mft.h>
#include <ntfs-3g/volume.h>
}
#undef min
#undef max

#include "security/error.h"

namespace acledger::scanner::ntfs3g {

// Sends the library's messages to a per-thread buffer instead of stderr, for the whole process. Idempotent.
void CaptureLibraryMessages();

// Forgets the message that is kept, and errno: before a call whose failure is to be explained.
void ClearLibraryMessage();

// `code` (an errno) as an Error, with the last message of the library as its reason.
Error LibraryError(std::string operation, int code);

// The kind that an errno stands for.
ErrorKind KindOf(int code);

struct CloseInode {
  void operator()(ntfs_inode* inode) const { ntfs_inode_close(inode); }
};
using InodePtr = std::unique_ptr<ntfs_inode, CloseInode>;  // Closing a clean inode cannot fail; sync a dirty one first.

// Takes back that an inode was changed in memory, so that closing it writes nothing. It is of no use after that.
void Abandon(ntfs_inode* inode);

struct CloseAttribute {
  void operator()(ntfs_attr* attribute) const { ntfs_attr_close(attribute); }
};
using AttributePtr = std::unique_ptr<ntfs_attr, CloseAttribute>;

struct PutIndex {
  void operator()(ntfs_index_context* context) const { ntfs_index_ctx_put(context); }
};
using IndexPtr = std::unique_ptr<ntfs_index_context, PutIndex>;

struct PutSearch {
  void operator()(ntfs_attr_search_ctx* context) const { ntfs_attr_put_search_ctx(context); }
};
using SearchPtr = std::unique_ptr<ntfs_attr_search_ctx, PutSearch>;

}  // namespace acledger::scanner::ntfs3g
