// SPDX-License-Identifier: MIT
#include "tests/win32/restricted_child.h"

#include <stdexcept>
#include <vector>

#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::fixtures {
namespace {

using security::Sid;

constexpr wchar_t kChildFlag[] = L"--read-as-child";

void Check(bool done, const char* what) {
  if (!done) throw std::runtime_error(win32::LastError(what).ToString());
}

win32::TokenHandle OwnToken() {
  win32::TokenHandle token;
  Check(OpenProcessToken(GetCurrentProcess(), TOKEN_ALL_ACCESS, token.Out()), "open the own token");
  return token;
}

// The SID of the logon session, by which a window station lets its processes in.
std::vector<Sid> LogonSids(HANDLE token) {
  DWORD size = 0;
  GetTokenInformation(token, TokenGroups, nullptr, 0, &size);
  std::vector<std::uint64_t> buffer(size / sizeof(std::uint64_t) + 1);
  Check(GetTokenInformation(token, TokenGroups, buffer.data(), size, &size), "read the token's groups");
  const auto* groups = reinterpret_cast<const TOKEN_GROUPS*>(buffer.data());
  std::vector<Sid> sids;
  for (const auto* group = groups->Groups; group != groups->Groups + groups->GroupCount; ++group)
    if ((group->Attributes & SE_GROUP_LOGON_ID) == SE_GROUP_LOGON_ID) sids.push_back(win32::ToSid(group->Sid).value());
  return sids;
}

win32::TokenHandle Restricted(const Sid& principal) {
  const win32::TokenHandle own = OwnToken();
  std::vector<Sid> sids = LogonSids(own.Get());
  for (const Sid& sid : {principal, Sid::Everyone(), Sid::Users(), Sid::AuthenticatedUsers(), Sid::Make(5, {12})})
    sids.push_back(sid);
  std::vector<SID_AND_ATTRIBUTES> restricting;
  for (const Sid& sid : sids) restricting.push_back({win32::AsPsid(sid), 0});
  win32::TokenHandle token;
  // Without its privileges: SeBackupPrivilege would read anything.
  Check(CreateRestrictedToken(own.Get(), DISABLE_MAX_PRIVILEGE, 0, nullptr, 0, nullptr,
                              static_cast<DWORD>(restricting.size()), restricting.data(), token.Out()),
        "make a restricted token");
  return token;
}

DWORD ReadUnder(HANDLE token, const std::wstring& path) {
  wchar_t program[MAX_PATH];
  Check(GetModuleFileNameW(nullptr, program, MAX_PATH) != 0, "find the own program");
  std::wstring command = L"\"" + std::wstring(program) + L"\" " + kChildFlag + L" \"" + path + L"\"";
  STARTUPINFOW startup{};
  startup.cb = sizeof(startup);
  PROCESS_INFORMATION process{};
  Check(CreateProcessAsUserW(token, program, command.data(), nullptr, nullptr, FALSE, 0, nullptr, nullptr, &startup,
                             &process),
        "start the child");
  const win32::NtHandle child(process.hProcess), thread(process.hThread);
  DWORD code = 0;
  Check(WaitForSingleObject(child.Get(), 60'000) == WAIT_OBJECT_0, "wait for the child");
  Check(GetExitCodeProcess(child.Get(), &code), "read the child's exit code");
  return code;
}

}  // namespace

unsigned long ReadAsRestricted(const Sid& principal, const std::wstring& path) {
  return ReadUnder(Restricted(principal).Get(), path);
}

unsigned long ReadAsOneself(const std::wstring& path) { return ReadUnder(OwnToken().Get(), path); }

int RunAsChild(int argc, wchar_t** argv) {
  if (argc != 3 || std::wstring(argv[1]) != kChildFlag) return -1;
  const win32::FileHandle file(CreateFileW(argv[2], GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, nullptr,
                                           OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
  return file ? 0 : static_cast<int>(GetLastError());
}

}  // namespace acledger::fixtures
