// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scanner/descriptor_pool.h"
#include "scanner/policy.h"
#include "scanner/requester.h"
#include "scanner/volume.h"
#include "store/ledger.h"

namespace acledger::scanner {

inline constexpr int kTriesWhileBusy = 3;  // Of what somebody may have locked for a moment.

// A folder on its way from being seen to being listed. `number` belongs to the ledger's thread.
struct FolderRef {
  std::shared_ptr<const FolderRef> parent;  // Null for the grant's root.
  std::u16string name;
  FileId id;
  store::FolderId number = 0;

  // Components from the volume's root; `root` are those of the grant's root.
  PathComponents Components(const PathComponents& root) const;
};

struct FolderTask {
  std::shared_ptr<FolderRef> ref;
  std::unique_ptr<Object> handle;  // Kept open since the folder was read as a child, or null: open it again.
};

// One name as a reader found it.
struct ScannedName {
  std::u16string name;
  ObjectInfo info;
  DescriptorPool::Number descriptor = DescriptorPool::kNone;
  Exclusion exclusion = Exclusion::kNone;
  std::optional<Error> error;  // Opening or reading failed; `right` says what was asked for.
  const char* right = "";
  bool entered = false;   // A folder that will be listed.
  bool hidden = false;    // A folder that the grant's requester may not list: what is in it is none of his.
  bool as_known = false;  // Entered, and in a partial scan not listed again: the index holds it as it is.

  // A folder that would be entered, but it cannot be looked at.
  bool IsUnopened() const {
    return error && info.IsFolder() && !info.IsReparsePoint() && exclusion == Exclusion::kNone;
  }
};

struct ScannedFolder {
  std::shared_ptr<FolderRef> ref;
  std::vector<ScannedName> names;
  std::optional<Error> list_error;
  std::vector<FolderTask> subfolders;  // The entered ones, in the order of names.

  // Deleted since its folder was listed: not even its id leads to it.
  bool IsGone() const { return names.empty() && list_error && list_error->kind == ErrorKind::kNotFound; }
};

// Reads one folder: lists it, opens every child relative to it, takes identity and descriptor from the child's handle.
// A reparse point is recorded and never entered; an excluded or hidden folder neither. Any number of readers may share
// what they are given; one reader belongs to one thread.
class FolderReader {
 public:
  // All must outlive the reader. `requester`: null to enter every folder. `root_id` is checked whenever a folder has to
  // be opened again from the root.
  FolderReader(Volume& volume, const Policy& policy, const RequesterCheck* requester, DescriptorPool& pool,
               const PathComponents& root);

  ScannedFolder Read(FolderTask task);

  // Opens the folder again, from the volume's root.
  Expected<std::unique_ptr<Object>> Open(const FolderRef& ref);

 private:
  // Once more for what somebody had locked for a moment.
  ScannedName ReadNamePatiently(Object& folder, PathComponents& path, const ListedName& listed,
                                std::unique_ptr<Object>& handle);
  ScannedName ReadName(Object& folder, PathComponents& path, const ListedName& listed, std::unique_ptr<Object>& handle);

  Volume& volume_;
  const Policy& policy_;
  const RequesterCheck* requester_;
  DescriptorPool& pool_;
  const PathComponents& root_;
  security::DescriptorBytes buffer_;
};

}  // namespace acledger::scanner
