// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/progress.h"
#include "security/descriptor.h"
#include "security/error.h"
#include "security/file_id.h"

namespace acledger::scanner {

namespace ntfs {
class BlockDevice;  // scanner/ntfs/block_device.h
}

// FILE_ATTRIBUTE_* (MS-FSCC 2.6), the ones that decide something here.
inline constexpr std::uint32_t kAttributeReadOnly = 0x00000001;
inline constexpr std::uint32_t kAttributeDirectory = 0x00000010;
inline constexpr std::uint32_t kAttributeReparsePoint = 0x00000400;
inline constexpr std::uint32_t kAttributeOffline = 0x00001000;
inline constexpr std::uint32_t kAttributeRecallOnOpen = 0x00040000;
inline constexpr std::uint32_t kAttributeRecallOnDataAccess = 0x00400000;

// What a handle is opened for.
enum class Access : std::uint8_t {
  kRead,   // READ_CONTROL, attributes; on a folder also listing.
  kWrite,  // The same and WRITE_DAC.
};

// What a handle says of itself: never of a name.
struct ObjectInfo {
  FileId id;
  std::uint32_t attributes = 0;
  std::uint32_t reparse_tag = 0;  // 0 where the object is no reparse point.
  std::uint32_t link_count = 1;   // Hard links; DOS names do not count.

  bool IsFolder() const { return (attributes & kAttributeDirectory) != 0; }
  bool IsReparsePoint() const { return (attributes & kAttributeReparsePoint) != 0; }
};

// One name in a folder. `name` is raw UTF-16 (unpaired surrogates included), one component.
struct ListedName {
  std::u16string name;
  FileId id;
  std::uint32_t attributes = 0;
  std::uint32_t reparse_tag = 0;
};

// One of the names of an object with several hard links.
struct LinkName {
  FileId parent;
  std::u16string name;
};

// An open handle on one object. One thread at a time; different objects may be used by different threads.
class Object {
 public:
  virtual ~Object() = default;

  virtual Expected<ObjectInfo> Info() = 0;

  // The self-relative descriptor: owner, group and DACL as stored (the SACL or its label part where the right for it is
  // held). Replaces `out`, whose capacity is reused.
  virtual Expected<void> ReadDescriptor(security::DescriptorBytes& out) = 0;

  // Writes the DACL of `descriptor` (with its PROTECTED and AUTO_INHERITED bits) and nothing else. Success is what the
  // system said: the caller reads back. Needs Access::kWrite.
  virtual Expected<void> WriteDacl(security::Bytes descriptor) = 0;

  // Calls `take` with runs of names ("." and ".." left out, DOS names left out) until the end or until it returns
  // false. The names of one run are valid for the call only.
  virtual Expected<void> List(const std::function<bool(std::span<const ListedName>)>& take) = 0;

  // The first `limit` bytes of the file's contents. kInvalid for a folder. Never fetches from a cloud.
  virtual Expected<std::string> ReadContent(std::size_t limit) = 0;

  // Opens one component below this folder. A reparse point is opened itself, never followed. kInvalid for a name with
  // '\\', '/', ':' or NUL, for ".", ".." and the empty name. kBusy where an oplock or a sharing mode stands in the way.
  // A name is looked up exactly first and then by the volume's case rules.
  virtual Expected<std::unique_ptr<Object>> OpenChild(std::u16string_view name, Access access) = 0;

  // Every name of the object (one for a file without hard links).
  virtual Expected<std::vector<LinkName>> Names() = 0;
};

struct VolumeInfo {
  std::uint64_t serial = 0;  // NTFS volume serial number: binds a ledger to its volume.
  std::string name;          // As the user knows it: the image's path, or "C:".
  std::string file_system;   // "NTFS", "fake", ...
  unsigned max_readers = 1;  // Threads that gain from reading at once; 1 where the library is not thread-safe.
  bool read_only = false;
  bool is_image = false;  // Offline: a grant on the volume's root is allowed, machine-relative principals are not.
  FileId root;            // The root folder of the volume.
  std::vector<security::Sid>
      machine_sids;  // SIDs of the machine that the volume belongs to, as far as known (S-1-5-21-a-b-c).
};

// Calls made, exact: tests and benches assert on them.
struct VolumeCounters {
  std::atomic<std::uint64_t> opens{0};
  std::atomic<std::uint64_t> opens_for_write{0};
  std::atomic<std::uint64_t> descriptor_reads{0};
  std::atomic<std::uint64_t> descriptor_writes{0};  // Every call that could change a descriptor, also failed ones.
  std::atomic<std::uint64_t> listings{0};
  std::atomic<std::uint64_t> flushes{0};
};

// When a walk over much of a volume reads the volume's own tables instead of opening each object.
enum class IndexUse : std::uint8_t {
  kAuto,    // Once the walk has opened so much that the tables would have cost no more.
  kAlways,  // From the first folder on.
  kNever,
};

class BulkView;

// The seam to a file system that keeps NT security. Implementations: scanner/win32 (live), scanner/ntfs3g (an image or
// a device), tests/fake_volume. All members may be called from several threads at once (an implementation whose library
// cannot do that takes a lock of its own). Must outlive its objects.
class Volume {
 public:
  virtual ~Volume() = default;

