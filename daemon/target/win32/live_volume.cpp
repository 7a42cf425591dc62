// SPDX-License-Identifier: MIT
#include "daemon/target/live_volume.h"

#include <windows.h>
// After windows.h.
#include <knownfolders.h>
#include <shlobj.h>

#include <cstdlib>
#include <filesystem>

#include "scanner/carried_ledger.h"
#include "scanner/path.h"
#include "scanner/win32/change_watch.h"
#include "scanner/win32/usn_journal.h"
#include "scanner/win32/win32_volume.h"
#include "security/win32/protected_folder.h"
#include "security/win32/system_error.h"

namespace acledger::daemon {
namespace {

// The environment as UTF-8, whatever the code page.
std::string Environment(const wchar_t* name, const char* otherwise) {
  const wchar_t* value = _wgetenv(name);
  if (value == nullptr || *value == L'\0') return otherwise;
  const std::u8string text = std::filesystem::path(value).u8string();
  return {text.begin(), text.end()};
}

std::filesystem::path FromUtf8(const std::string& text) {
  return std::filesystem::path(std::u8string(text.begin(), text.end()));
}

// Asked of the system: an environment may say anything, and that of a service has been seen to say something else. By a
// library that is loaded only for this, since it costs more than the rest of a short command.
Expected<std::string> ProgramData() {
  constexpr char kWhat[] = "look for the folder of programs' data";
  const HMODULE shell = LoadLibraryExW(L"shell32.dll", nullptr, LOAD_LIBRARY_SEARCH_SYSTEM32);
  if (shell == nullptr) return std::unexpected(win32::LastError(kWhat));
  const FARPROC function = GetProcAddress(shell, "SHGetKnownFolderPath");
  if (function == nullptr) return std::unexpected(win32::LastError(kWhat));
  PWSTR path = nullptr;
  const HRESULT result = reinterpret_cast<decltype(&SHGetKnownFolderPath)>(reinterpret_cast<void*>(function))(
      FOLDERID_ProgramData, KF_FLAG_DONT_VERIFY, nullptr, &path);
  const std::u8string text = path != nullptr ? std::filesystem::path(path).u8string() : std::u8string();
  CoTaskMemFree(path);
  if (SUCCEEDED(result)) return std::string(text.begin(), text.end());
  return Fail(ErrorKind::kIo, kWhat, "the system does not say where it is", static_cast<std::uint32_t>(result));
}

}  // namespace

Expected<std::unique_ptr<scanner::Volume>> OpenLiveVolume(char drive) {
  const std::string name = drive != 0 ? std::string{drive, ':'} : Environment(L"SystemDrive", "C:");
  return scanner::OpenWin32Volume(name);
}

Expected<std::string> LiveLedgerPath(bool make_folder) {
  const Expected<std::string> data = ProgramData();
  if (!data) return data;
  const std::string folder = *data + "\\acledger";
  if (make_folder) {
    const Expected<void> made = win32::MakeProtectedFolder(FromUtf8(folder).wstring());
    if (!made) return std::unexpected(made.error());
  }
  return folder + "\\ledger.db";
}

Expected<std::unique_ptr<scanner::ChangeWatch>> WatchLiveVolume(const scanner::VolumeInfo& volume) {
  return scanner::MakeWin32ChangeWatch(volume.name);
}

Expected<void> RetireCarriedLedger(const scanner::VolumeInfo& volume) {
  const std::string from =
      volume.name + scanner::FormatPath({scanner::kCarriedParent, scanner::kCarriedFolderName, scanner::kCarriedName});
  const std::string to = volume.name + scanner::FormatPath({scanner::kCarriedParent, scanner::kCarriedFolderName,
                                                            scanner::kCarriedTakenName});
  if (MoveFileExW(FromUtf8(from).c_str(), FromUtf8(to).c_str(), MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH))
    return {};
  Error error = win32::LastError("rename the ledger that the volume carries");
  if (error.kind == ErrorKind::kNotFound) return {};
  return std::unexpected(std::move(error).At(from));
}

std::unique_ptr<scanner::UsnJournal> JournalOfLiveVolume(const scanner::VolumeInfo& volume) {
  return scanner::OpenWin32UsnJournal(volume.name);
}

}  // namespace acledger::daemon
