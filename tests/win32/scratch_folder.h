// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "scanner/policy.h"
#include "scanner/volume.h"

namespace acledger::fixtures {

// A folder of its own below %TEMP%, with a stored descriptor so that Wine enforces and inherits below it too; removed
// with all that is in it. Made through the Win32 file API, not through the code under test.
class ScratchFolder {
 public:
  // SYSTEM and Administrators full, inherited by what is created inside.
  static constexpr const char* kPrivate = "O:BAG:BAD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)";

  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  // `path` is relative to the folder, with '\'. With a descriptor (SDDL) that is stored on it.
  void MakeFolder(std::u16string_view path, const char* sddl = nullptr) const;
  void MakeFile(std::u16string_view path, const char* sddl = nullptr) const;
  void Move(std::u16string_view from, std::u16string_view to) const;
  // Owner, group and DACL of what is there.
  void Store(std::u16string_view path, const security::DescriptorBytes& descriptor) const;

  // "\\?\C:\...\path": the Win32 functions then neither shorten nor tidy names.
  std::wstring Absolute(std::u16string_view path) const;

  char Drive() const { return static_cast<char>(root_[4]); }
  // From the volume's root.
  scanner::PathComponents Components(std::u16string_view path) const;

 private:
  void Remove(const std::u16string& path) const;

  std::wstring root_;
};

// The volume that scratch folders are on; open for the whole test run.
scanner::Volume& TestVolume();

// Opens `path` in the scratch folder, component by component.
std::unique_ptr<scanner::Object> OpenIn(const ScratchFolder& folder, std::u16string_view path,
                                        scanner::Access access = scanner::Access::kRead);

// The object's descriptor as SDDL.
std::string SddlOf(scanner::Object& object);
security::DescriptorBytes BytesOf(scanner::Object& object);
security::DescriptorBytes Sddl(std::string_view text);

}  // namespace acledger::fixtures
