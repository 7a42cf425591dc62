// SPDX-License-Identifier: MIT
#include "setup/win32/fwp_api.h"

#include <bit>

#include "security/win32/system_error.h"

namespace acledger::setup {
namespace {

// False: the library has no such function.
template <class Function>
bool Take(HMODULE library, const char* name, Function& function) {
  function = std::bit_cast<Function>(GetProcAddress(library, name));
  return function != nullptr;
}

// Its library exports every name, and raises an exception for what is not written yet.
bool IsWine() {
  const HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
  return ntdll != nullptr && GetProcAddress(ntdll, "wine_get_version") != nullptr;
}

ErrorKind KindOfFwp(DWORD code) {
  switch (static_cast<HRESULT>(code)) {
    case FWP_E_FILTER_NOT_FOUND:
    case FWP_E_PROVIDER_NOT_FOUND:
    case FWP_E_SUBLAYER_NOT_FOUND:
    case FWP_E_LAYER_NOT_FOUND:
    case FWP_E_CONDITION_NOT_FOUND:
    case FWP_E_NOT_FOUND:
      return ErrorKind::kNotFound;
    case FWP_E_IN_USE:
    case FWP_E_TXN_IN_PROGRESS:
    case FWP_E_TXN_ABORTED:
    case FWP_E_SESSION_ABORTED:
    case FWP_E_TIMEOUT:
      return ErrorKind::kBusy;
    case FWP_E_ALREADY_EXISTS:
      return ErrorKind::kMismatch;
    default:
      break;
  }
  // The rest of its own codes say what is wrong with what was asked for.
  if (code >> 16 == 0x8032) return ErrorKind::kInvalid;
  // The base filtering engine does not run.
  if (code == EPT_S_NOT_REGISTERED || code == RPC_S_SERVER_UNAVAILABLE || code == RPC_S_UNKNOWN_IF)
    return ErrorKind::kUnsupported;
  return win32::KindOfWin32(code);
}

}  // namespace

Expected<FwpApi> LoadFwpApi() {
  const char* operation = "load the filtering platform";
  if (IsWine()) return Fail(ErrorKind::kUnsupported, operation, "Wine has none");
  const HMODULE library = LoadLibraryExW(L"fwpuclnt.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (library == nullptr) {
    Error error = win32::LastError(operation);
    error.kind = ErrorKind::kUnsupported;
    return std::unexpected(error);
  }
  FwpApi api;
  const bool has_all =
      Take(library, "FwpmEngineOpen0", api.engine_open) && Take(library, "FwpmEngineClose0", api.engine_close) &&
      Take(library, "FwpmFreeMemory0", api.free_memory) &&
      Take(library, "FwpmTransactionBegin0", api.transaction_begin) &&
      Take(library, "FwpmTransactionCommit0", api.transaction_commit) &&
      Take(library, "FwpmTransactionAbort0", api.transaction_abort) &&
      Take(library, "FwpmProviderAdd0", api.provider_add) && Take(library, "FwpmProviderGetByKey0", api.provider_get) &&
      Take(library, "FwpmProviderDeleteByKey0", api.provider_delete) &&
      Take(library, "FwpmSubLayerAdd0", api.sublayer_add) && Take(library, "FwpmSubLayerGetByKey0", api.sublayer_get) &&
      Take(library, "FwpmSubLayerDeleteByKey0", api.sublayer_delete) &&
      Take(library, "FwpmFilterAdd0", api.filter_add) && Take(library, "FwpmFilterGetByKey0", api.filter_get) &&
      Take(library, "FwpmFilterDeleteByKey0", api.filter_delete);
  if (!has_all) return Fail(ErrorKind::kUnsupported, operation, "the library lacks a function");
  return api;
}

Error FwpError(const char* operation, DWORD code) {
  Error error = win32::Win32Error(operation, code);
  error.kind = KindOfFwp(code);
  return error;
}

}  // namespace acledger::setup
