// SPDX-License-Identifier: MIT
#include "scanner/machine_sids.h"

#include <algorithm>

#include "scanner/opener.h"

namespace acledger::scanner {
namespace {

constexpr std::uint32_t kFirstAccountRid = 500;  // Administrator; ordinary accounts begin at 1000.

void AddAccount(const std::optional<security::Sid>& sid, std::vector<security::Sid>& found) {
  if (!sid || !sid->IsMachineRelative() || sid->SubAuthorityCount() != 5 || sid->SubAuthority(4) < kFirstAccountRid)
    return;
  if (std::ranges::none_of(found, [&](const security::Sid& known) { return known.SameDomain(*sid); }))
    found.push_back(*sid);
}

}  // namespace

Expected<std::vector<security::Sid>> MachineSids(Volume& volume) {
  if (!volume.Info().machine_sids.empty()) return volume.Info().machine_sids;
  std::vector<security::Sid> found;
  Expected<std::unique_ptr<Object>> users = OpenPath(volume, {u"Users"}, Access::kRead);
  if (!users && users.error().kind == ErrorKind::kNotFound) return found;
  if (!users) return std::unexpected(users.error());
  std::vector<std::u16string> profiles;
  const Expected<void> listed = (*users)->List([&profiles](std::span<const ListedName> names) {
    for (const ListedName& name : names)
      if ((name.attributes & kAttributeReparsePoint) == 0) profiles.push_back(name.name);
    return true;
  });
  if (!listed) return std::unexpected(listed.error());
  security::DescriptorBytes bytes;
  for (const std::u16string& name : profiles) {
    Expected<std::unique_ptr<Object>> profile = (*users)->OpenChild(name, Access::kRead);
    if (!profile) return std::unexpected(profile.error());
    if (Expected<void> read = (*profile)->ReadDescriptor(bytes); !read) return std::unexpected(read.error());
    const Expected<security::DescriptorView> view = security::DescriptorView::Parse(bytes);
    if (!view) continue;  // What cannot be parsed names nobody; the scan reports it.
    AddAccount(view->Owner(), found);
    if (!view->HasNullDacl())
      for (const security::AceView ace : *view->Dacl()) AddAccount(ace.TrusteeSid(), found);
  }
  return found;
}

}  // namespace acledger::scanner
