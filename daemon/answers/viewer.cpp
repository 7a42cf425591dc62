// SPDX-License-Identifier: MIT
#include "daemon/answers/viewer.h"

#include <algorithm>
#include <unordered_map>

#include "daemon/answers/visible_counts.h"
#include "scanner/path.h"
#include "security/wtf8.h"

namespace acledger::daemon {

using store::Ledger;

namespace {

Expected<std::vector<std::string>> NamesOf(std::string_view path) {
  const Expected<scanner::ParsedPath> parsed = scanner::ParsePath(path);
  if (!parsed) return std::unexpected(parsed.error());
  std::vector<std::string> names;
  for (const std::u16string& component : parsed->components) names.push_back(ToWtf8(component));
  return names;
}

}  // namespace

bool Viewer::Owns(const store::Grant& grant) const {
  return is_admin_ || (grant.requester && !user_.empty() && grant.requester->user == user_);
}

bool Viewer::Holds(security::Bytes descriptor, security::AccessMask right) const {
  if (is_admin_) return true;
  const Expected<security::DescriptorView> view = security::DescriptorView::Parse(descriptor);
  return view && security::CheckAccess(*view, token_, right).granted;
}

bool Viewer::MayList(security::Bytes descriptor) const { return Holds(descriptor, security::kFileReadData); }
bool Viewer::MayInspect(security::Bytes descriptor) const { return Holds(descriptor, security::kReadControl); }

Expected<bool> Viewer::MayListAt(Ledger& ledger, store::DescriptorId descriptor) const {
  if (descriptor == 0) return false;  // Never read: nobody knows.
  const Expected<security::DescriptorBytes> bytes = ledger.Descriptor(descriptor);
  if (!bytes) return std::unexpected(bytes.error());
  return MayList(*bytes);
}

// Nothing holds the root in the index: it is seen by who may list (or read) it itself.
Expected<bool> Viewer::Sees(Ledger& ledger, const Ledger::Found& found, std::span<const std::string> names) const {
  if (Owns(found.grant)) return true;
  const Expected<scanner::ParsedPath> root = scanner::ParsePath(found.grant.root);
  if (!root) return std::unexpected(root.error());
  const std::size_t first = root->components.size(), last = std::max(first + 1, names.size());
  for (std::size_t length = first; length < last; ++length) {
    const Expected<std::vector<Ledger::Found>> above = ledger.Find(names.first(length), FoldWtf8);
    if (!above) return std::unexpected(above.error());
    const auto same = [&](const Ledger::Found& one) { return one.grant.id == found.grant.id; };
    const auto folder = std::ranges::find_if(*above, same);
    if (folder == above->end()) return false;
    const Expected<bool> may = MayListAt(ledger, folder->node.descriptor);
    if (!may || !*may) return may;
  }
  return true;
}

Expected<std::vector<Ledger::Found>> Viewer::Find(Ledger& ledger, std::string_view path) const {
  const Expected<std::vector<std::string>> names = NamesOf(path);
  if (!names) return std::unexpected(names.error());
  Expected<std::vector<Ledger::Found>> found = ledger.Find(*names, FoldWtf8);
  if (!found || is_admin_) return found;
  std::vector<Ledger::Found> seen;
  for (Ledger::Found& one : *found) {
    const Expected<bool> sees = Sees(ledger, one, *names);
    if (!sees) return std::unexpected(sees.error());
    if (*sees) seen.push_back(std::move(one));
  }
  return seen;
}

Expected<store::Counts> Viewer::CountsOf(Ledger& ledger, const Ledger::Found& found) const {
  store::Counts own;
  ++own[found.node.verdict];
  if (!found.as_folder) return own;
  if (Owns(found.grant)) return found.as_folder->counts;
  if (found.grant.state == store::GrantState::kScanning || found.grant.state == store::GrantState::kPlanning)
    return own;
  const Expected<VisibleFolders> folders = VisibleFolders::Load(ledger, found.grant.id, *this);
  if (!folders) return std::unexpected(folders.error());
  return folders->CountsOf(found.as_folder->id).value_or(own);
}

}  // namespace acledger::daemon
