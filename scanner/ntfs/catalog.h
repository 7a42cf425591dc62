// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scanner/descriptor_pool.h"
#include "scanner/ntfs/damage.h"
#include "scanner/ntfs/mft.h"
#include "scanner/ntfs/object_table.h"
#include "scanner/ntfs/secure.h"

namespace acledger::scanner::ntfs {

// One object of a volume, as its records tell.
struct CatalogObject {
  FileReference id;
  std::uint32_t attributes = 0;   // FILE_ATTRIBUTE_*, kAttributeDirectory where it is a folder.
  std::uint32_t reparse_tag = 0;  // 0: no reparse point, or one whose tag is damaged (the attribute tells).
  // DescriptorPool::kNone: not known for sure. Then nothing may be concluded: never "readable", never "denied".
  DescriptorPool::Number descriptor = DescriptorPool::kNone;
  bool names_are_sure = true;  // False: it may have others than those that are listed.
  bool is_folder = false;
};

struct CatalogReport {
  std::uint64_t objects = 0;
  std::uint64_t names = 0;
  Mft::Pass pass;
  DamageReport damage;
  SecureReport secure;
  std::optional<Error> secure_error;  // $Secure could not be read at all: only descriptors of their own are known.
  std::optional<Error> mft_error;     // Why the spare copy of $MFT's own record was taken.
};

// Every object of a volume at the moment when its $MFT was read: identity, names, attributes, descriptor. Made by
// ReadCatalog(). It finds candidates; before anything is written the object itself is asked. Names lead from an object
// to its folder; for the way back see NameLookup. About 45 bytes an object. Read by any number of threads.
class Catalog {
 public:
  using Name = NameArena::Entry;

  // The object with this number, and this sequence number.
  std::optional<CatalogObject> Find(FileReference id) const;
  // Whatever object has this number now.
  std::optional<CatalogObject> FindNumber(std::uint64_t number) const;

  // Calls take(const CatalogObject&) for every object, by number. Those of NTFS itself ($MFT, ...) are among them: see
  // IsOfNtfs().
  template <class Take>
  void ForEach(Take take) const {
    for (std::uint32_t number = 0; number < objects_.Records(); ++number) {
      if (const ObjectSlot* slot = objects_.Find(number)) take(View(number, *slot));
    }
  }

  // Calls take(const Name&) for each name of the object, DOS names left out.
  template <class Take>
  void ForEachName(std::uint32_t number, Take take) const {
    const ObjectSlot* slot = objects_.Find(number);
    if (slot == nullptr || slot->first_name == NameArena::kNone) return;
    take(names_.At(slot->first_name));
    if (!slot->Is(ObjectSlot::kMoreNames)) return;
    for (const MoreNames& more : MoreOf(number)) take(names_.At(more.position));
  }

  // "\Users\dev" by the first name, WTF-8; "\" for the root. kNotFound: no such object, or one without a name;
  // kCorrupt: a folder above is missing, is none, or is below itself. Ends on any volume.
  Expected<std::string> PathOf(FileReference id) const;
  // Of one of its names.
  Expected<std::string> PathOf(const Name& name) const;

  // The files that NTFS keeps for itself, by their numbers; the root is not one of them.
  static bool IsOfNtfs(std::uint64_t number) { return number < kFirstUserRecord && number != kRootRecord; }

  std::uint32_t Records() const { return objects_.Records(); }
  const CatalogReport& Report() const { return report_; }
  std::size_t MemoryBytes() const;  // Without the descriptors, which are the pool's.

 private:
  friend class CatalogBuilder;
  friend class NameLookup;
  struct MoreNames {
    std::uint32_t number;
    NameArena::Position position;
  };

  explicit Catalog(std::uint32_t records) : objects_(records) {}
  CatalogObject View(std::uint32_t number, const ObjectSlot& slot) const;
  std::span<const MoreNames> MoreOf(std::uint32_t number) const;
  Expected<void> Climb(FileReference folder, std::vector<std::string_view>& components) const;

  struct Tag {
    std::uint32_t number, tag;
  };

  ObjectTable objects_;
  NameArena names_;
  std::vector<MoreNames> more_names_;  // By number.
  std::vector<Tag> tags_;              // By number.
  CatalogReport report_;
};

}  // namespace acledger::scanner::ntfs
