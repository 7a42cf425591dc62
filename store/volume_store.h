// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "security/descriptor.h"
#include "security/error.h"
#include "store/volume_page.h"

namespace acledger::store {

namespace sqlite {
class Database;
}  // namespace sqlite

using DescriptorId = std::int64_t;

// What an index is of, and what it holds.
struct VolumeIndex {
  std::uint64_t serial = 0;  // Of the volume.
  std::string name;          // The volume's, when it was read.
  std::int64_t read_at = 0;  // Seconds since 1970, UTC.
  std::uint64_t objects = 0, names = 0;
  std::uint64_t damaged = 0;           // Records that could not be read: their objects are not in it.
  std::uint64_t pages = 0, bytes = 0;  // What it takes; the store knows, SetIndex() does not ask.
};

// What every error of a damaged index ends with.
inline constexpr char kIndexMakesAgain[] = " (acledger index makes it again)";

// Where the index of a volume lies: beside its ledger.
std::string IndexPath(const std::string& ledger);

// The index of a whole volume as its $MFT had it, in a file of its own: SQLite, WAL, synchronous=NORMAL, one writer
// (PATH.lock), any number of readers beside it. It can be made again at any time, and nothing rests on it: a damaged
// file is dropped by the next writer, and the ledger never knows.
//
// Threads: one at a time. Errors: kNotFound (no index was made), kBusy (another writer), kMismatch (of another volume),
// kCorrupt (with what makes it again), kInvalid (a link; no index), kReadOnly, kNoSpace, kDenied, kIo. A failed write
// inside InTransaction() must end it: return the error.
class VolumeStore {
 public:
  // Makes it where it is not there, and anew where it is damaged or of another version: see Dropped(). A file that is
  // not an index is kept as PATH.damaged-N. kMismatch: it is of another volume, and left alone.
  static Expected<std::unique_ptr<VolumeStore>> OpenToWrite(const std::string& path, std::uint64_t serial);
  static Expected<std::unique_ptr<VolumeStore>> OpenToRead(const std::string& path);
  ~VolumeStore();
  VolumeStore(const VolumeStore&) = delete;
  VolumeStore& operator=(const VolumeStore&) = delete;

  const std::string& Path() const { return path_; }
  // Why what was there was not gone on with; empty: it was, or nothing was there.
  const std::string& Dropped() const { return dropped_; }
  // Drops everything, and begins with an empty file. Writer only, not inside a transaction.
  Expected<void> BeginAnew(const std::string& why);

  // Runs `body` in one transaction; a reader sees the same moment in all of it. Not nested.
  Expected<void> InTransaction(const std::function<Expected<void>()>& body);

  Expected<std::optional<VolumeIndex>> Index();  // Empty: none was made.
  Expected<void> SetIndex(const VolumeIndex& index);
  // The number of this descriptor, by content: the same one as before where the file holds it.
  Expected<DescriptorId> Intern(security::Bytes descriptor);
  Expected<security::DescriptorBytes> Descriptor(DescriptorId id);
  // True: written. False: the file held these bytes already. One without objects is dropped.
  Expected<bool> PutPage(const VolumePageWriter& page);
  // This one and all behind it, and those with a number that no page has. How many there were.
  Expected<std::uint64_t> DropPagesFrom(std::uint32_t first);
  Expected<std::optional<VolumePage>> ReadPage(std::uint32_t page);  // Empty: no objects there.
  Expected<std::uint32_t> PagesEnd();                                // One past the last page.
  // The names of each page in order, each with kNameEnd behind it, until `take` says false. They are valid for the
  // call.
  using TakeNames = std::function<Expected<bool>(std::uint32_t page, std::string_view names)>;
  Expected<void> ScanNames(const TakeNames& take);

 private:
  explicit VolumeStore(std::string path);
  Expected<void> OpenExisting(std::uint64_t serial);
  Expected<void> Make();
  std::unexpected<Error> Damaged(const std::string& what) const;

  std::string path_;
  std::string dropped_;
  bool read_only_ = false;
  std::unique_ptr<sqlite::Database> lock_;  // Null for a reader.
  std::unique_ptr<sqlite::Database> db_;
};

}  // namespace acledger::store
