// SPDX-License-Identifier: MIT
// Asks Windows (or Wine) the questions of tests/security/differential: one a line on standard input, one answer a line.
//
//   parse HEX                                        owner group control dacl sacl (see Parse()), or `invalid`
//   token USER GROUP,... DENYONLY,... RESTRICTING,... write|all    the token of the checks to come: `ok`, `error N`
//   check ACCESS HEX                                 `granted 0x...`, `denied`, `error N`
//   from-sddl TEXT                                   hex, or `error N`
//   to-sddl HEX                                      text, or `error N`
//
// `-` stands for an empty list. Masks are hex.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "security/win32/handle.h"
#include "tools/acledger/console.h"
#include "tools/acledger/lines.h"

// Behind <windows.h>, which they do not include themselves.
#include <make_account_token.h>
#include <sddl.h>

namespace {

using acledger::win32::LocalMemory;
using acledger::win32::TokenHandle;
using Blob = std::vector<BYTE>;

std::string Hex(const void* data, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const BYTE byte : std::span(static_cast<const BYTE*>(data), size)) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Blob Unhex(std::string_view text) {
  auto value = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  Blob bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes.push_back(static_cast<BYTE>(value(text[i]) * 16 + value(text[i + 1])));
  }
  return bytes;
}

std::wstring Wide(std::string_view text) { return {text.begin(), text.end()}; }

std::string LastErrorText() { return "error " + std::to_string(GetLastError()); }

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

// A component that begins inside the descriptor, has a valid header and ends inside it; null if it has none.
// Wine judges only what is at an address; that it lies within the bytes is checked here.
struct Bounds {
  const BYTE* begin;
  std::size_t size;
  bool Holds(const void* at, std::size_t length) const {
    const auto offset = static_cast<std::size_t>(static_cast<const BYTE*>(at) - begin);
    return offset >= sizeof(SECURITY_DESCRIPTOR_RELATIVE) && offset <= size && length <= size - offset;
  }
};

std::optional<std::string> SidText(const Bounds& bounds, PSID sid) {
  if (sid == nullptr) return "-";
  if (!bounds.Holds(sid, 8) || !IsValidSid(sid) || !bounds.Holds(sid, GetLengthSid(sid))) return std::nullopt;
  return Hex(sid, GetLengthSid(sid));
}

// "-" absent, "null", or the ACEs' bytes separated by commas in brackets.
std::optional<std::string> AclText(const Bounds& bounds, BOOL present, PACL acl) {
  if (!present) return "-";
  if (acl == nullptr) return "null";
  if (!bounds.Holds(acl, sizeof(ACL)) || !bounds.Holds(acl, acl->AclSize) || !IsValidAcl(acl)) return std::nullopt;
  std::string text = "[";
  for (DWORD i = 0; i < acl->AceCount; ++i) {
    void* ace = nullptr;
    if (!GetAce(acl, i, &ace)) return std::nullopt;
    const DWORD size = static_cast<ACE_HEADER*>(ace)->AceSize;
    if (i > 0) text += ',';
    text += Hex(ace, size);
    if (size == 0) break;  // Wine accepts it, and all that follow are the same one.
  }
  return text + "]";
}

using ValidRelative = BOOLEAN(NTAPI*)(PSECURITY_DESCRIPTOR, ULONG, SECURITY_INFORMATION);

std::string Parse(std::string_view hex) {
  static const auto valid_relative = reinterpret_cast<ValidRelative>(
      reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "RtlValidRelativeSecurityDescriptor")));
  Blob bytes = Unhex(hex);
  const std::size_t size = bytes.size();
  if (size < sizeof(SECURITY_DESCRIPTOR_RELATIVE)) return "invalid";
  // Room behind the end: Wine reads the header of an ACE that would begin there.
  bytes.resize(size + 8);
  PSECURITY_DESCRIPTOR descriptor = bytes.data();
  SECURITY_DESCRIPTOR_CONTROL control = 0;
  DWORD revision = 0;
  if (!IsValidSecurityDescriptor(descriptor) || !valid_relative(descriptor, static_cast<ULONG>(size), 0xF) ||
      !GetSecurityDescriptorControl(descriptor, &control, &revision) || (control & SE_SELF_RELATIVE) == 0) {
    return "invalid";
  }
  PSID owner = nullptr, group = nullptr;
  PACL dacl = nullptr, sacl = nullptr;
  BOOL defaulted = FALSE, dacl_present = FALSE, sacl_present = FALSE;
  GetSecurityDescriptorOwner(descriptor, &owner, &defaulted);
  GetSecurityDescriptorGroup(descriptor, &group, &defaulted);
  GetSecurityDescriptorDacl(descriptor, &dacl_present, &dacl, &defaulted);
  GetSecurityDescriptorSacl(descriptor, &sacl_present, &sacl, &defaulted);
  const Bounds bounds{bytes.data(), size};
  const auto parts = {SidText(bounds, owner), SidText(bounds, group), std::optional(Hex(&control, 2)),
                      AclText(bounds, dacl_present, dacl), AclText(bounds, sacl_present, sacl)};
  std::string text;
  for (const auto& part : parts) {
    if (!part) return "invalid";
    text += (text.empty() ? "" : " ") + *part;
  }
  return text;
}