  virtual const VolumeInfo& Info() const = 0;
  virtual Expected<std::unique_ptr<Object>> OpenRoot(Access access) = 0;

  // By identity: found wherever it was moved to. kNotFound if the object is gone (a reused record has another sequence
  // number).
  virtual Expected<std::unique_ptr<Object>> OpenById(const FileId& id, Access access) = 0;

  // Says which descriptors WriteDacl() will be given next (distinct ones, a batch at a time), so that a volume that
  // keeps each distinct descriptor once can store the new ones together: one wait for the disk instead of one each.
  // Never needed for a right result. Changes no object.
  virtual Expected<void> PrepareDescriptors(std::span<const security::Bytes> descriptors) {
    (void)descriptors;
    return {};
  }

  // Makes all descriptors written so far durable. kUnsupported where this process has no right to (a live volume
  // without an administrator's): then nothing that was written counts as final.
  virtual Expected<void> Flush() = 0;

  // Proves that descriptors are kept at `folder`: writes one to a scratch object, reads it back and removes the object.
  // kUnsupported where the file system has none, kNoEffect where it only says that it has.
  virtual Expected<void> ProbeDescriptors(Object& folder) = 0;

  // This volume for who looks at much of it; see BulkView. Fails, with the reason, where there is no such view: where
  // it has no tables, this process may not read them, or nobody tells what changes meanwhile. Once `stop` is set, the
  // tables are read no further. Both must outlive the view.
  virtual Expected<std::unique_ptr<BulkView>> ViewInBulk(IndexUse use, const StopFlag& stop);
  // What holds it, read as the volume itself reads it. Null where nothing does: a mounted volume runs ahead of that.
  virtual ntfs::BlockDevice* Bytes() { return nullptr; }

  const VolumeCounters& Counters() const { return counters_; }

 protected:
  VolumeCounters counters_;
};

// A volume as its own tables (NTFS: $MFT and $Secure) tell, read once and as a whole; every object that they do not
// tell for sure is asked of the volume itself. It finds candidates, and a result rests on the real object. Reading
// only: kReadOnly for the rest. Where the tables cannot be read, all is asked of the volume, and Report() says why.
//
// As of when? Where nobody else writes, as of a moment between the view's making and its first answer from them. On a
// mounted volume an answer is as of some moment between that one and now, each object's of its own, as with a walk:
// what changed while the tables were read is asked of the volume, and so is, from the next look at the journal on, what
// changes later. Who needs more asks Changed() at the end.
class BulkView : public Volume {
 public:
  struct Outcome {
    std::uint64_t from_tables = 0;  // Objects opened without the volume.
    std::uint64_t from_volume = 0;  // Asked of it: before the tables were read, or because they are not sure.
    std::optional<Error> error;     // Why the tables were not read, or not used to the end.
    bool stopped = false;           // On the way through the tables. They are read again for who asks again.
  };
  virtual Outcome Report() const = 0;

  struct Found {
    struct Folder {
      std::size_t parent = 0;  // In `folders`, before this one; of the first, the root, itself.
      FileId id;
      std::u16string name;
    };
    struct Name {
      std::size_t folder = 0;
      FileId id;
      std::u16string name;
      security::Bytes descriptor;  // Valid as long as the view. Empty: it is not sure.
    };
    struct Unplaced {
      FileId id;
      security::Bytes descriptor;  // As it was before, where that `is_wanted`. Valid as long as the view.
    };
    std::vector<Folder> folders;     // Those on the way to the names, and others.
    std::vector<Name> names;         // A folder comes before what lies in it.
    std::vector<Unplaced> unplaced;  // They or a folder above have changed: where they are, if at all, is to be asked.
    std::uint64_t total = 0;  // Names that were looked at: all that a walk from the root finds, the root not counted.
  };
  // Every name of an object whose descriptor `is_wanted`, or is not sure, that a walk from the root would find which
  // enters no reparse point but those of clouds. `is_wanted` is asked once for each distinct descriptor. Empty: the
  // tables cannot be read, may lack some name (then only such a walk tells), or Report() says that it was stopped.
  virtual std::optional<Found> Find(const std::function<bool(security::Bytes)>& is_wanted) = 0;

  // Objects whose names, descriptor, attributes or reparse tag changed, or that were made, since the tables were begun
  // to be read, or since the last call; up to this moment. Some may be gone. Fails where that cannot be told: then only
  // a walk tells, and the tables are not used from now on. Always none where nobody else writes.
  virtual Expected<std::vector<FileId>> Changed() = 0;
};

// Of an object like any other to who opens it: those of OneDrive and other clouds (IO_REPARSE_TAG_CLOUD to _F), and
// that of compressed system files (IO_REPARSE_TAG_WOF), which Windows does not even show while the driver for them
// runs.
inline bool IsTransparentTag(std::uint32_t tag) { return (tag & 0xFFFF0FFFu) == 0x9000001Au || tag == 0x80000017u; }

inline Expected<std::unique_ptr<BulkView>> Volume::ViewInBulk(IndexUse, const StopFlag&) {
  return Fail(ErrorKind::kUnsupported, "read the volume's tables", "it has none that can be read");
}

}  // namespace acledger::scanner
