// SPDX-License-Identifier: MIT
#include "scanner/win32/win32_volume.h"

#include <algorithm>
#include <array>
#include <thread>

#include "scanner/catalog/catalog_volume.h"
#include "scanner/win32/descriptor_probe.h"
#include "scanner/win32/usn_journal.h"
#include "scanner/win32/win32_object.h"
#include "security/win32/machine_sid.h"
#include "security/win32/privilege.h"
#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

class Win32Volume : public Volume {
 public:
  Win32Volume() : context_(counters_) {}

  // Opens the root folder and learns what the volume is.
  Expected<void> Open(char drive, const Win32VolumeOptions& options);

  const VolumeInfo& Info() const override { return info_; }
  Expected<std::unique_ptr<Object>> OpenRoot(Access access) override {
    return ToObject(context_, OpenBelow(context_, root_.Get(), {}, RightsFor(access)), access);
  }
  Expected<std::unique_ptr<Object>> OpenById(const FileId& id, Access access) override {
    return ToObject(context_, OpenFileId(context_, root_.Get(), id, RightsFor(access)), access);
  }
  Expected<void> Flush() override;
  // Needs the handle of the volume, which administrators get.
  Expected<std::unique_ptr<BulkView>> ViewInBulk(IndexUse use, const StopFlag& stop) override;
  Expected<void> ProbeDescriptors(Object& folder) override {
    return ProbeDescriptorsIn(context_, static_cast<Win32Object&>(folder).Handle());
  }

 private:
  Expected<void> CheckKind();
  Expected<void> LearnInfo();

  NtContext context_;
  VolumeInfo info_;
  win32::NtHandle root_;
  std::u16string device_path_;  // "\??\C:", the volume itself.
};

template <class Information>
NTSTATUS QueryVolume(HANDLE file, FS_INFORMATION_CLASS what, Information& information) {
  IO_STATUS_BLOCK io{};
  return NtQueryVolumeInformationFile(file, &io, &information, sizeof(information), what);
}

template <class Fixed>
struct WithName {
  Fixed fixed;
  std::array<wchar_t, 64> room;
};

Expected<void> Win32Volume::Open(char drive, const Win32VolumeOptions& options) {
  if (options.use_backup_privileges) {
    const Expected<bool> backup = win32::EnablePrivilege(win32::Privilege::kBackup);
    if (!backup) return std::unexpected(backup.error());
    const Expected<bool> restore = win32::EnablePrivilege(win32::Privilege::kRestore);
    if (!restore) return std::unexpected(restore.error());
    context_.backup_intent = *backup || *restore;
  }
  info_.name = {drive, ':'};
  device_path_ = u"\\??\\";
  device_path_ += static_cast<char16_t>(drive);
  device_path_ += u':';
  // The root of a drive is behind a symbolic link of the object manager: OBJ_DONT_REPARSE would refuse it.
  auto root = OpenAbsolute(context_, device_path_ + u'\\', kReadAccess, FILE_DIRECTORY_FILE);
  if (!root) return std::unexpected(std::move(root.error()).At(info_.name));
  root_ = std::move(*root);
  if (Expected<void> kind = CheckKind(); !kind) return std::unexpected(std::move(kind.error()).At(info_.name));
  if (Expected<void> learnt = LearnInfo(); !learnt) return std::unexpected(std::move(learnt.error()).At(info_.name));
  return {};
}

Expected<void> Win32Volume::CheckKind() {
  win32::FileFsDeviceInformation device{};
  const NTSTATUS status = QueryVolume(root_.Get(), win32::kFileFsDeviceInformation, device);
  if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("read the kind of drive", status));
  if (device.characteristics & win32::kRemoteDevice)
    return Fail(ErrorKind::kUnsupported, "open", "a network drive; acledger works on local volumes");
  WithName<FILE_NAME_INFORMATION> name{};
  // A longer name overflows the buffer: it is not the root's "\" either.
  const NTSTATUS named = QueryFile(root_.Get(), FileNameInformation, name);
  if (named != STATUS_BUFFER_OVERFLOW && named != STATUS_SUCCESS)
    return std::unexpected(win32::StatusError("read the name of the root", named));
  if (name.fixed.FileNameLength > sizeof(wchar_t))
    return Fail(ErrorKind::kUnsupported, "open", "a drive letter for a folder (SUBST); name the volume itself");
  return {};
}

