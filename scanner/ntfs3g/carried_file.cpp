// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/carried_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "scanner/carried_ledger.h"
#include "scanner/ntfs3g/library.h"
#include "scanner/ntfs3g/ntfs3g_object.h"
#include "scanner/path.h"
#include "scanner/trusted_place.h"
#include "security/sddl.h"
#include "store/carried.h"

namespace acledger::scanner::ntfs3g {
namespace {

constexpr char kFolderSddl[] = "O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
constexpr char kFileSddl[] = "O:SYG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)";
constexpr std::size_t kChunk = 1 << 20;

using ObjectPtr = std::unique_ptr<Object>;

std::unexpected<Error> Refuse(ErrorKind kind, const char* operation, std::u16string_view name, std::string reason) {
  PathComponents path{kCarriedParent, kCarriedFolderName};
  if (!name.empty()) path.emplace_back(name);
  return std::unexpected(Error{kind, operation, FormatPath(path), 0, std::move(reason)});
}

// The image, open for nobody else, and what lies where a ledger is carried.
class Place {
 public:
  static Expected<std::unique_ptr<Place>> Open(const std::string& image, WriteHook hook, unsigned partition) {
    auto session = Session::Mount(image, {.hook = std::move(hook), .partition = partition});
    if (!session) return std::unexpected(session.error());
    std::unique_ptr<Place> place(new Place);
    place->shared_.session = std::move(*session);
    if (Expected<void> looked = place->Look(); !looked) return std::unexpected(looked.error());
    return place;
  }

  bool HasFolder() const { return folder_.has_value(); }
  bool HasLedger() const { return ledger_.has_value(); }
  bool IsFolderOtherwiseEmpty() const { return !has_others_; }

  // What an earlier run left, or the ledger that is to go.
  Expected<void> Drop(bool ledger) {
    for (const bool is_ledger : {false, true}) {
      auto& file = is_ledger ? ledger_ : begun_;
      if (!file || (is_ledger && !ledger)) continue;
      if (Expected<void> gone = Delete(*folder_, *file, is_ledger ? kCarriedName : kCarriedNewName); !gone) return gone;
      file.reset();
    }
    return {};
  }
  Expected<void> DropFolder() { return Delete(parent_, *folder_, kCarriedFolderName); }

  // Descriptors first: they are a change of their own.
  Expected<void> Begin() {
    const Expected<std::uint32_t> for_folder = Intern(kFolderSddl), for_file = Intern(kFileSddl);
    if (!for_folder || !for_file) return std::unexpected((for_folder ? for_file : for_folder).error());
    return InOneStep([&]() -> Expected<void> {
      if (Expected<void> dropped = Drop(false); !dropped) return dropped;
      if (!folder_) {
        const Expected<RecordId> made = Create(parent_, kCarriedFolderName, *for_folder, S_IFDIR);
        if (!made) return std::unexpected(made.error());
        folder_ = *made;
      }
      const Expected<RecordId> made = Create(*folder_, kCarriedNewName, *for_file, S_IFREG);
      if (!made) return std::unexpected(made.error());
      begun_ = *made;
      return {};
    });
  }

  // All its room, in one step; then the bytes; then how many of them count.
  Expected<void> Write(std::istream& from, std::int64_t size) {
    const Expected<void> reserved = InOneStep([&]() -> Expected<void> {
      return WithData([&](ntfs_attr& data) { return ntfs_attr_truncate_solid(&data, size) == 0; });
    });
    if (!reserved) return reserved;
    auto inode = OpenInode(*begun_);
    if (!inode) return std::unexpected(inode.error());
    AttributePtr data(ntfs_attr_open(inode->get(), AT_DATA, AT_UNNAMED, 0));
    std::vector<char> chunk(kChunk);
    for (std::int64_t at = 0; at < size;) {
      from.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
      const s64 got = from.gcount();
      if (got <= 0) return Fail(ErrorKind::kIo, "read the ledger", "it is shorter than it was");
      if (!data || ntfs_attr_pwrite(data.get(), at, got, chunk.data()) != got) return Failed("write the ledger");
      at += got;
    }
    return InOneStep([&]() -> Expected<void> {
      data.reset();
      return Close(std::move(*inode));
    });
  }

  Expected<void> Compare(std::istream& with, std::int64_t size) {
    if (Expected<void> synced = session().Device().Sync(); !synced) return synced;
    auto inode = OpenInode(*begun_);
    if (!inode) return std::unexpected(inode.error());
    const AttributePtr data(ntfs_attr_open(inode->get(), AT_DATA, AT_UNNAMED, 0));
    bool same = data && data->data_size == size;
    std::vector<char> wanted(kChunk), there(kChunk);
    for (std::int64_t at = 0; same && at < size;) {
      with.read(wanted.data(), static_cast<std::streamsize>(wanted.size()));
      const s64 got = with.gcount();
      same = got > 0 && ntfs_attr_pread(data.get(), at, got, there.data()) == got &&
             std::memcmp(wanted.data(), there.data(), static_cast<std::size_t>(got)) == 0;
      at += got;
    }
    if (same) return {};
    return Refuse(ErrorKind::kIo, "write the ledger", kCarriedNewName, "it does not read back as it was written");
  }

