// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <string>

#include "security/descriptor.h"
#include "setup/filters.h"
#include "setup/win32/fwp_api.h"

namespace acledger::setup {

// The keys of our provider and sublayer.
extern const GUID kProviderKey, kSublayerKey;

GUID ToSystemGuid(const Guid& guid);
Guid FromSystemGuid(const GUID& guid);

// A filter of ours as FwpmFilterAdd0() takes it: persistent, in our sublayer, blocking beyond appeal. Points into
// itself.
class FilterRecord {
 public:
  explicit FilterRecord(const Filter& filter);
  FilterRecord(const FilterRecord&) = delete;
  FilterRecord& operator=(const FilterRecord&) = delete;

  const FWPM_FILTER0& Get() const { return record_; }

 private:
  FWPM_FILTER_CONDITION0& AddCondition(const GUID& field, FWP_MATCH_TYPE match, FWP_DATA_TYPE type);
  void AddPorts(const PortRange& ports);

  std::wstring name_;
  GUID provider_;
  security::DescriptorBytes user_;
  FWP_BYTE_BLOB user_blob_{};
  FWP_RANGE0 ports_{};
  std::array<FWPM_FILTER_CONDITION0, 3> conditions_{};
  FWPM_FILTER0 record_{};
};

// The filter that such a record is. kMismatch: it is not one that FilterRecord makes, with the reason. What the system
// adds by itself (its number, its weight, an index) does not count.
Expected<Filter> ReadFilter(const FWPM_FILTER0& record);

}  // namespace acledger::setup
