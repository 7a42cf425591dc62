// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "security/descriptor.h"
#include "security/sid.h"

namespace acledger::setup {

// Wine takes many calls and does nothing: what is expected of it is another list than of Windows.
bool IsWine();
// The caller's Administrators group is enabled.
bool IsElevated();

// A SID of this machine that no account has.
security::Sid NobodyHere(std::uint32_t rid);

// A folder of its own below %TEMP%, with this descriptor (SDDL); removed with its files, whoever may open them. Needs
// an elevated administrator; throws where anything fails.
class ClosedFolder {
 public:
  // As a folder step leaves the place of the passwords. Wine asks a folder itself whether files may be made in it,
  // though on Windows the privilege to restore gives that right: there administrators may add files to it, and nothing
  // else.
  static const char* ForSystem() {
    return IsWine() ? "O:SYG:SYD:P(A;OICI;FA;;;SY)(A;;0x100002;;;BA)" : "O:SYG:SYD:P(A;OICI;FA;;;SY)";
  }

  explicit ClosedFolder(const char* sddl);
  ~ClosedFolder();
  ClosedFolder(const ClosedFolder&) = delete;
  ClosedFolder& operator=(const ClosedFolder&) = delete;

  const std::string& Path() const { return path_; }
  std::vector<std::string> Names() const;
  // Of a file in it, by the privilege to back up and to restore.
  std::vector<std::uint8_t> Read(const std::string& name) const;
  void Write(const std::string& name, const std::vector<std::uint8_t>& content) const;
  // With this descriptor; whatever was there goes.
  void Plant(const std::string& name, const std::vector<std::uint8_t>& content, const char* sddl) const;
  void MakeReadOnly(const std::string& name) const;
  // Owner and DACL as SDDL; "" stands for the folder.
  std::string SddlOf(const std::string& name) const;
  // 0, or the error, for who asks without the privilege.
  std::uint32_t OpenPlainly(const std::string& name) const;

 private:
  std::string path_;
};

}  // namespace acledger::setup
