// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <mutex>

#include "scanner/ntfs3g/ntfs3g_session.h"
#include "scanner/volume.h"

namespace acledger::scanner::ntfs3g {

// What the objects of one volume share.
struct Shared {
  std::mutex lock;  // Held for every use of the session.
  std::unique_ptr<Session> session;
  VolumeInfo info;
  std::unordered_set<std::uint64_t> same_but_dacl;  // Pairs of security_ids that were compared: see ComparedBefore().
};

// A handle on one record of $MFT. Holds no library object: the record as it was read last, and its identity.
class Ntfs3gObject : public Object {
 public:
  // Reads the record and checks the sequence number (0: any).
  static Expected<std::unique_ptr<Ntfs3gObject>> Open(Shared& shared, VolumeCounters& counters, RecordId id,
                                                      Access access);

  Expected<ObjectInfo> Info() override;
  Expected<void> ReadDescriptor(security::DescriptorBytes& out) override;
  Expected<void> WriteDacl(security::Bytes descriptor) override;
  Expected<void> List(const std::function<bool(std::span<const ListedName>)>& take) override;
  Expected<std::string> ReadContent(std::size_t limit) override;
  Expected<std::unique_ptr<Object>> OpenChild(std::u16string_view name, Access access) override;
  Expected<std::vector<LinkName>> Names() override;

 private:
  Ntfs3gObject(Shared& shared, VolumeCounters& counters, Access access)
      : shared_(shared), counters_(counters), access_(access) {}
  Session& session() { return *shared_.session; }

  // Where the name that is asked for is one of the next ones of the last listing, the index need not be searched.
  std::optional<RecordId> NextListed(std::u16string_view name);
  // The object with this id, if it has this name here; null if it has not.
  Expected<std::unique_ptr<Ntfs3gObject>> OpenIfNamed(RecordId id, std::u16string_view name, Access access);

  Expected<void> Refresh();
  Expected<void> ReadLocked(security::DescriptorBytes& out);
  Expected<void> WriteShared(security::Bytes descriptor);
  Expected<void> WriteOwn(security::Bytes descriptor);

  Shared& shared_;
  VolumeCounters& counters_;
  const Access access_;
  RecordId id_;
  LoadedRecord record_;
  std::shared_ptr<const std::vector<ListedName>> listed_;  // The last listing, and how far its names were opened.
  std::size_t next_listed_ = 0;
  bool is_fresh_ = true;  // Nothing was written since the record was read, by this handle.
};

}  // namespace acledger::scanner::ntfs3g