  Expected<void> Name() {
    return InOneStep([&]() -> Expected<void> {
      if (ledger_)
        if (Expected<void> gone = Delete(*folder_, *ledger_, kCarriedName); !gone) return gone;
      {
        auto folder = OpenInode(*folder_);
        if (!folder) return std::unexpected(folder.error());
        auto file = OpenInode(*begun_);
        if (!file) return std::unexpected(file.error());
        if (ntfs_link(file->get(), folder->get(), Units(kCarriedName), Length(kCarriedName)) != 0)
          return Failed("name the ledger");
        if (Expected<void> closed = Close(std::move(*file)); !closed) return closed;
        if (Expected<void> closed = Close(std::move(*folder)); !closed) return closed;
      }
      return Delete(*folder_, *begun_, kCarriedNewName);
    });
  }

  // All of it or nothing, also for whoever opens the image after a stop. After a failure nothing is written any more:
  // the library's own memory tells of what was not.
  Expected<void> InOneStep(const std::function<Expected<void>()>& step) {
    ImageDevice& device = session().Device();
    ClearLibraryMessage();
    device.HoldWrites();
    if (Expected<void> done = step(); !done) return done;
    ntfs_volume* volume = session().Library();
    if (ntfs_inode_sync(volume->mft_ni) != 0 || ntfs_inode_sync(volume->lcnbmp_ni) != 0) return Failed("write $MFT");
    Expected<void> released = device.ReleaseWrites();
    if (!released) device.HoldWrites();
    return released;
  }

 private:
  Place() = default;
  Session& session() { return *shared_.session; }

  static const ntfschar* Units(std::u16string_view name) { return reinterpret_cast<const ntfschar*>(name.data()); }
  static u8 Length(std::u16string_view name) { return static_cast<u8>(name.size()); }
  static std::unexpected<Error> Failed(const char* operation) {
    return std::unexpected(LibraryError(operation, errno));
  }

  Expected<void> Look() {
    Expected<std::unique_ptr<Ntfs3gObject>> root =
        Ntfs3gObject::Open(shared_, counters_, {kRootRecord, 0}, Access::kRead);
    if (!root) return std::unexpected(root.error());
    const Expected<ObjectPtr> parent = (*root)->OpenChild(kCarriedParent, Access::kRead);
    if (!parent && parent.error().kind == ErrorKind::kNotFound)
      return std::unexpected(Error{ErrorKind::kNotFound, "carry the ledger", FormatPath({kCarriedParent}), 0,
                                   "the image has no such folder: it is no volume of Windows"});
    if (!parent) return std::unexpected(parent.error());
    const Expected<ObjectInfo> info = (*parent)->Info();
    if (!info) return std::unexpected(info.error());
    if (info->IsReparsePoint() || !info->IsFolder())
      return std::unexpected(
          Error{ErrorKind::kUnsupported, "carry the ledger", FormatPath({kCarriedParent}), 0, "it is no plain folder"});
    parent_ = RecordId::Of(info->id.low);
    const Expected<ObjectPtr> folder = Find(**parent, kCarriedFolderName, {}, true, folder_);
    if (!folder || !*folder) return folder ? Expected<void>{} : std::unexpected(folder.error());
    return LookInto(**folder);
  }

  Expected<void> LookInto(Object& folder) {
    const Expected<ObjectPtr> ledger = Find(folder, kCarriedName, kCarriedName, false, ledger_);
    if (!ledger) return std::unexpected(ledger.error());
    if (*ledger) {
      const Expected<std::string> head = (*ledger)->ReadContent(100);
      if (!head) return std::unexpected(head.error());
      if (!store::IsHeadOfLedger(*head))
        return Refuse(ErrorKind::kUnsupported, "carry the ledger", kCarriedName, "it is no ledger");
    }
    const Expected<ObjectPtr> begun = Find(folder, kCarriedNewName, kCarriedNewName, false, begun_);
    if (!begun) return std::unexpected(begun.error());
    security::DescriptorBytes now;
    if (*begun)
      if (Expected<void> read = (*begun)->ReadDescriptor(now); !read) return read;
    if (*begun && now != *security::FromSddl(kFileSddl))
      return Refuse(ErrorKind::kUnsupported, "carry the ledger", kCarriedNewName, "it is none that was begun here");
    return folder.List([this](std::span<const ListedName> names) {
      for (const ListedName& name : names) has_others_ |= name.name != kCarriedName && name.name != kCarriedNewName;
      return true;
    });
  }

