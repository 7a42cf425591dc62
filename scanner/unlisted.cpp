// SPDX-License-Identifier: MIT
#include "scanner/unlisted.h"

#include <algorithm>
#include <utility>

#include "scanner/policy.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::Reason;
using store::Verdict;

namespace {

// Also of a file nobody could open, which its folder's listing told of.
Expected<bool> IsOfAFolder(store::Ledger& ledger, const store::Failure& failure, const PathComponents& path) {
  if (failure.right == "FILE_LIST_DIRECTORY") return true;
  if (failure.right != "READ_CONTROL" && failure.right != "FILE_READ_ATTRIBUTES") return false;
  std::vector<std::string> names;
  for (const std::u16string& component : path) names.push_back(ToWtf8(component));
  const auto found = ledger.Find(names);
  if (!found) return std::unexpected(found.error());
  return std::ranges::any_of(*found, [&failure](const store::Ledger::Found& one) {
    return one.grant.id == failure.grant && one.node.is_folder;
  });
}

}  // namespace

bool MayPass(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNotFound:  // The look at what is above it tells.
    case ErrorKind::kDenied:
    case ErrorKind::kBusy:
    case ErrorKind::kNoSpace:
    case ErrorKind::kMismatch:
    case ErrorKind::kIo:
      return true;
    case ErrorKind::kInvalid:
    case ErrorKind::kUnsupported:
    case ErrorKind::kTooLarge:
    case ErrorKind::kReadOnly:
    case ErrorKind::kCorrupt:
    case ErrorKind::kNoEffect:
      break;
  }
  return false;
}

bool IsExclusion(const store::Node& node) {
  return node.verdict == Verdict::kSkipped &&
         (node.reason == Reason::kSensitive || node.reason == Reason::kExcluded || node.reason == Reason::kNotAllowed);
}

bool IsUnseen(const store::Node& node) {
  return node.descriptor == 0 && (node.verdict == Verdict::kUnknown || node.verdict == Verdict::kFailed);
}

Expected<std::vector<PathComponents>> UnlistedFolders(store::Ledger& ledger, const store::Grant& grant) {
  std::vector<PathComponents> folders;
  const Expected<ParsedPath> root = ParsePath(grant.root);
  if (!root) return std::unexpected(root.error());
  const Expected<Policy> policy = Policy::Of(root->components, grant.rules);
  if (!policy) return std::unexpected(policy.error());
  const Expected<std::vector<store::Failure>> failures = ledger.Failures();
  if (!failures) return std::unexpected(failures.error());
  const auto is_left_out = [&](const PathComponents& path) {
    return !IsAtOrBelow(path, root->components) ||
           (path.size() > root->components.size() && policy->ExcludedAnywhere(path, true) != Exclusion::kNone);
  };
  for (const store::Failure& failure : *failures) {
    if (failure.grant != grant.id || !MayPass(failure.error.kind)) continue;
    Expected<ParsedPath> path = ParsePath(failure.path);
    if (!path || is_left_out(path->components)) continue;
    const Expected<bool> is_folder = IsOfAFolder(ledger, failure, path->components);
    if (!is_folder) return std::unexpected(is_folder.error());
    if (*is_folder) folders.push_back(std::move(path->components));
  }
  return folders;
}

}  // namespace acledger::scanner
