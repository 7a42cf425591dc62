// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "scanner/ntfs/catalog.h"
#include "scanner/ntfs/record_facts.h"

namespace acledger::scanner::ntfs {

// Reads a volume: $Secure:$SDS, then $MFT, each once and in order. Each distinct descriptor goes into `pool` once,
// whether it is shared or an object's own. Fails only where there is no volume or its $MFT cannot be found; everything
// else that is damaged costs the objects that depend on it, and is counted in the catalogue's report.
Expected<Catalog> ReadCatalog(BlockDevice& device, DescriptorPool& pool);

// The work of ReadCatalog(). An object's attributes may lie in several records, before and behind its base record: what
// an extension record holds is put aside and given to its object at the end, if the object's own $ATTRIBUTE_LIST names
// that record. A record that only claims to continue an object changes nothing about it.
class CatalogBuilder {
 public:
  // Both must outlive it.
  CatalogBuilder(const Mft& mft, DescriptorPool& pool) : mft_(mft), pool_(pool), catalog_(mft.Records()) {}

  Catalog Build();

 private:
  // What one record, or all records of one object, say that is not names.
  struct Parts {
    std::optional<StandardInformation> information;
    DescriptorPool::Number own_descriptor = DescriptorPool::kNone;
    std::uint32_t tag = 0;
    std::uint16_t informations = 0, own_descriptors = 0, reparse_points = 0;
    std::uint16_t names = 0;  // DOS names and unreadable ones too.
    bool bad_names = false;
  };
  struct Extension {
    std::uint32_t number = 0;
    std::uint16_t sequence = 0;
    bool claimed = false;
    FileReference base;
    Parts parts;
    std::vector<NameArena::Position> names;
  };
  // An object with a list, until all records are read.
  struct Continued {
    std::uint32_t number = 0;
    std::uint16_t links = 0;
    Parts parts;
    std::string list_error;                // Why the list cannot be read.
    std::vector<ListedAttribute> entries;  // That matter here, in other records.
  };

  void ReadShared();
  void Take(std::uint32_t number, const Expected<RecordView>& record);
  void TakeBase(std::uint32_t number, const RecordView& record);
  void TakeExtension(std::uint32_t number, const RecordView& record);
  void PutAside(std::uint32_t number, const RecordView& record, const Parts& parts);
  Parts PartsOf(const RecordFacts& facts);
  DescriptorPool::Number ReadOwnDescriptor(const AttributeView& attribute);
  // Adds the names of facts_ (DOS names left out) to the arena.
  void KeepNames(Parts& parts, std::vector<NameArena::Position>& to);
  void GiveName(std::uint32_t number, ObjectSlot& slot, NameArena::Position name);

  void Join(Continued& object);
  // False with `why`: the record is not what the object's list says of it.
  bool Claim(Continued& object, std::span<const ListedAttribute> entries, std::string& why);
  void Settle(std::uint32_t number, const Parts& parts, std::uint16_t links);
  void SettleDescriptor(std::uint32_t number, ObjectSlot& slot, const Parts& parts);
  void Finish();

  const Mft& mft_;
  DescriptorPool& pool_;
  Catalog catalog_;
  SharedDescriptors shared_;
  std::vector<Extension> extensions_;  // By number.
  std::vector<Continued> continued_;
  RecordFacts facts_;                            // Of the record at hand.
  std::vector<NameArena::Position> kept_names_;  // Of the record at hand.
  std::uint64_t own_bytes_ = 0;                  // Of distinct descriptors that objects have of their own.
  std::uint64_t listed_ = 0;                     // Entries of all lists.
};

}  // namespace acledger::scanner::ntfs