// SIDs as CreateRestrictedToken wants them; they live as long as this.
class SidList {
 public:
  explicit SidList(std::string_view list) {
    if (list == "-") return;
    for (const std::string_view word : Split(list, ',')) {
      LocalMemory<void> sid;
      if (!ConvertStringSidToSidW(Wide(word).c_str(), sid.Out())) continue;
      entries_.push_back({sid.Get(), 0});
      sids_.push_back(std::move(sid));
    }
  }
  SID_AND_ATTRIBUTES* Data() { return entries_.data(); }
  DWORD Size() const { return static_cast<DWORD>(entries_.size()); }

 private:
  std::vector<LocalMemory<void>> sids_;
  std::vector<SID_AND_ATTRIBUTES> entries_;
};

// make_account_token() takes a braced list; the number of groups, at most eight, is known at run time only.
TokenHandle AccountToken(const std::wstring& user, const std::vector<std::wstring>& groups) {
  if (groups.empty()) return TokenHandle(make_account_token(user.c_str()));
  auto at = [&](std::size_t i) { return i < groups.size() ? groups[i].c_str() : groups.back().c_str(); };
  return TokenHandle(make_account_token(user.c_str(), {at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)}));
}

// One token at a time, and checks with it.
class AccessChecks {
 public:
  std::string SetToken(const std::vector<std::string_view>& words);
  std::string Check(std::string_view access, std::string_view hex) const;

 private:
  TokenHandle token_;  // An impersonation token.
};

std::string AccessChecks::SetToken(const std::vector<std::string_view>& words) {
  if (words.size() != 6) return "error usage";
  std::vector<std::wstring> groups;
  if (words[2] != "-") {
    for (const std::string_view group : Split(words[2], ',')) groups.push_back(Wide(group));
  }
  TokenHandle primary = AccountToken(Wide(words[1]), groups);
  if (!primary) return LastErrorText();
  SidList deny_only(words[3]), restricting(words[4]);
  if (deny_only.Size() + restricting.Size() > 0) {
    TokenHandle restricted;
    const DWORD flags = words[5] == "write" ? 0x8 : 0;  // WRITE_RESTRICTED
    if (!CreateRestrictedToken(primary.Get(), flags, deny_only.Size(), deny_only.Data(), 0, nullptr, restricting.Size(),
                               restricting.Data(), restricted.Out())) {
      return LastErrorText();
    }
    primary = std::move(restricted);
  }
  return DuplicateTokenEx(primary.Get(), TOKEN_ALL_ACCESS, nullptr, SecurityImpersonation, TokenImpersonation,
                          token_.Out())
             ? "ok"
             : LastErrorText();
}

std::string AccessChecks::Check(std::string_view access, std::string_view hex) const {
  GENERIC_MAPPING mapping{FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS};
  Blob bytes = Unhex(hex);
  DWORD wanted = std::strtoul(std::string(access).c_str(), nullptr, 16);
  MapGenericMask(&wanted, &mapping);
  PRIVILEGE_SET privileges{};
  DWORD size = sizeof privileges, granted = 0;
  BOOL allowed = FALSE;
  if (!AccessCheck(bytes.data(), token_.Get(), wanted, &mapping, &privileges, &size, &granted, &allowed)) {
    return LastErrorText();
  }
  if (!allowed) return "denied";
  char text[32];
  std::snprintf(text, sizeof text, "granted 0x%lx", granted);
  return text;
}

std::string FromSddl(std::string_view text) {
  LocalMemory<void> descriptor;
  ULONG size = 0;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(Wide(text).c_str(), SDDL_REVISION_1, descriptor.Out(),
                                                            &size)) {
    return LastErrorText();
  }
  return Hex(descriptor.Get(), size);
}

std::string ToSddl(std::string_view hex) {
  Blob bytes = Unhex(hex);
  const SECURITY_INFORMATION everything =
      OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | SACL_SECURITY_INFORMATION;
  LocalMemory<wchar_t> wide;
  if (!ConvertSecurityDescriptorToStringSecurityDescriptorW(bytes.data(), SDDL_REVISION_1, everything, wide.Out(),
                                                            nullptr)) {
    return LastErrorText();
  }
  std::string text;
  for (const wchar_t* at = wide.Get(); *at != 0; ++at) text += static_cast<char>(*at);
  return text;
}

std::string Answer(AccessChecks& checks, std::string_view line) {
  const std::vector<std::string_view> words = Split(line, ' ');
  const std::string_view rest = line.substr(std::min(line.size(), words[0].size() + 1));
  if (words[0] == "parse") return Parse(rest);
  if (words[0] == "token") return checks.SetToken(words);
  if (words[0] == "check" && words.size() == 3) return checks.Check(words[1], words[2]);
  if (words[0] == "from-sddl") return FromSddl(rest);
  if (words[0] == "to-sddl") return ToSddl(rest);
  return "error usage";
}

}  // namespace

int main() {
  using namespace acledger;
  AccessChecks checks;
  std::string answers;
  tools::LineReader lines([&](std::span<char> buffer) -> Expected<std::size_t> {
    if (auto written = tools::WriteOutput(answers); !written) return std::unexpected(written.error());
    answers.clear();
    return tools::ReadInput(buffer);
  });
  std::string_view line;
  while (true) {
    auto result = lines.Next(line);
    if (!result) return 3;
    if (*result == tools::LineReader::Result::kEnd) return tools::WriteOutput(answers) ? 0 : 3;
    answers += Answer(checks, line);
    answers += '\n';
  }
}
