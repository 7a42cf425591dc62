// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "scanner/folder_tree.h"
#include "scanner/volume.h"

namespace acledger::scanner {

// Opens `path` component by component from the volume's root, never through a reparse point but those of clouds
// (kUnsupported says which one).
Expected<std::unique_ptr<Object>> OpenPath(Volume& volume, const PathComponents& path, Access access);

// That `error` is OpenPath()'s own: the volume was asked, and the path leads through a reparse point.
bool IsNeverFollowed(const Error& error);

// The same path with each name as the volume holds it: its case, and the long name where a DOS name was given (which
// rules about names would not know).
Expected<PathComponents> StoredNames(Volume& volume, const PathComponents& path);

// Where the object is now, by the first of its names: from the root's child down to the object itself, each with its
// id. Empty: it exists no more, or a folder above it.
struct PathStep {
  FileId id;
  std::u16string name;
};
Expected<std::optional<std::vector<PathStep>>> StepsTo(Volume& volume, FileId id);
// The names of these.
Expected<std::optional<PathComponents>> PathById(Volume& volume, const FileId& id);

// Opens objects of one grant's index: parent-relative, one component at a time, the file id checked on the handle that
// is returned. Keeps the chain of folders last used open, so that objects in folder order cost one open each. One
// thread.
class Opener {
 public:
  // All must outlive the Opener.
  Opener(Volume& volume, const FolderTree& tree, const PathComponents& root, FileId root_id);

  // The folder itself, for reading names below it. Valid until the next call.
  Expected<Object*> Folder(store::FolderId id);

  struct Opened {
    std::unique_ptr<Object> object;
    bool moved = false;  // Not where the index has it: it, or a folder above it, has another name or place by now.
  };
  // The object called `name` in `folder` (0: the grant's root). Where the name is gone or names another object, the
  // object is looked for by its id wherever it is now. kNotFound: it exists no more.
  Expected<Opened> Open(store::FolderId folder, std::string_view name, const FileId& id, Access access);

  // Closes the chain and the root: somebody else may move or replace folders from now on.
  void Forget();

 private:
  struct Step {
    store::FolderId id;
    std::unique_ptr<Object> handle;
    bool moved;
  };

  Expected<Object*> Root();
  bool Moved() const { return chain_.empty() ? root_moved_ : chain_.back().moved; }
  Expected<Opened> OpenByName(store::FolderId folder, std::string_view name, const FileId& id, Access access);

  Volume& volume_;
  const FolderTree& tree_;
  const PathComponents& root_;
  FileId root_id_;
  std::unique_ptr<Object> root_handle_;
  bool root_moved_ = false;
  std::vector<Step> chain_;  // Below the root.
};

}  // namespace acledger::scanner
