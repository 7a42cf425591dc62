// SPDX-License-Identifier: MIT
#include "setup/win32/filter_record.h"

#include <algorithm>
#include <optional>

#include "setup/user_condition.h"
#include "setup/win32/wide.h"

namespace acledger::setup {

const GUID kProviderKey = {0x6c1f8d2e, 0x4b7a, 0x4c53, {0x9e, 0xd6, 0xe5, 0x0f, 0xf1, 0x17, 0xe5, 0x01}};
const GUID kSublayerKey = {0x6c1f8d2e, 0x4b7a, 0x4c53, {0x9e, 0xd6, 0xe5, 0x0f, 0xf1, 0x17, 0xe5, 0x02}};

namespace {

struct LayerKey {
  FilterLayer layer;
  GUID key;
};
constexpr LayerKey kLayers[] = {{FilterLayer::kConnectV4, kFwpAleAuthConnectV4},
                                {FilterLayer::kConnectV6, kFwpAleAuthConnectV6},
                                {FilterLayer::kEndpointV4, kFwpAleResourceAssignmentV4},
                                {FilterLayer::kEndpointV6, kFwpAleResourceAssignmentV6}};

constexpr UINT32 kOurFlags = kFwpPersistent | kFwpFilterClearActionRight;

std::unexpected<Error> Otherwise(const FWPM_FILTER0& record, const std::string& why) {
  return std::unexpected(Error{ErrorKind::kMismatch, "look at the network filter",
                               ToText(FromSystemGuid(record.filterKey)), 0, "a filter is not as we make it: " + why});
}

// Nothing: it does not say one account.
std::optional<security::Sid> ReadUser(const FWPM_FILTER_CONDITION0& condition) {
  const FWP_CONDITION_VALUE0& value = condition.conditionValue;
  if (condition.matchType != FWP_MATCH_EQUAL || value.type != FWP_SECURITY_DESCRIPTOR_TYPE) return std::nullopt;
  if (value.sd == nullptr || value.sd->data == nullptr) return std::nullopt;
  return UserInCondition({value.sd->data, value.sd->size});
}

std::optional<PortRange> ReadPorts(const FWPM_FILTER_CONDITION0& condition) {
  const FWP_CONDITION_VALUE0& value = condition.conditionValue;
  if (condition.matchType == FWP_MATCH_EQUAL && value.type == FWP_UINT16) return PortRange{value.uint16, value.uint16};
  if (condition.matchType != FWP_MATCH_RANGE || value.type != FWP_RANGE_TYPE || value.rangeValue == nullptr)
    return std::nullopt;
  const FWP_RANGE0& range = *value.rangeValue;
  if (range.valueLow.type != FWP_UINT16 || range.valueHigh.type != FWP_UINT16) return std::nullopt;
  return PortRange{range.valueLow.uint16, range.valueHigh.uint16};
}

// Each field at most once: two of one field mean either, which ours never do. False: there is something else.
bool ReadCondition(const FWPM_FILTER_CONDITION0& condition, std::optional<security::Sid>& user, Filter& filter) {
  if (condition.fieldKey == kFwpAleUserId) {
    if (user) return false;
    user = ReadUser(condition);
    return user.has_value();
  }
  if (condition.fieldKey == kFwpIpProtocol) {
    const FWP_CONDITION_VALUE0& value = condition.conditionValue;
    if (filter.protocol || condition.matchType != FWP_MATCH_EQUAL || value.type != FWP_UINT8) return false;
    filter.protocol = value.uint8;
    return true;
  }
  if (condition.fieldKey != kFwpIpRemotePort || filter.remote_ports) return false;
  filter.remote_ports = ReadPorts(condition);
  return filter.remote_ports.has_value();
}

}  // namespace

GUID ToSystemGuid(const Guid& guid) {
  const auto& b = guid.bytes;
  GUID system{static_cast<unsigned long>(b[0]) << 24 | static_cast<unsigned long>(b[1] << 16 | b[2] << 8 | b[3]),
              static_cast<unsigned short>(b[4] << 8 | b[5]),
              static_cast<unsigned short>(b[6] << 8 | b[7]),
              {}};
  std::copy(b.begin() + 8, b.end(), system.Data4);
  return system;
}

Guid FromSystemGuid(const GUID& guid) {
  Guid ours;
  for (unsigned i = 0; i < 4; ++i) ours.bytes[i] = static_cast<std::uint8_t>(guid.Data1 >> (24 - 8 * i));
  ours.bytes[4] = static_cast<std::uint8_t>(guid.Data2 >> 8);
  ours.bytes[5] = static_cast<std::uint8_t>(guid.Data2);
  ours.bytes[6] = static_cast<std::uint8_t>(guid.Data3 >> 8);
  ours.bytes[7] = static_cast<std::uint8_t>(guid.Data3);
  std::copy(std::begin(guid.Data4), std::end(guid.Data4), ours.bytes.begin() + 8);
  return ours;
}

FilterRecord::FilterRecord(const Filter& filter)
    // What is no text is in no name of ours; reading back would show it.
    : name_(ToWide(filter.name).value_or(L"acledger")), provider_(kProviderKey), user_(UserCondition(filter.account)) {
  user_blob_ = {static_cast<UINT32>(user_.size()), user_.data()};
  record_.filterKey = ToSystemGuid(filter.key);
  record_.displayData.name = name_.data();
  record_.flags = kOurFlags;
  record_.providerKey = &provider_;
  for (const LayerKey& layer : kLayers)
    if (layer.layer == filter.layer) record_.layerKey = layer.key;
  record_.subLayerKey = kSublayerKey;
  record_.weight.type = FWP_EMPTY;  // By what it is about; in our sublayer all filters block.
  record_.action.type = FWP_ACTION_BLOCK;
  record_.filterCondition = conditions_.data();
  AddCondition(kFwpAleUserId, FWP_MATCH_EQUAL, FWP_SECURITY_DESCRIPTOR_TYPE).conditionValue.sd = &user_blob_;
  if (filter.protocol) AddCondition(kFwpIpProtocol, FWP_MATCH_EQUAL, FWP_UINT8).conditionValue.uint8 = *filter.protocol;
  if (filter.remote_ports) AddPorts(*filter.remote_ports);
}

FWPM_FILTER_CONDITION0& FilterRecord::AddCondition(const GUID& field, FWP_MATCH_TYPE match, FWP_DATA_TYPE type) {
  FWPM_FILTER_CONDITION0& condition = conditions_.at(record_.numFilterConditions++);
  condition.fieldKey = field;
  condition.matchType = match;
  condition.conditionValue.type = type;
  return condition;
}

void FilterRecord::AddPorts(const PortRange& ports) {
  if (ports.first == ports.last) {
    AddCondition(kFwpIpRemotePort, FWP_MATCH_EQUAL, FWP_UINT16).conditionValue.uint16 = ports.first;
    return;
  }
  ports_.valueLow.type = ports_.valueHigh.type = FWP_UINT16;
  ports_.valueLow.uint16 = ports.first;
  ports_.valueHigh.uint16 = ports.last;
  AddCondition(kFwpIpRemotePort, FWP_MATCH_RANGE, FWP_RANGE_TYPE).conditionValue.rangeValue = &ports_;
}

Expected<Filter> ReadFilter(const FWPM_FILTER0& record) {
  if ((record.flags & kFwpFilterDisabled) != 0) return Otherwise(record, "Windows has turned it off");
  if ((record.flags & kOurFlags) != kOurFlags) return Otherwise(record, "it does not last, or can be overruled");
  if (record.providerKey == nullptr || *record.providerKey != kProviderKey || record.subLayerKey != kSublayerKey)
    return Otherwise(record, "it belongs to another");
  if (record.action.type != FWP_ACTION_BLOCK) return Otherwise(record, "it does not block");
  Filter filter;
  filter.key = FromSystemGuid(record.filterKey);
  if (record.displayData.name != nullptr) filter.name = FromWide(record.displayData.name);
  const LayerKey* layer = nullptr;
  for (const LayerKey& known : kLayers)
    if (known.key == record.layerKey) layer = &known;
  if (layer == nullptr) return Otherwise(record, "it is at another layer");
  filter.layer = layer->layer;
  std::optional<security::Sid> user;
  if (record.filterCondition == nullptr) return Otherwise(record, "it has no conditions");
  for (UINT32 i = 0; i < record.numFilterConditions; ++i)
    if (!ReadCondition(record.filterCondition[i], user, filter)) return Otherwise(record, "it has other conditions");
  if (!user) return Otherwise(record, "it is for everyone");
  filter.account = *user;
  return filter;
}

}  // namespace acledger::setup
