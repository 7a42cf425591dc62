// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/ntfs3g_object.h"

#include <algorithm>
#include <cerrno>

namespace acledger::scanner::ntfs3g {
namespace {

constexpr std::size_t kRun = 1024;      // Names handed over at once.
constexpr std::size_t kLookAhead = 64;  // Names of a listing that a caller may pass over.

// All but the bits of the DACL.
constexpr std::uint16_t kOtherControl =
    static_cast<std::uint16_t>(~(security::kDaclPresent | security::kDaclDefaulted | security::kDaclAutoInheritReq |
                                 security::kDaclAutoInherited | security::kDaclProtected));

bool SameSacl(const security::DescriptorView& left, const security::DescriptorView& right) {
  if (left.Sacl().has_value() != right.Sacl().has_value()) return false;
  return !left.Sacl() || std::ranges::equal(left.Sacl()->AsBytes(), right.Sacl()->AsBytes());
}

// Only the DACL is to change: whoever passes other parts has read another object, or an older state.
Expected<void> CheckSameButDacl(security::Bytes now, security::Bytes wanted) {
  auto after = security::DescriptorView::Parse(wanted);
  if (!after) return std::unexpected(after.error());
  auto before = security::DescriptorView::Parse(now);
  if (!before) return std::unexpected(before.error());
  const bool same = before->Owner() == after->Owner() && before->Group() == after->Group() &&
                    SameSacl(*before, *after) &&
                    (before->Control() & kOtherControl) == (after->Control() & kOtherControl);
  if (same) return {};
  return Fail(ErrorKind::kMismatch, "write descriptor", "its owner, group or SACL are not those of the object");
}

bool IsOneComponent(std::u16string_view name) {
  if (name.empty() || name.size() > 255 || name == u"." || name == u"..") return false;
  return name.find_first_of(std::u16string_view(u"\\/:\0", 4)) == std::u16string_view::npos;
}

}  // namespace

Expected<std::unique_ptr<Ntfs3gObject>> Ntfs3gObject::Open(Shared& shared, VolumeCounters& counters, RecordId id,
                                                           Access access) {
  ++counters.opens;
  if (access == Access::kWrite) ++counters.opens_for_write;
  if (id.number < kFirstUserRecord && id.number != kRootRecord) {
    return Fail(ErrorKind::kUnsupported, "open " + id.ToFileId().ToString(), "a file of NTFS itself");
  }
  if (access == Access::kWrite && shared.info.read_only) {
    return Fail(ErrorKind::kReadOnly, "open " + id.ToFileId().ToString(), "the volume is open for reading only");
  }
  std::unique_ptr<Ntfs3gObject> object(new Ntfs3gObject(shared, counters, access));
  if (auto read = shared.session->ReadRecord(id, object->record_); !read) return std::unexpected(read.error());
  object->id_ = {id.number, object->record_.view.SequenceNumber()};
  return object;
}

Expected<ObjectInfo> Ntfs3gObject::Info() {
  const std::lock_guard hold(shared_.lock);
  const MftRecord& record = record_.view;
  ObjectInfo info;
  info.id = id_.ToFileId();
  info.attributes = record.FileAttributes() & ~kAttributeDirectory;
  if (record.IsFolder()) info.attributes |= kAttributeDirectory;
  if (info.IsReparsePoint()) {
    auto tag = session().ReparseTag(record_, id_);
    if (!tag) return std::unexpected(tag.error());
    info.reparse_tag = *tag;
  }
  if (record.LinkCount() <= 1) return info;
  auto names = session().Names(record_, id_);
  if (!names) return std::unexpected(names.error());
  info.link_count = static_cast<std::uint32_t>(std::max<std::size_t>(1, names->size()));
  return info;
}

Expected<void> Ntfs3gObject::Refresh() {
  if (is_fresh_) return {};
  if (auto read = session().ReadRecord(id_, record_); !read) return read;
  is_fresh_ = true;
  return {};
}

Expected<void> Ntfs3gObject::ReadDescriptor(security::DescriptorBytes& out) {
  const std::lock_guard hold(shared_.lock);
  ++counters_.descriptor_reads;
  return ReadLocked(out);
}

Expected<void> Ntfs3gObject::ReadLocked(security::DescriptorBytes& out) {
  if (auto fresh = Refresh(); !fresh) return fresh;
  const std::uint32_t id = record_.view.SecurityId().value_or(0);
  if (id == 0) return session().ReadOwnDescriptor(id_, out);
  auto bytes = session().Descriptors().Get(id);
  if (!bytes) return std::unexpected(bytes.error());
  out.assign((*bytes)->begin(), (*bytes)->end());
  return {};
}

Expected<std::string> Ntfs3gObject::ReadContent(std::size_t limit) {
  const std::lock_guard hold(shared_.lock);
  if (record_.view.IsFolder()) return Fail(ErrorKind::kInvalid, "read contents", "a folder");
  return session().ReadContent(id_, limit);
}

Expected<void> Ntfs3gObject::WriteDacl(security::Bytes descriptor) {
  const std::lock_guard hold(shared_.lock);
  ++counters_.descriptor_writes;
  if (access_ != Access::kWrite)
    return Fail(ErrorKind::kDenied, "write descriptor", "the object was opened for reading");
  // Always from what is on the device now: another handle of ours may have written.
  is_fresh_ = false;
  if (auto fresh = Refresh(); !fresh) return fresh;
  is_fresh_ = false;
  return record_.view.SecurityId().value_or(0) == 0 ? WriteOwn(descriptor) : WriteShared(descriptor);
}

Expected<void> Ntfs3gObject::WriteShared(security::Bytes descriptor) {
  SecureStore& store = session().Descriptors();
  const std::uint32_t before = *record_.view.SecurityId();
  auto known = store.Find(descriptor);
  if (!known) return std::unexpected(known.error());
  const std::uint64_t pair = (std::uint64_t{before} << 32) | *known;
  if (*known == 0 || !shared_.same_but_dacl.contains(pair)) {
    auto now = store.Get(before);
    if (!now) return std::unexpected(now.error());
    if (auto checked = CheckSameButDacl(**now, descriptor); !checked) return checked;
    if (*known != 0) shared_.same_but_dacl.insert(pair);
  }
  if (*known == 0) {
    known = store.FindOrAdd(descriptor);
    if (!known) return std::unexpected(known.error());
  }
  if (*known == before) return {};
  record_.view.SetSecurityId(*known);
  return session().WriteRecord(id_, record_);
}

Expected<void> Ntfs3gObject::WriteOwn(security::Bytes descriptor) {
  security::DescriptorBytes now;
  if (auto read = session().ReadOwnDescriptor(id_, now); !read) return read;
  if (auto checked = CheckSameButDacl(now, descriptor); !checked) return checked;
  if (std::ranges::equal(now, descriptor)) return {};
  return session().WriteOwnDescriptor(id_, descriptor);
}

Expected<void> Ntfs3gObject::List(const std::function<bool(std::span<const ListedName>)>& take) {
  std::shared_ptr<const std::vector<ListedName>> names;
  {
    const std::lock_guard hold(shared_.lock);
    ++counters_.listings;
    auto listed = session().List(id_);
    if (!listed) return std::unexpected(listed.error());
    names = listed_ = std::make_shared<const std::vector<ListedName>>(std::move(*listed));
    next_listed_ = 0;
  }
  // Without the lock: `take` may open what it is shown.
  for (std::span<const ListedName> left(*names); !left.empty();) {
    const std::size_t count = std::min(kRun, left.size());
    if (!take(left.first(count))) break;
    left = left.subspan(count);
  }
  return {};
}

std::optional<RecordId> Ntfs3gObject::NextListed(std::u16string_view name) {
  if (!listed_) return std::nullopt;
  const std::size_t end = std::min(listed_->size(), next_listed_ + kLookAhead);
  for (std::size_t at = next_listed_; at < end; ++at) {
    if ((*listed_)[at].name != name) continue;
    next_listed_ = at + 1;
    return RecordId::Of((*listed_)[at].id.low);
  }
  return std::nullopt;
}

Expected<std::unique_ptr<Ntfs3gObject>> Ntfs3gObject::OpenIfNamed(RecordId id, std::u16string_view name,
                                                                  Access access) {
  auto child = Open(shared_, counters_, id, access);
  if (!child) return child;
  auto named = session().HasLongName((*child)->record_, id, id_, name);
  if (!named) return std::unexpected(named.error());
  return *named ? std::move(child) : nullptr;
}

Expected<std::unique_ptr<Object>> Ntfs3gObject::OpenChild(std::u16string_view name, Access access) {
  if (!IsOneComponent(name)) return Fail(ErrorKind::kInvalid, "look up a name", "not one component of a path");
  const std::lock_guard hold(shared_.lock);
  if (const auto listed = NextListed(name)) {
    auto child = OpenIfNamed(*listed, name, access);
    if (child && *child) return std::move(*child);
  }
  auto found = session().Lookup(id_, name);
  if (!found) return std::unexpected(found.error());
  auto child = OpenIfNamed(*found, name, access);
  if (!child) return std::unexpected(child.error());
  // A policy speaks of long names: "SSH~1" must not be a way past ".ssh".
  if (!*child) return Fail(ErrorKind::kNotFound, "look up a name", "short (8.3) names are not looked up", ENOENT);
  return std::move(*child);
}

Expected<std::vector<LinkName>> Ntfs3gObject::Names() {
  const std::lock_guard hold(shared_.lock);
  return session().Names(record_, id_);
}

}  // namespace acledger::scanner::ntfs3g