Expected<void> Win32Volume::LearnInfo() {
  WithName<FILE_FS_ATTRIBUTE_INFORMATION> attributes{};
  NTSTATUS status = QueryVolume(root_.Get(), FileFsAttributeInformation, attributes);
  if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("read the kind of file system", status));
  const auto& fixed = attributes.fixed;
  const std::u16string kind(fixed.FileSystemName, fixed.FileSystemName + fixed.FileSystemNameLength / sizeof(wchar_t));
  info_.file_system = ToWtf8(kind);
  info_.read_only = (fixed.FileSystemAttributes & FILE_READ_ONLY_VOLUME) != 0;

  win32::FileIdInformation id{};
  status = QueryFile(root_.Get(), win32::kFileIdInformation, id);
  if (status == STATUS_SUCCESS) {
    info_.serial = id.volume_serial;
    context_.wide_ids = info_.file_system != "NTFS";
  } else {
    WithName<FILE_FS_VOLUME_INFORMATION> volume{};
    status = QueryVolume(root_.Get(), FileFsVolumeInformation, volume);
    if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("read the volume's serial number", status));
    info_.serial = volume.fixed.VolumeSerialNumber;
  }
  const Expected<ObjectInfo> root = QueryInfo(context_, root_.Get());
  if (!root) return std::unexpected(root.error());
  info_.root = root->id;
  info_.max_readers = std::clamp(std::thread::hardware_concurrency(), 2u, 8u);
  // A machine without an answer (a server that is its own domain) has no local accounts to be mistaken for others.
  if (const Expected<security::Sid> machine = win32::MachineSid()) info_.machine_sids.push_back(*machine);
  return {};
}

Expected<void> Win32Volume::Flush() {
  ++counters_.flushes;
  // Only the volume's own handle flushes all of its metadata, and only administrators may open it so.
  const auto volume = OpenAbsolute(context_, device_path_, FILE_WRITE_DATA | SYNCHRONIZE, 0);
  if (!volume) return Fail(ErrorKind::kUnsupported, "flush the volume", volume.error().reason, volume.error().code);
  IO_STATUS_BLOCK io{};
  const NTSTATUS status = NtFlushBuffersFile(volume->Get(), &io);
  if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("flush the volume", status));
  return {};
}

Expected<std::unique_ptr<BulkView>> Win32Volume::ViewInBulk(IndexUse use, const StopFlag& stop) {
  if (info_.file_system != "NTFS") return Volume::ViewInBulk(use, stop);
  std::unique_ptr<UsnJournal> journal = OpenWin32UsnJournal(info_.name);
  // Where there is none, or none for us, no look at the device is worth its time.
  if (const Expected<UsnJournalState> state = journal->Query(); !state) return std::unexpected(state.error());
  Expected<std::unique_ptr<ntfs::BlockDevice>> device = ntfs::OpenBlockDevice(R"(\\.\)" + info_.name);
  if (!device) return std::unexpected(device.error());
  return std::make_unique<CatalogVolume>(*this, std::move(*device), std::move(journal), use, stop);
}

}  // namespace

Expected<std::unique_ptr<Volume>> OpenWin32Volume(std::string_view drive, const Win32VolumeOptions& options) {
  if (drive.ends_with('\\') || drive.ends_with('/')) drive.remove_suffix(1);
  const bool letter = drive.size() == 2 && drive[1] == ':' && ((drive[0] | 0x20) >= 'a' && (drive[0] | 0x20) <= 'z');
  if (!letter)
    return std::unexpected(Error{ErrorKind::kInvalid, "open", {}, 0, "not a drive, such as C:"}.At(std::string(drive)));
  auto volume = std::make_unique<Win32Volume>();
  if (Expected<void> opened = volume->Open(static_cast<char>(drive[0] & ~0x20), options); !opened)
    return std::unexpected(std::move(opened.error()));
  return volume;
}

}  // namespace acledger::scanner
