// SPDX-License-Identifier: MIT
#include "setup/win32/filter_record.h"

#include <gmock/gmock.h>

#include <functional>

#include "setup/identity.h"
#include "setup/user_condition.h"

namespace acledger::setup {
namespace {

using testing::HasSubstr;

const security::Sid kUser = security::Sid::Make(5, {21, 7, 7, 7, 1001});
const security::Sid kAccount = security::Sid::Make(5, {21, 7, 7, 7, 2000});

std::vector<Filter> Ours() { return OfflineFilters(kUser, OfflineAccountName(kUser), kAccount); }

TEST(FilterRecordTest, IsReadBackAsTheFilterThatItWasMadeFrom) {
  for (const Filter& filter : Ours()) {
    const FilterRecord record(filter);
    const auto read = ReadFilter(record.Get());
    ASSERT_TRUE(read) << read.error().ToString();
    EXPECT_EQ(*read, filter) << filter.name;
  }
}

TEST(FilterRecordTest, SaysWhatWindowsIsToDo) {
  const FilterRecord netbios(Ours()[10]);
  const FWPM_FILTER0& record = netbios.Get();
  EXPECT_EQ(ToText(FromSystemGuid(record.filterKey)), "000003e9-000b-8ac1-9ed6-e50ff117e501");
  EXPECT_STREQ(record.displayData.name, L"acledger AcledgerOff-1001 NetBIOS");
  EXPECT_EQ(record.flags, 9u);  // Persistent, beyond appeal.
  EXPECT_EQ(record.action.type, 0x1001u);
  EXPECT_EQ(ToText(FromSystemGuid(record.layerKey)), "c38d57d1-05a7-4c33-904f-7fbceee60e82");
  ASSERT_EQ(record.numFilterConditions, 2u);
  const FWPM_FILTER_CONDITION0& user = record.filterCondition[0];
  EXPECT_EQ(ToText(FromSystemGuid(user.fieldKey)), "af043a0a-b34d-4f86-979c-c90371af6e66");
  EXPECT_EQ(user.conditionValue.type, FWP_SECURITY_DESCRIPTOR_TYPE);
  const security::DescriptorBytes& condition = UserCondition(kAccount);
  EXPECT_TRUE(
      std::ranges::equal(condition, security::Bytes(user.conditionValue.sd->data, user.conditionValue.sd->size)));
  EXPECT_TRUE(IsValidSecurityDescriptor(user.conditionValue.sd->data));
  const FWPM_FILTER_CONDITION0& ports = record.filterCondition[1];
  EXPECT_EQ(ToText(FromSystemGuid(ports.fieldKey)), "c35a604d-d22b-4e1a-91b4-68f674ee674b");
  EXPECT_EQ(ports.matchType, FWP_MATCH_RANGE);
  EXPECT_EQ(ports.conditionValue.rangeValue->valueLow.uint16, 137);
  EXPECT_EQ(ports.conditionValue.rangeValue->valueHigh.uint16, 139);

  const FilterRecord icmp(Ours()[3]);
  EXPECT_EQ(ToText(FromSystemGuid(icmp.Get().layerKey)), "55a650e1-5f0a-4eca-a653-88f53b26aa8c");
  const FWPM_FILTER_CONDITION0& protocol = icmp.Get().filterCondition[1];
  EXPECT_EQ(ToText(FromSystemGuid(protocol.fieldKey)), "3971ef2b-623e-4f9a-8cb1-6e79b806b9a7");
  EXPECT_EQ(protocol.conditionValue.type, FWP_UINT8);
  EXPECT_EQ(protocol.conditionValue.uint8, 58);
}

TEST(FilterRecordTest, WhatWindowsAddsByItselfDoesNotCount) {
  const Filter ours = Ours()[4];
  const FilterRecord made(ours);
  FWPM_FILTER0 record = made.Get();
  record.flags |= 0x40;  // FWPM_FILTER_FLAG_INDEXED
  record.filterId = 70000;
  record.effectiveWeight.type = FWP_UINT64;
  EXPECT_EQ(ReadFilter(record).value(), ours);
}

TEST(FilterRecordTest, IsNotOursWhereItBlocksLess) {
  const FilterRecord made(Ours()[4]);
  const auto altered = [&made](const std::function<void(FWPM_FILTER0&, FWPM_FILTER_CONDITION0*)>& alter) {
    FWPM_FILTER0 record = made.Get();
    std::array<FWPM_FILTER_CONDITION0, 3> conditions{record.filterCondition[0], record.filterCondition[1], {}};
    record.filterCondition = conditions.data();
    alter(record, conditions.data());
    const auto read = ReadFilter(record);
    return read ? "" : read.error().kind == ErrorKind::kMismatch ? read.error().reason : "another error";
  };
  EXPECT_EQ(altered([](auto&, auto*) {}), "");
  EXPECT_THAT(altered([](auto& record, auto*) { record.flags |= 0x20; }), HasSubstr("turned it off"));
  EXPECT_THAT(altered([](auto& record, auto*) { record.flags = 8; }), HasSubstr("does not last"));
  EXPECT_THAT(altered([](auto& record, auto*) { record.flags = 1; }), HasSubstr("overruled"));
  EXPECT_THAT(altered([](auto& record, auto*) { record.providerKey = nullptr; }), HasSubstr("another"));
  EXPECT_THAT(altered([](auto& record, auto*) { record.providerKey = &record.filterKey; }), HasSubstr("another"));
  EXPECT_THAT(altered([](auto& record, auto*) { record.subLayerKey = kProviderKey; }), HasSubstr("another"));
  EXPECT_THAT(altered([](auto& record, auto*) { record.action.type = FWP_ACTION_PERMIT; }), HasSubstr("not block"));
  EXPECT_THAT(altered([](auto& record, auto*) { record.layerKey = kProviderKey; }), HasSubstr("layer"));
  EXPECT_THAT(altered([](auto& record, auto*) { record.filterCondition = nullptr; }), HasSubstr("conditions"));
  EXPECT_THAT(altered([](auto& record, auto*) { record.numFilterConditions = 0; }), HasSubstr("everyone"));
  EXPECT_THAT(altered([](auto&, auto* conditions) { conditions[0].fieldKey = kProviderKey; }), HasSubstr("other"));
  EXPECT_THAT(altered([](auto&, auto* conditions) { conditions[0].matchType = FWP_MATCH_NOT_EQUAL; }),
              HasSubstr("other"));
  EXPECT_THAT(altered([](auto&, auto* conditions) { conditions[0].conditionValue.sd = nullptr; }), HasSubstr("other"));
  EXPECT_THAT(altered([](auto&, auto* conditions) { conditions[1].matchType = FWP_MATCH_GREATER; }),
              HasSubstr("other"));
  // Two of one field mean either of them.
  EXPECT_THAT(altered([](auto& record, auto* conditions) {
                conditions[2] = conditions[1];
                record.numFilterConditions = 3;
              }),
              HasSubstr("other"));
  EXPECT_THAT(altered([](auto& record, auto* conditions) {
                conditions[2] = conditions[0];
                record.numFilterConditions = 3;
              }),
              HasSubstr("other"));
}

}  // namespace
}  // namespace acledger::setup