  // Null where it is not there.
  Expected<ObjectPtr> Find(Object& in, std::u16string_view name, std::u16string_view told, bool is_folder,
                           std::optional<RecordId>& id) {
    Expected<ObjectPtr> object = in.OpenChild(name, Access::kRead);
    if (!object && object.error().kind == ErrorKind::kNotFound) return nullptr;
    if (!object) return object;
    if (Expected<void> trusted = CheckTrusted(**object, is_folder); !trusted)
      return Refuse(trusted.error().kind, "carry the ledger", told, trusted.error().reason);
    const Expected<ObjectInfo> info = (*object)->Info();
    if (!info) return std::unexpected(info.error());
    id = RecordId::Of(info->id.low);
    return object;
  }

  Expected<std::uint32_t> Intern(const char* sddl) {
    const Expected<security::DescriptorBytes> bytes = security::FromSddl(sddl);
    if (!bytes) return std::unexpected(bytes.error());
    return session().Descriptors().FindOrAdd(*bytes);
  }

  Expected<InodePtr> OpenInode(RecordId id) {
    ClearLibraryMessage();
    InodePtr inode(ntfs_inode_open(session().Library(), id.Reference()));
    if (!inode) return Failed("open the ledger");
    return inode;
  }

  static Expected<void> Close(InodePtr inode) {
    if (ntfs_inode_close(inode.release()) == 0) return {};
    return Failed("write the ledger");
  }

  Expected<RecordId> Create(RecordId in, std::u16string_view name, std::uint32_t descriptor, unsigned type) {
    auto folder = OpenInode(in);
    if (!folder) return std::unexpected(folder.error());
    ntfs_inode* made = ntfs_create(folder->get(), cpu_to_le32(descriptor), Units(name), Length(name), type);
    if (made == nullptr) return Failed("make a file");
    const RecordId id{made->mft_no, le16_to_cpu(made->mrec->sequence_number)};
    if (ntfs_inode_close_in_dir(made, folder->get()) != 0) return Failed("make a file");
    if (Expected<void> closed = Close(std::move(*folder)); !closed) return std::unexpected(closed.error());
    return id;
  }

  Expected<void> Delete(RecordId from, RecordId object, std::u16string_view name) {
    auto folder = OpenInode(from);
    if (!folder) return std::unexpected(folder.error());
    auto inode = OpenInode(object);
    if (!inode) return std::unexpected(inode.error());
    // It closes both.
    if (ntfs_delete(session().Library(), nullptr, inode->release(), folder->release(), Units(name), Length(name)) == 0)
      return {};
    return Failed("remove the ledger");
  }

  Expected<void> WithData(const std::function<bool(ntfs_attr&)>& use) {
    auto inode = OpenInode(*begun_);
    if (!inode) return std::unexpected(inode.error());
    {
      const AttributePtr data(ntfs_attr_open(inode->get(), AT_DATA, AT_UNNAMED, 0));
      if (!data || !use(*data)) return Failed("make room for the ledger");
    }
    return Close(std::move(*inode));
  }

  VolumeCounters counters_;
  Shared shared_;
  RecordId parent_;
  std::optional<RecordId> folder_, ledger_, begun_;
  bool has_others_ = false;  // In the folder.
};

}  // namespace

Expected<void> PutCarriedLedger(const std::string& image, const std::string& ledger, WriteHook hook,
                                unsigned partition) {
  std::ifstream from(ledger, std::ios::binary | std::ios::ate);
  const auto size = static_cast<std::int64_t>(from.tellg());
  if (size <= 0) return std::unexpected(Error{ErrorKind::kIo, "read the ledger", ledger, 0, "it cannot be read"});
  auto place = Place::Open(image, std::move(hook), partition);
  if (!place) return std::unexpected(place.error());
  if (Expected<void> begun = (*place)->Begin(); !begun) return begun;
  from.seekg(0);
  if (Expected<void> written = (*place)->Write(from, size); !written) return written;
  from.clear();
  from.seekg(0);
  if (Expected<void> same = (*place)->Compare(from, size); !same) return same;
  return (*place)->Name();
}

Expected<bool> RemoveCarriedLedger(const std::string& image, bool and_folder, WriteHook hook, unsigned partition) {
  auto opened = Place::Open(image, std::move(hook), partition);
  if (!opened && opened.error().kind == ErrorKind::kNotFound) return false;
  if (!opened) return std::unexpected(opened.error());
  Place& place = **opened;
  const bool had = place.HasLedger();
  if (!place.HasFolder()) return false;
  const Expected<void> gone = place.InOneStep([&]() -> Expected<void> {
    if (Expected<void> dropped = place.Drop(true); !dropped) return dropped;
    return and_folder && place.IsFolderOtherwiseEmpty() ? place.DropFolder() : Expected<void>{};
  });
  if (!gone) return std::unexpected(gone.error());
  return had;
}

}  // namespace acledger::scanner::ntfs3g
