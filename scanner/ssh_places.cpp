// SPDX-License-Identifier: MIT
#include "scanner/ssh_places.h"

#include <algorithm>

#include "scanner/opener.h"
#include "scanner/ssh_config.h"
#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

constexpr std::size_t kMaxConfigBytes = 1 << 20;

// The profile that `root` is, or lies in; all of them for a root above.
Expected<std::vector<PathComponents>> ProfilesReachedBy(Volume& volume, const PathComponents& root) {
  if (!root.empty() && !SameName(root[0], u"Users")) return std::vector<PathComponents>{};
  if (root.size() >= 2) return std::vector<PathComponents>{{root[0], root[1]}};
  const PathComponents users{root.empty() ? u"Users" : root[0]};
  const Expected<std::unique_ptr<Object>> folder = OpenPath(volume, users, Access::kRead);
  if (!folder && folder.error().kind == ErrorKind::kNotFound) return std::vector<PathComponents>{};
  if (!folder) return std::unexpected(folder.error());
  std::vector<PathComponents> profiles;
  const Expected<void> listed = (*folder)->List([&](std::span<const ListedName> names) {
    for (const ListedName& name : names) {
      const bool is_plain_folder =
          (name.attributes & kAttributeDirectory) != 0 && (name.attributes & kAttributeReparsePoint) == 0;
      if (is_plain_folder) profiles.push_back({users[0], name.name});
    }
    return true;
  });
  if (!listed) return std::unexpected(listed.error());
  return profiles;
}

Expected<std::string> ReadConfig(Volume& volume, const PathComponents& path) {
  const Expected<std::unique_ptr<Object>> file = OpenPath(volume, path, Access::kRead);
  if (!file) return std::unexpected(file.error());
  return (*file)->ReadContent(kMaxConfigBytes);
}

}  // namespace

Expected<std::vector<std::string>> SshPlaces(Volume& volume, const PathComponents& root,
                                             std::vector<std::string>& notes) {
  const Expected<std::vector<PathComponents>> profiles = ProfilesReachedBy(volume, root);
  if (!profiles) return std::unexpected(profiles.error());
  std::vector<std::string> places;
  for (const PathComponents& profile : *profiles) {
    PathComponents path = profile;
    path.insert(path.end(), {u".ssh", u"config"});
    const Expected<std::string> text = ReadConfig(volume, path);
    if (!text && text.error().kind == ErrorKind::kNotFound) continue;
    if (!text) {
      notes.push_back(FormatPath(path) + " cannot be read (" + text.error().ToString() +
                      "): keys that it names outside .ssh are not left out; name them with --exclude");
      continue;
    }
    for (const PathComponents& target : SshConfigTargets(*text, profile)) {
      std::string place = FormatPath(target);
      if (ParsePath(place)) places.push_back(std::move(place));  // Else no file can have this name.
    }
  }
  std::ranges::sort(places);
  places.erase(std::ranges::unique(places).begin(), places.end());
  return places;
}

}  // namespace acledger::scanner
