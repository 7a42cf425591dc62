// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "scanner/ntfs/catalog.h"
#include "scanner/path.h"

namespace acledger::scanner::ntfs {

// The way back from names to objects: what lies in a folder, and the object at a path. Made once for a catalogue, which
// must outlive it; 8 bytes an object. Only sound links are in it: a name whose folder is missing, was reused or is none
// is counted as an orphan. Any number of threads.
class NameLookup {
 public:
  // kTooLarge for more records or hard links than 2^31.
  static Expected<NameLookup> Make(const Catalog& catalog);

  // Calls take(FileReference object, const Catalog::Name&) for each name in the folder, in no order that means
  // anything.
  template <class Take>
  void ForEachChild(FileReference folder, Take take) const {
    for (const Link link : LinksOf(folder)) take(ObjectOf(link), NameOf(link));
  }

  // By a name as the volume holds it (WTF-8): exactly, else by the case rules of NTFS.
  std::optional<FileReference> FindChild(FileReference folder, std::string_view name) const;
  // kNotFound with the component that is not there. Empty: the root. Reparse points are not followed.
  Expected<FileReference> Find(const PathComponents& path) const;

  std::uint64_t Orphans() const { return orphans_; }
  std::size_t MemoryBytes() const { return (starts_.capacity() + links_.capacity()) * sizeof(Link); }

 private:
  // A record's number: its first name. With the highest bit: an index into the catalogue's further names.
  using Link = std::uint32_t;
  static constexpr Link kFurther = Link{1} << 31;

  explicit NameLookup(const Catalog& catalog) : catalog_(&catalog) {}
  template <class Take>
  void ForEachLink(Take take) const;
  void Fill();
  void SortByHash();
  std::span<const Link> LinksOf(FileReference folder) const;
  FileReference ObjectOf(Link link) const;
  Catalog::Name NameOf(Link link) const;
  bool IsSound(const Catalog::Name& name) const;

  const Catalog* catalog_;
  std::vector<std::uint32_t> starts_;  // By the folder's number: where its links begin.
  std::vector<Link> links_;            // Of one folder by the hash of the folded name.
  std::uint64_t orphans_ = 0;
};

}  // namespace acledger::scanner::ntfs
