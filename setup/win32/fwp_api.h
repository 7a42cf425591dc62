// SPDX-License-Identifier: MIT
#pragma once

#include "security/error.h"
#include "security/win32/nt_api.h"
// Behind the Windows headers.
#include <fwpmu.h>

namespace acledger::setup {

// What fwpmtypes.h has and mingw-w64 10 lacks.
inline constexpr UINT32 kFwpPersistent = 0x1;         // FWPM_PROVIDER_, FWPM_SUBLAYER_ and FWPM_FILTER_FLAG_PERSISTENT
inline constexpr UINT32 kFwpProviderDisabled = 0x10;  // FWPM_PROVIDER_FLAG_DISABLED
inline constexpr UINT32 kFwpFilterClearActionRight = 0x8;  // FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT
inline constexpr UINT32 kFwpFilterDisabled = 0x20;         // FWPM_FILTER_FLAG_DISABLED

// fwpmu.h: layers, then fields of conditions.
inline constexpr GUID kFwpAleAuthConnectV4 = {
    0xc38d57d1, 0x05a7, 0x4c33, {0x90, 0x4f, 0x7f, 0xbc, 0xee, 0xe6, 0x0e, 0x82}};
inline constexpr GUID kFwpAleAuthConnectV6 = {
    0x4a72393b, 0x319f, 0x44bc, {0x84, 0xc3, 0xba, 0x54, 0xdc, 0xb3, 0xb6, 0xb4}};
inline constexpr GUID kFwpAleResourceAssignmentV4 = {
    0x1247d66d, 0x0b60, 0x4a15, {0x8d, 0x44, 0x71, 0x55, 0xd0, 0xf5, 0x3a, 0x0c}};
inline constexpr GUID kFwpAleResourceAssignmentV6 = {
    0x55a650e1, 0x5f0a, 0x4eca, {0xa6, 0x53, 0x88, 0xf5, 0x3b, 0x26, 0xaa, 0x8c}};
inline constexpr GUID kFwpAleUserId = {0xaf043a0a, 0xb34d, 0x4f86, {0x97, 0x9c, 0xc9, 0x03, 0x71, 0xaf, 0x6e, 0x66}};
inline constexpr GUID kFwpIpProtocol = {0x3971ef2b, 0x623e, 0x4f9a, {0x8c, 0xb1, 0x6e, 0x79, 0xb8, 0x06, 0xb9, 0xa7}};
inline constexpr GUID kFwpIpRemotePort = {0xc35a604d, 0xd22b, 0x4e1a, {0x91, 0xb4, 0x68, 0xf6, 0x74, 0xee, 0x67, 0x4b}};

// The functions of fwpuclnt.dll that we call: those of the system, or a test's.
struct FwpApi {
  decltype(&FwpmEngineOpen0) engine_open = nullptr;
  decltype(&FwpmEngineClose0) engine_close = nullptr;
  decltype(&FwpmFreeMemory0) free_memory = nullptr;
  decltype(&FwpmTransactionBegin0) transaction_begin = nullptr;
  decltype(&FwpmTransactionCommit0) transaction_commit = nullptr;
  decltype(&FwpmTransactionAbort0) transaction_abort = nullptr;
  decltype(&FwpmProviderAdd0) provider_add = nullptr;
  decltype(&FwpmProviderGetByKey0) provider_get = nullptr;
  decltype(&FwpmProviderDeleteByKey0) provider_delete = nullptr;
  decltype(&FwpmSubLayerAdd0) sublayer_add = nullptr;
  decltype(&FwpmSubLayerGetByKey0) sublayer_get = nullptr;
  decltype(&FwpmSubLayerDeleteByKey0) sublayer_delete = nullptr;
  decltype(&FwpmFilterAdd0) filter_add = nullptr;
  decltype(&FwpmFilterGetByKey0) filter_get = nullptr;
  decltype(&FwpmFilterDeleteByKey0) filter_delete = nullptr;
};

// Loads the library for good. kUnsupported: there is none, it lacks one of these, or it is Wine's, where calling most
// of them ends the process.
Expected<FwpApi> LoadFwpApi();

// What such a function returned, as an error.
Error FwpError(const char* operation, DWORD code);

}  // namespace acledger::setup
