// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/ntfs3g_session.h"

#include <cerrno>
#include <cstring>

namespace acledger::scanner::ntfs3g {
namespace {

std::unexpected<Error> MountError(const std::string& path, int code) {
  Error error = LibraryError("open NTFS volume", code);
  error.path = path;
  switch (ntfs_volume_error(code)) {
    case NTFS_VOLUME_NOT_NTFS:
    case NTFS_VOLUME_CORRUPT:
      error.kind = ErrorKind::kCorrupt;
      error.reason = "damaged: " + error.reason;
      break;
    case NTFS_VOLUME_HIBERNATED:
      error.kind = ErrorKind::kUnsupported;
      error.reason = "Windows is hibernated on it (or was shut down with fast start-up): shut it down fully first";
      break;
    case NTFS_VOLUME_UNCLEAN_UNMOUNT:
      error.kind = ErrorKind::kUnsupported;
      error.reason = "it was not cleanly unmounted: its journal is not empty. Let Windows or chkdsk replay it";
      break;
    default:
      break;
  }
  return std::unexpected(std::move(error));
}

std::unexpected<Error> Gone(RecordId id, std::string reason) {
  return Fail(ErrorKind::kNotFound, "open " + id.ToFileId().ToString(), std::move(reason));
}

}  // namespace

Expected<std::unique_ptr<Session>> Session::Mount(const std::string& path, DeviceOptions options) {
  const bool read_only = options.read_only;
  CaptureLibraryMessages();
  auto device = ImageDevice::Open(path, std::move(options));
  if (!device) return std::unexpected(device.error());
  std::unique_ptr<Session> session(new Session());
  session->device_ = std::move(*device);
  ClearLibraryMessage();
  session->volume_ = ntfs_device_mount(session->device_->Handle(), read_only ? NTFS_MNT_RDONLY : NTFS_MNT_NONE);
  if (session->volume_ == nullptr) return MountError(path, errno);
  session->device_->LeaveHandle();
  if (auto checked = session->CheckState(path, read_only); !checked) return std::unexpected(checked.error());
  auto descriptors = SecureStore::Load(session->volume_, *session->device_);
  if (!descriptors) return std::unexpected(std::move(descriptors.error()).At(path));
  session->descriptors_ = std::move(*descriptors);
  return session;
}

Expected<void> Session::CheckState(const std::string& path, bool read_only) {
  if (read_only || (volume_->flags & VOLUME_IS_DIRTY) == 0) return {};
  return std::unexpected(
      Error{ErrorKind::kUnsupported, "open NTFS volume", path, 0, "it is marked dirty: run chkdsk on it first"});
}

Session::~Session() {
  folder_.reset();
  descriptors_.reset();
  if (volume_ == nullptr) return;
  ntfs_umount(volume_, FALSE);
}

Expected<void> Session::ReadRecord(RecordId id, LoadedRecord& out) {
  ClearLibraryMessage();
  const s64 records = volume_->mft_na->initialized_size >> volume_->mft_record_size_bits;
  if (id.number >= static_cast<std::uint64_t>(records)) return Gone(id, "there is no such record in $MFT");
  out.bytes.resize(volume_->mft_record_size);
  if (ntfs_mft_record_read(volume_, id.number, reinterpret_cast<MFT_RECORD*>(out.bytes.data())) != 0) {
    return std::unexpected(LibraryError("read MFT record " + std::to_string(id.number), errno));
  }
  auto record = MftRecord::Parse(out.bytes);
  if (!record) {
    record.error().operation += " " + std::to_string(id.number);
    return std::unexpected(record.error());
  }
  if (!record->IsInUse() || record->IsExtension()) return Gone(id, "the object is gone");
  if (id.sequence != 0 && record->SequenceNumber() != id.sequence) {
    return Gone(id, "the object is gone; its record is another object's now");
  }
  out.view = *record;
  return {};
}

Expected<void> Session::WriteRecord(RecordId id, LoadedRecord& record) {
  ClearLibraryMessage();
  if (ntfs_mft_record_write(volume_, id.number, reinterpret_cast<MFT_RECORD*>(record.bytes.data())) == 0) return {};
  return std::unexpected(LibraryError("write MFT record " + std::to_string(id.number), errno));
}

Expected<InodePtr> Session::OpenInode(RecordId id) {
  ClearLibraryMessage();
  InodePtr inode(ntfs_inode_open(volume_, id.Reference()));
  if (!inode) return std::unexpected(LibraryError("open " + id.ToFileId().ToString(), errno));
  return inode;
}

Expected<std::vector<LinkName>> Session::Names(const LoadedRecord& record, RecordId id) {
  std::vector<LinkName> names;
  const auto take = [&](std::span<const std::uint8_t> value) {
    const auto name = FileNameView::Parse(value);
    if (!name || name->name_space == FileNameView::kDosOnly) return;
    names.push_back({FileId{name->parent, 0}, name->Name()});
  };
  if (!record.view.HasAttributeList()) {
    record.view.ForEach(AttributeType::kFileName, take);
    return names;
  }
  auto inode = OpenInode(id);
  if (!inode) return std::unexpected(inode.error());
  const SearchPtr search(ntfs_attr_get_search_ctx(inode->get(), nullptr));
  if (!search) return std::unexpected(LibraryError("read the names of " + id.ToFileId().ToString(), errno));
  while (ntfs_attr_lookup(AT_FILE_NAME, nullptr, 0, CASE_SENSITIVE, 0, nullptr, 0, search.get()) == 0) {
    const ATTR_RECORD* attribute = search->attr;
    if (attribute->non_resident != 0) continue;
    take({reinterpret_cast<const std::uint8_t*>(attribute) + attribute->value_offset, attribute->value_length});
  }
  if (errno != ENOENT) return std::unexpected(LibraryError("read the names of " + id.ToFileId().ToString(), errno));
  return names;
}

Expected<std::uint32_t> Session::ReparseTag(const LoadedRecord& record, RecordId id) {
  if (const auto tag = record.view.ReparseTag()) return *tag;
  auto inode = OpenInode(id);  // The attribute is not resident, or in an extension record.
  if (!inode) return std::unexpected(inode.error());
  const AttributePtr attribute(ntfs_attr_open(inode->get(), AT_REPARSE_POINT, AT_UNNAMED, 0));
  le32 tag = 0;
  if (!attribute || ntfs_attr_pread(attribute.get(), 0, sizeof(tag), &tag) != sizeof(tag)) {
    return std::unexpected(LibraryError("read the reparse point of " + id.ToFileId().ToString(), errno));
  }
  return le32_to_cpu(tag);
}

Expected<std::string> Session::ReadContent(RecordId id, std::size_t limit) {
  auto inode = OpenInode(id);
  if (!inode) return std::unexpected(inode.error());
  const AttributePtr attribute(ntfs_attr_open(inode->get(), AT_DATA, AT_UNNAMED, 0));
  if (!attribute) return std::unexpected(LibraryError("read contents", errno));
  const s64 size = std::min(attribute->data_size, static_cast<s64>(limit));
  std::string text(static_cast<std::size_t>(std::max<s64>(size, 0)), '\0');
  if (ntfs_attr_pread(attribute.get(), 0, size, text.data()) == size) return text;
  return std::unexpected(LibraryError("read contents", errno));
}

Expected<void> Session::ReadOwnDescriptor(RecordId id, security::DescriptorBytes& out) {
  auto inode = OpenInode(id);
  if (!inode) return std::unexpected(inode.error());
  const AttributePtr attribute(ntfs_attr_open(inode->get(), AT_SECURITY_DESCRIPTOR, AT_UNNAMED, 0));
  if (!attribute && errno == ENOENT) {
    return Fail(ErrorKind::kCorrupt, "read descriptor",
                "the object has neither a security_id nor a descriptor of its own");
  }
  if (!attribute || attribute->data_size > 0x20000) return std::unexpected(LibraryError("read descriptor", errno));
  out.resize(static_cast<std::size_t>(attribute->data_size));
  if (ntfs_attr_pread(attribute.get(), 0, attribute->data_size, out.data()) == attribute->data_size) return {};
  return std::unexpected(LibraryError("read descriptor", errno));
}

Expected<void> Session::WriteOwnDescriptor(RecordId id, security::Bytes descriptor) {
  folder_.reset();  // It may be the same inode, and would keep the old state of the record.
  auto inode = OpenInode(id);
  if (!inode) return std::unexpected(inode.error());
  AttributePtr attribute(ntfs_attr_open(inode->get(), AT_SECURITY_DESCRIPTOR, AT_UNNAMED, 0));
  const auto size = static_cast<s64>(descriptor.size());
  device_->HoldWrites();  // One change: the record and, where the attribute does not fit into it, its clusters.
  const bool written = attribute && ntfs_attr_truncate(attribute.get(), size) == 0 &&
                       ntfs_attr_pwrite(attribute.get(), 0, size, descriptor.data()) == size;
  const int code = errno;
  attribute.reset();
  if (written) NInoSetDirty(inode->get());
  if (written && ntfs_inode_sync(inode->get()) == 0) return device_->ReleaseWrites();
  Abandon(inode->get());
  device_->DropWrites();
  return std::unexpected(LibraryError("write descriptor", code));
}

}  // namespace acledger::scanner::ntfs3g
