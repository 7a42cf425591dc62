// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>

#include "security/wtf8.h"
#include "tests/ntfs/test_image.h"

namespace acledger::scanner {

// What a volume tells of one name.
struct Told {
  ObjectInfo info;
  security::DescriptorBytes descriptor;
  std::set<std::pair<FileId, std::u16string>> names;
};

// Every name below a folder, never through a reparse point.
inline void TellBelow(Object& folder, const std::string& path, std::map<std::string, Told>& told) {
  std::vector<ListedName> listed;
  Must(folder.List([&](std::span<const ListedName> run) {
    listed.insert(listed.end(), run.begin(), run.end());
    return true;
  }));
  for (const ListedName& name : listed) {
    const auto object = Must(folder.OpenChild(name.name, Access::kRead));
    Told one{Must(object->Info()), Read(*object), {}};
    EXPECT_EQ(one.info.id, name.id);
    for (const LinkName& link : Must(object->Names())) one.names.emplace(link.parent, link.name);
    const std::string below = path + "\\" + ToWtf8(name.name);
    if (one.info.IsFolder() && !one.info.IsReparsePoint()) TellBelow(*object, below, told);
    EXPECT_TRUE(told.emplace(below, std::move(one)).second) << below;
  }
}

inline std::map<std::string, Told> TellAll(Volume& volume) {
  std::map<std::string, Told> told;
  TellBelow(*Must(volume.OpenRoot(Access::kRead)), "", told);
  return told;
}

inline void ExpectSame(const std::map<std::string, Told>& left, const std::map<std::string, Told>& right) {
  ASSERT_EQ(left.size(), right.size());
  for (const auto& [path, one] : left) {
    SCOPED_TRACE(path);
    ASSERT_TRUE(right.contains(path));
    const Told& other = right.at(path);
    EXPECT_EQ(one.info.id, other.info.id);
    EXPECT_EQ(one.info.attributes, other.info.attributes);
    EXPECT_EQ(one.info.reparse_tag, other.info.reparse_tag);
    EXPECT_EQ(one.info.link_count, other.info.link_count);
    EXPECT_EQ(one.descriptor, other.descriptor);
    EXPECT_EQ(one.names, other.names);
  }
}

}  // namespace acledger::scanner
