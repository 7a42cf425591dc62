// SPDX-License-Identifier: MIT
#include "setup/win32/com.h"

#include <objbase.h>

#include "security/win32/system_error.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

ErrorKind KindOfCom(HRESULT result) {
  if (result == E_NOTIMPL || result == E_NOINTERFACE || result == REGDB_E_CLASSNOTREG) return ErrorKind::kUnsupported;
  if (HRESULT_FACILITY(result) != FACILITY_WIN32) return ErrorKind::kIo;
  const auto code = static_cast<DWORD>(HRESULT_CODE(result));
  // The service behind it does not run.
  if (code == EPT_S_NOT_REGISTERED || code == RPC_S_SERVER_UNAVAILABLE) return ErrorKind::kUnsupported;
  return win32::KindOfWin32(code);
}

}  // namespace

Expected<Bstr> ToBstr(const std::string& text) {
  const auto wide = ToWide(text);
  if (!wide) return std::unexpected(wide.error());
  Bstr bstr(SysAllocStringLen(wide->data(), static_cast<UINT>(wide->size())));
  if (!bstr) return Fail(ErrorKind::kIo, "copy a text", "there is no memory");
  return bstr;
}

std::string FromBstr(const Bstr& text) {
  return text ? FromWide(std::wstring_view(text.Get(), SysStringLen(text.Get()))) : std::string();
}

Error ComError(const char* operation, HRESULT result) {
  Error error = win32::Win32Error(operation, static_cast<std::uint32_t>(result));
  error.kind = KindOfCom(result);
  return error;
}

ComApartment::ComApartment() : is_ours_(SUCCEEDED(CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED))) {}
ComApartment::~ComApartment() {
  if (is_ours_) CoUninitialize();
}

}  // namespace acledger::setup
