// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <unordered_map>

#include "scanner/opener.h"
#include "scanner/session.h"

namespace acledger::scanner {

// What was found where a change was looked for.
struct SeenObject {
  enum Answer : std::uint8_t {
    kOurs,     // An object of the same kind that holds what the change left, or carries its entry beside others' edits.
    kNotOurs,  // Another kind of object, one without our entry, or none.
    kUnknown,  // It could not be asked: `error` says why.
  };
  Answer answer = kNotOurs;
  bool is_same = false;  // It holds what the change left (in whatever layout).
  FileId id;
  store::DescriptorId descriptor = 0;
  std::optional<Error> error;
};

// Looks for the objects that a grant's changes tell of, by place and by id. Nothing is written to the volume; names are
// opened one by one from its root, and never through a reparse point. An error is the ledger's. One thread.
class ObjectFinder {
 public:
  // All must outlive it. `paths`: of changes that the index may have no place for any more, by their ids.
  using Paths = std::unordered_map<store::ChangeId, PathComponents>;
  ObjectFinder(Volume& volume, GrantContext& context, const Paths& paths);

  // Where the change was made; what has its name and its id, in folders that have theirs.
  Expected<SeenObject> AtPlaceWithId(const store::Change& change);
  // What has its name now, whatever the ids.
  Expected<SeenObject> AtPlace(const store::Change& change);
  Expected<SeenObject> ById(const store::Change& change);
  // By its id, where that cannot be chance: it has the change's name wherever it is now, or it is the grant's root and
  // holds what the change left.
  Expected<SeenObject> MovedWithItsName(const store::Change& change);

  std::optional<PathComponents> PlaceOf(const store::Change& change) const;

 private:
  Expected<SeenObject> Look(const store::Change& change, Expected<std::unique_ptr<Object>> object);
  Expected<bool> HoldsAfter(const store::Change& change, security::Bytes now);
  Expected<bool> CarriesEntry(const store::Change& change, store::DescriptorId now);
  Expected<std::unique_ptr<Object>> OpenAt(const PathComponents& path);

  Volume& volume_;
  GrantContext& context_;
  const Paths& paths_;
  Opener opener_;
  PathComponents parent_path_;
  std::unique_ptr<Object> parent_;  // The folder there: neighbours are looked for one after the other.
};

}  // namespace acledger::scanner
