// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "scanner/ntfs/index_pages.h"

namespace acledger::scanner::ntfs {

// Single objects and paths of an index, where they are asked for in any order: keeps the pages and folders that were
// asked for last. A few MiB, whatever the volume. The pages must outlive it. One thread at a time.
class IndexView {
 public:
  explicit IndexView(IndexPages& pages) : pages_(pages) {}

  // What is known of a folder: its own name and the folder it lies in.
  struct Folder {
    std::string name;
    FileReference parent;
  };

  // The object with this number and sequence number. Empty: not in the index.
  Expected<std::optional<store::IndexedObject>> Find(FileReference id);
  // kNotFound where it is not in the index, is no folder or has no name; the root: "\" or what its record says.
  Expected<Folder> FindFolder(FileReference id);

  // "\Users\dev\x" of a name. kNotFound: a folder above it is missing, is none or lies in itself; ends on any index.
  Expected<std::string> PathOf(const store::IndexedName& name);
  // The same; where the way up is not known, "?\x" for as much as is.
  Expected<std::string> PathOrWhatIsKnown(const store::IndexedName& name);

 private:
  // Valid until the next call.
  Expected<const store::VolumePage*> Page(std::uint32_t page);
  Expected<std::string> FolderPath(FileReference folder);

  IndexPages& pages_;
  std::unordered_map<std::uint32_t, std::optional<store::VolumePage>> cache_;
  std::unordered_map<std::uint64_t, std::string> paths_;  // Of folders, without "\" at the end.
};

}  // namespace acledger::scanner::ntfs
