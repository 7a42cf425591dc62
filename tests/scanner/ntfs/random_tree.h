// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "security/sddl.h"
#include "tests/scanner/ntfs/tiny_volume.h"

namespace acledger::scanner::ntfs {

// A tree of folders and files with few different names, and the volume that holds it: what a brute force looks at. An
// object may have two names.
class RandomTree {
 public:
  struct Name {
    std::uint64_t parent;
    std::u16string text;
    bool operator==(const Name&) const = default;
  };
  struct Object {
    std::uint16_t sequence = 1;
    std::vector<Name> names;
    std::uint32_t descriptor = 0;  // 0 to 3.
    bool is_folder = false;
  };

  RandomTree(unsigned seed, std::uint64_t count) : random_(seed) {
    for (std::uint64_t number = kFirst; number < kFirst + count; ++number) Add(number);
  }

  // Some objects are added, removed, renamed, moved, given another descriptor.
  void Change(unsigned times) {
    for (unsigned i = 0; i < times; ++i) {
      const std::uint64_t number = kFirst + random_() % 200;
      auto found = objects.find(number);
      if (found == objects.end()) {
        Add(number);
        continue;
      }
      Object& object = found->second;
      switch (random_() % 4) {
        case 0:
          if (!object.is_folder) objects.erase(found);
          break;
        case 1:
          if (!object.is_folder) Reuse(number, object);
          break;
        case 2:
          object.names.front().text = Text();
          break;
        default:
          object.descriptor = random_() % 4;
      }
    }
  }

  TinyVolume Volume() const {
    TinyVolume::Shape shape;
    shape.records = 512;
    TinyVolume volume(shape);
    std::vector<std::uint32_t> ids;
    for (const char* sddl :
         {"O:BAG:SYD:(A;;FA;;;SY)", "O:BAG:SYD:(A;;FR;;;WD)", "O:BAG:SYD:P(A;;FA;;;SY)", "O:SYG:SYD:"})
      ids.push_back(volume.AddDescriptor(*security::FromSddl(sddl)));
    volume.AddFolder(kRoot, u".", TinyVolume::kRoot, ids[0]);
    for (const auto& [number, object] : objects) {
      std::vector<format::ByteVector> attributes = {
          format::Resident(AttributeType::kStandardInformation, format::Information(0x20, ids[object.descriptor]))};
      for (const Name& name : object.names)
        attributes.push_back(
            format::Resident(AttributeType::kFileName, format::Name(ReferenceOf(name.parent), name.text)));
      format::RecordFields fields;
      fields.number = number, fields.sequence = object.sequence;
      fields.links = static_cast<std::uint16_t>(object.names.size());
      fields.flags = object.is_folder ? 3 : 1;
      volume.Set(fields, attributes);
    }
    return volume;
  }

  FileReference ReferenceOf(std::uint64_t number) const {
    return number == kRoot ? TinyVolume::kRoot : FileReference::Of(number, objects.at(number).sequence);
  }
  // Components from the root down.
  std::vector<std::u16string> PathOf(const Name& name) const {
    std::vector<std::u16string> path;
    if (name.parent != kRoot) path = PathOf(objects.at(name.parent).names.front());
    path.push_back(name.text);
    return path;
  }

  std::map<std::uint64_t, Object> objects;
  static constexpr std::uint64_t kRoot = 5, kFirst = 30;

 private:
  std::u16string Text() {
    static constexpr const char16_t* kTexts[] = {u"a",     u"Readme.md", u"x.PEM",     u"key.pem", u"\u00C4pfel.txt",
                                                 u"src",   u"node",      u"\xD800odd", u"e\u0301", u"pem",
                                                 u"a.b.c", u"SRC2"};
    return kTexts[random_() % std::size(kTexts)];
  }
  void Add(std::uint64_t number) {
    Object object;
    object.sequence = static_cast<std::uint16_t>(1 + random_() % 3);
    object.descriptor = random_() % 4;
    object.is_folder = random_() % 3 == 0;
    object.names.push_back({Parent(number), Text()});
    if (!object.is_folder && random_() % 5 == 0) object.names.push_back({Parent(number), Text()});
    objects[number] = object;
  }
  void Reuse(std::uint64_t number, Object& object) {
    object.sequence = static_cast<std::uint16_t>(object.sequence + 1);
    object.names = {{Parent(number), Text()}};
  }
  // A folder with a lower number: never a circle.
  std::uint64_t Parent(std::uint64_t number) {
    std::vector<std::uint64_t> folders = {kRoot};
    for (const auto& [other, object] : objects)
      if (object.is_folder && other < number) folders.push_back(other);
    return folders[random_() % folders.size()];
  }

  std::mt19937 random_;
};

}  // namespace acledger::scanner::ntfs
