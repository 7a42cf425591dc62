// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <string_view>

#include "scanner/volume.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::scanner {

// Whether the system knows an optional call. Learnt by trying: version numbers lie under emulation and on file servers.
class Capability {
 public:
  bool MaybeThere() const { return there_.load(std::memory_order_relaxed); }
  // True if `status` says that the system does not know what was asked for; then it is not asked again.
  bool LearnFrom(NTSTATUS status);

 private:
  std::atomic<bool> there_{true};
};

// What all objects of one volume share. Outlives them.
struct NtContext {
  explicit NtContext(VolumeCounters& counter_set) : counters(counter_set) {}

  VolumeCounters& counters;
  bool backup_intent = false;  // The privileges are enabled.
  bool wide_ids = false;       // Ids of 128 bits (ReFS): only some calls give them.

  Capability dont_reparse;      // OBJ_DONT_REPARSE (Windows 10).
  Capability stat_information;  // FileStatInformation (Windows 10 1709).
  Capability extended_listing;  // FileIdExtdDirectoryInformation (Windows 8.1).

  enum class Requests : std::uint8_t { kNotKnown, kActedOn, kKept };
  std::atomic<Requests> auto_inherit_requests{Requests::kNotKnown};  // See nt::ControlForWrite().
};

// Rights asked for with every open. READ_CONTROL and the like take no part in sharing checks, so that nobody is
// disturbed.
inline constexpr ACCESS_MASK kReadAccess = READ_CONTROL | FILE_READ_ATTRIBUTES | SYNCHRONIZE;
ACCESS_MASK RightsFor(Access access);

// Opens `name` below `folder`; an empty name opens `folder` itself once more. The system's options that every open of
// ours has (no-follow, no-recall, backup intent, no waiting for oplocks) are added. `options`: more FILE_* create
// options.
Expected<win32::NtHandle> OpenBelow(NtContext& context, HANDLE folder, std::u16string_view name, ACCESS_MASK rights,
                                    ULONG options = 0);
// By file id, on the volume that `folder` is on.
Expected<win32::NtHandle> OpenFileId(NtContext& context, HANDLE folder, const FileId& id, ACCESS_MASK rights);
// By an absolute path of the object manager's namespace: "\??\C:\".
Expected<win32::NtHandle> OpenAbsolute(const NtContext& context, std::u16string_view path, ACCESS_MASK rights,
                                       ULONG options);

// Identity and attributes of what the handle stands for.
Expected<ObjectInfo> QueryInfo(NtContext& context, HANDLE file);

// A UNICODE_STRING on characters that somebody else owns. Precondition: at most 32,766 units.
UNICODE_STRING AsUnicode(std::u16string_view text);

template <class Information>
NTSTATUS QueryFile(HANDLE file, win32::FileInformationClass what, Information& information) {
  IO_STATUS_BLOCK io{};
  return win32::QueryInformationFile(file, &io, &information, sizeof(information), what);
}

}  // namespace acledger::scanner
