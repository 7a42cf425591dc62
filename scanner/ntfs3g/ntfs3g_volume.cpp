// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/ntfs3g_volume.h"

#include "scanner/catalog/catalog_volume.h"
#include "scanner/ntfs3g/ntfs3g_object.h"
#include "scanner/ntfs3g/open_image.h"
#include "scanner/ntfs3g/raw_volume.h"

namespace acledger::scanner {
namespace ntfs3g {
namespace {

constexpr char kReadOnly[] = "the volume is open for reading only";

class Ntfs3gVolume : public Volume {
 public:
  explicit Ntfs3gVolume(std::unique_ptr<Session> session) { shared_.session = std::move(session); }

  Expected<void> Describe(const std::string& path, bool read_only, unsigned partition) {
    LoadedRecord root;
    if (auto read = shared_.session->ReadRecord({kRootRecord, 0}, root); !read) return read;
    VolumeInfo& info = shared_.info;
    info.serial = shared_.session->Device().Serial();
    info.name = partition == 0 ? path : path + " partition " + std::to_string(partition);
    info.file_system = "NTFS";
    info.read_only = read_only;
    info.is_image = true;
    info.root = RecordId{kRootRecord, root.view.SequenceNumber()}.ToFileId();
    raw_.emplace(shared_);
    return {};
  }

  const VolumeInfo& Info() const override { return shared_.info; }

  Expected<std::unique_ptr<Object>> OpenRoot(Access access) override { return OpenById(shared_.info.root, access); }

  Expected<std::unique_ptr<Object>> OpenById(const FileId& id, Access access) override {
    const std::lock_guard hold(shared_.lock);
    if (id.high != 0) return Fail(ErrorKind::kInvalid, "open " + id.ToString(), "not an id of an NTFS volume");
    return Ntfs3gObject::Open(shared_, counters_, RecordId::Of(id.low), access);
  }

  Expected<void> PrepareDescriptors(std::span<const security::Bytes> descriptors) override {
    if (shared_.info.read_only) return Fail(ErrorKind::kReadOnly, "store descriptors", kReadOnly);
    const std::lock_guard hold(shared_.lock);
    return shared_.session->Descriptors().AddAll(descriptors);
  }

  Expected<void> Flush() override {
    const std::lock_guard hold(shared_.lock);
    ++counters_.flushes;
    return shared_.session->Device().Sync();
  }

  // That descriptors are kept is a property of NTFS 3.x, not of a folder, and Mount() has refused anything else. A
  // scratch file would leave its traces in the image.
  Expected<void> ProbeDescriptors(Object& folder) override {
    if (shared_.info.read_only) return Fail(ErrorKind::kReadOnly, "probe", kReadOnly);
    security::DescriptorBytes bytes;
    return folder.ReadDescriptor(bytes);
  }

  // Nobody else writes the volume (it is locked), and the tables are read through the same device.
  Expected<std::unique_ptr<BulkView>> ViewInBulk(IndexUse use, const StopFlag& stop) override {
    return std::make_unique<CatalogVolume>(*this, *raw_, use, stop);
  }
  ntfs::BlockDevice* Bytes() override { return &*raw_; }

 private:
  Shared shared_;
  std::optional<RawVolume> raw_;
};

}  // namespace

Expected<std::unique_ptr<Volume>> OpenImage(const std::string& path, bool read_only, WriteHook hook,
                                            unsigned partition) {
  auto session = Session::Mount(path, {.read_only = read_only, .hook = std::move(hook), .partition = partition});
  if (!session) return std::unexpected(session.error());
  auto volume = std::make_unique<Ntfs3gVolume>(std::move(*session));
  if (auto described = volume->Describe(path, read_only, partition); !described) {
    return std::unexpected(std::move(described.error()).At(path));
  }
  return volume;
}

}  // namespace ntfs3g

Expected<std::unique_ptr<Volume>> OpenNtfsImage(const std::string& path, bool read_only, unsigned partition) {
  return ntfs3g::OpenImage(path, read_only, {}, partition);
}

Expected<std::unique_ptr<ntfs::BlockDevice>> OpenNtfsBytes(const std::string& path, unsigned partition) {
  auto device = ntfs3g::ImageDevice::Open(path, {.read_only = true, .partition = partition});
  if (!device) return std::unexpected(device.error());
  return std::make_unique<ntfs3g::RawImage>(path, *std::move(device));
}

}  // namespace acledger::scanner
