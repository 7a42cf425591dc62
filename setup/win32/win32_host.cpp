// SPDX-License-Identifier: MIT
#include "setup/win32/win32_host.h"

#include <windows.h>
// After windows.h.
#include <knownfolders.h>
#include <shlobj.h>

#include <array>

#include "daemon/rpc/endpoint.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/privilege.h"
#include "security/win32/protected_folder.h"
#include "security/win32/system_error.h"
#include "security/win32/token_user.h"
#include "setup/daemon_provisioning.h"
#include "setup/kept_rules.h"
#include "setup/password_check.h"
#include "setup/program/this_system.h"
#include "setup/win32/random.h"
#include "setup/win32/wide.h"
#include "setup/win32/win32_accounts.h"
#include "setup/win32/win32_filters.h"
#include "setup/win32/win32_firewall.h"
#include "setup/win32/win32_folders.h"
#include "setup/win32/win32_processes.h"
#include "setup/win32/win32_program_files.h"
#include "setup/win32/win32_registry.h"
#include "setup/win32/win32_secret_store.h"
#include "setup/win32/win32_services.h"

namespace acledger::setup {
namespace {

using security::Sid;
using win32::LastError;

constexpr char kProfiles[] = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\";
constexpr std::uint64_t kCloudAuthority = 12;  // Users of Microsoft Entra ID: S-1-12-1-...

Expected<std::string> KnownFolder(const KNOWNFOLDERID& id, const char* operation) {
  PWSTR text = nullptr;
  const HRESULT result = SHGetKnownFolderPath(id, KF_FLAG_DONT_VERIFY, nullptr, &text);
  std::string path = text != nullptr ? FromWide(text) : std::string();
  CoTaskMemFree(text);
  if (SUCCEEDED(result)) return path;
  return Fail(ErrorKind::kIo, operation, "the system does not say where it is", static_cast<std::uint32_t>(result));
}

Expected<std::string> FolderOfThisProgram() {
  std::wstring path(32'768, L'\0');
  const DWORD size = GetModuleFileNameW(nullptr, path.data(), static_cast<DWORD>(path.size()));
  if (size == 0 || size == path.size()) return std::unexpected(LastError("ask where this program is"));
  path.resize(path.find_last_of(L'\\', size));
  return FromWide(path);
}

// However their paths are written.
Expected<bool> IsSameFolder(const std::string& one, const std::string& other) {
  BY_HANDLE_FILE_INFORMATION facts[2]{};
  for (const std::string* path : {&one, &other}) {
    const auto wide = ToWide(*path);
    if (!wide) return std::unexpected(wide.error());
    const win32::FileHandle folder(CreateFileW(wide->c_str(), FILE_READ_ATTRIBUTES,
                                               FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                               OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
    if (!folder && (GetLastError() == ERROR_FILE_NOT_FOUND || GetLastError() == ERROR_PATH_NOT_FOUND)) return false;
    if (!folder || !GetFileInformationByHandle(folder.Get(), &facts[path == &one ? 0 : 1]))
      return std::unexpected(LastError("look at the folder").At(*path));
  }
  return facts[0].dwVolumeSerialNumber == facts[1].dwVolumeSerialNumber &&
         facts[0].nFileIndexHigh == facts[1].nFileIndexHigh && facts[0].nFileIndexLow == facts[1].nFileIndexLow;
}

Expected<std::string> ProfileOf(Registry& registry, const Sid& user) {
  const std::string key = kProfiles + user.ToString();
  const auto value = registry.Find(key, "ProfileImagePath");
  if (!value) return std::unexpected(value.error());
  if (!*value || (*value)->kind == RegistryValue::Kind::kNumber)
    return std::unexpected(Error{ErrorKind::kNotFound, "look for the profile of the user", user.ToString(), 0,
                                 "this user has never logged on here"});
  const auto text = ToWide((*value)->text);
  if (!text) return std::unexpected(text.error());
  std::array<wchar_t, 4096> whole{};
  const DWORD size = ExpandEnvironmentStringsW(text->c_str(), whole.data(), whole.size());
  if (size == 0 || size > whole.size()) return std::unexpected(LastError("read the path of the profile"));
  return FromWide(whole.data());
}

Expected<Places> FindPlaces(Registry& registry) {
  const auto source = FolderOfThisProgram();
  const auto programs = KnownFolder(FOLDERID_ProgramFiles, "look for the folder of programs");
  const auto data = KnownFolder(FOLDERID_ProgramData, "look for the folder of programs' data");
  for (const auto* one : {&source, &programs, &data})
    if (!*one) return std::unexpected(one->error());
  Places places{*source,
                *programs + "\\acledger",
                *data + "\\acledger",
                *data + "\\acledger-setup\\secrets",
                {*programs},
                [&registry](const Sid& user) { return ProfileOf(registry, user); }};
  const auto in_place = IsSameFolder(places.source, places.programs);
  if (!in_place) return std::unexpected(in_place.error());
  if (*in_place) places.source = places.programs;
  // A system without programs of 32 bits has none.
  if (const auto other = KnownFolder(FOLDERID_ProgramFilesX86, "look for the other folder of programs");
      other && *other != *programs)
    places.shared_roots.push_back(*other);
  return places;
}

Expected<Sid> IsUser(const Sid& sid, const std::string& text) {
  std::array<wchar_t, 1024> name{}, domain{};
  DWORD name_size = name.size(), domain_size = domain.size();
  SID_NAME_USE use{};
  if (!LookupAccountSidW(nullptr, win32::AsPsid(sid), name.data(), &name_size, domain.data(), &domain_size, &use))
    return std::unexpected(LastError("look for the user").At(text));
  const bool is_persons = sid.IsMachineRelative() || sid.Authority() == kCloudAuthority;
  if (use == SidTypeUser && is_persons) return sid;
  return std::unexpected(Error{ErrorKind::kInvalid, "look for the user", text, 0, "it is no person's account"});
}

}  // namespace

struct Win32Host::Parts {
  Win32Accounts accounts;
  std::unique_ptr<SecretStore> secrets;
  Win32KeptRules rules;
  KeptFirewall firewall{rules};
  Win32Filters filters;
  Win32Folders folders;
  Win32ProgramFiles program_files;
  Win32Services services;
  Win32Registry registry;
  Win32Processes processes;
  // Where only administrators can serve: at the other place anybody who runs as this user could answer for the service.
  std::unique_ptr<DaemonProvisioning> provisioning;
  Places places;
  std::string journal_folder;
  std::unique_ptr<Machine> machine;

  std::string Journal() const { return journal_folder + "\\setup.db"; }
};

Win32Host::Win32Host() = default;
Win32Host::~Win32Host() = default;

Expected<void> Win32Host::Begin() {
  auto parts = std::make_unique<Parts>();
  auto places = FindPlaces(parts->registry);
  if (!places) return std::unexpected(places.error());
  parts->places = *std::move(places);
  parts->journal_folder = parts->places.secrets.substr(0, parts->places.secrets.rfind('\\'));
  parts->provisioning = std::make_unique<DaemonProvisioning>(
      ServicePlaces{parts->places.state + "\\ledger.db", daemon::DefaultEndpoint()});
  parts->secrets = MakeSystemSecretStore(parts->places.secrets);
  parts->machine = std::make_unique<Machine>(
      Machine{{parts->accounts, *parts->secrets, CheckByLogon(LogOnOnce), FillWithSystemRandom},
              parts->firewall,
              parts->filters,
              parts->folders,
              parts->program_files,
              parts->services,
              parts->registry,
              parts->processes,
              *parts->provisioning});
  const auto elevated = IsElevated();
  if (!elevated) return std::unexpected(elevated.error());
  if (*elevated)
    for (const auto privilege : {win32::Privilege::kBackup, win32::Privilege::kRestore, win32::Privilege::kDebug})
      if (const auto enabled = win32::EnablePrivilege(privilege); !enabled) return std::unexpected(enabled.error());
  parts_ = std::move(parts);
  return {};
}

Expected<bool> Win32Host::IsElevated() {
  BOOL is_member = FALSE;
  if (!CheckTokenMembership(nullptr, win32::AsPsid(Sid::Administrators()), &is_member))
    return std::unexpected(LastError("ask for this process's groups"));
  return is_member != FALSE;
}

Expected<std::optional<Sid>> Win32Host::StartedBy() {
  const auto user = win32::CallerSid();
  if (!user) return std::unexpected(user.error());
  return user->IsMachineRelative() || user->Authority() == kCloudAuthority ? std::optional(*user) : std::nullopt;
}

Expected<Sid> Win32Host::FindUser(const std::string& user) {
  if (const auto sid = Sid::FromString(user); sid) return IsUser(*sid, user);
  const auto name = ToWide(user);
  if (!name) return std::unexpected(name.error());
  std::array<std::uint8_t, SECURITY_MAX_SID_SIZE> sid{};
  std::array<wchar_t, 1024> domain{};
  DWORD sid_size = sid.size(), domain_size = domain.size();
  SID_NAME_USE use{};
  if (!LookupAccountNameW(nullptr, name->c_str(), sid.data(), &sid_size, domain.data(), &domain_size, &use))
    return std::unexpected(LastError("look for the user").At(user));
  const auto found = win32::ToSid(sid.data());
  return found ? IsUser(*found, user) : found;
}

Expected<std::unique_ptr<FileJournal>> Win32Host::OpenJournal(bool may_make) {
  const auto found = parts_->folders.Find(parts_->journal_folder);
  if (!found) return std::unexpected(found.error());
  if (!*found && !may_make) return std::unique_ptr<FileJournal>();
  const auto wide = ToWide(parts_->journal_folder);
  if (!wide) return std::unexpected(wide.error());
  // Also where it is there: whoever else made it could have put a journal of his into it.
  if (const auto made = win32::MakeProtectedFolder(*wide); !made) return std::unexpected(made.error());
  return FileJournal::Open(parts_->Journal());
}

Expected<void> Win32Host::RemoveJournal() {
  const auto found = parts_->folders.Find(parts_->journal_folder);
  if (!found) return std::unexpected(found.error());
  return *found ? parts_->folders.RemoveTree(parts_->journal_folder) : Expected<void>();
}

Machine& Win32Host::TheMachine() { return *parts_->machine; }
const Places& Win32Host::ThePlaces() { return parts_->places; }

void Win32Host::AnnounceEnvironment() {
  constexpr UINT kPatience = 2000;  // Milliseconds, for each window that does not answer.
  DWORD_PTR answer = 0;
  SendMessageTimeoutW(HWND_BROADCAST, WM_SETTINGCHANGE, 0, reinterpret_cast<LPARAM>(L"Environment"), SMTO_ABORTIFHUNG,
                      kPatience, &answer);
}

Expected<std::unique_ptr<Host>> MakeHost() {
  // Reports of a crash are sent without the memory that holds passwords. Not all systems know how; what an
  // administrator dumps himself he could read anyway.
  WerSetFlags(win32::kWerNoHeap);
  auto host = std::make_unique<Win32Host>();
  if (const auto begun = host->Begin(); !begun) return std::unexpected(begun.error());
  return host;
}

void ShowOnConsole(const std::string& line) {
  // Whole and at once: others may read the lines while the work goes on.
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace acledger::setup
