// SPDX-License-Identifier: MIT
#include "tests/win32/scratch_folder.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "scanner/win32/win32_volume.h"
#include "security/sddl.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"

namespace acledger::fixtures {
namespace {

std::wstring Wide(std::u16string_view text) { return {text.begin(), text.end()}; }

void Check(bool done, const char* what) {
  if (!done) throw std::runtime_error(win32::LastError(what).ToString());
}

std::wstring NewRoot() {
  static std::atomic<unsigned> counter{0};
  wchar_t temp[MAX_PATH + 1];
  Check(GetTempPathW(MAX_PATH, temp) != 0, "find the folder for temporary files");
  return L"\\\\?\\" + std::wstring(temp) + L"acledger-test-" + std::to_wstring(GetCurrentProcessId()) + L"-" +
         std::to_wstring(++counter);
}

struct FindTraits {
  using Value = HANDLE;
  static Value None() { return INVALID_HANDLE_VALUE; }
  static void Close(Value value) { FindClose(value); }
};

// std::filesystem in libstdc++ does not read folders whose paths are long.
std::vector<std::u16string> NamesIn(const std::wstring& folder) {
  std::vector<std::u16string> names;
  WIN32_FIND_DATAW found;
  const win32::UniqueHandle<FindTraits> find(FindFirstFileW((folder + L"\\*").c_str(), &found));
  Check(static_cast<bool>(find), "list a folder");
  do {
    const std::wstring name = found.cFileName;
    if (name != L"." && name != L"..") names.emplace_back(name.begin(), name.end());
  } while (FindNextFileW(find.Get(), &found));
  return names;
}

}  // namespace

ScratchFolder::ScratchFolder() : root_(NewRoot()) {
  Check(CreateDirectoryW(root_.c_str(), nullptr), "make the scratch folder");
  Store({}, Sddl(kPrivate));
}

ScratchFolder::~ScratchFolder() {
  try {
    Remove({});
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the scratch folder stays: " << error.what();
  }
}

void ScratchFolder::Remove(const std::u16string& path) const {
  Store(path, Sddl(kPrivate));  // A test may have closed it to us.
  const std::wstring absolute = Absolute(path);
  if (GetFileAttributesW(absolute.c_str()) & FILE_ATTRIBUTE_DIRECTORY) {
    for (const std::u16string& name : NamesIn(absolute)) Remove((path.empty() ? path : path + u'\\') + name);
    Check(RemoveDirectoryW(absolute.c_str()), "remove a folder");
  } else {
    Check(DeleteFileW(absolute.c_str()), "remove a file");
  }
}

std::wstring ScratchFolder::Absolute(std::u16string_view path) const {
  return path.empty() ? root_ : root_ + L'\\' + Wide(path);
}

void ScratchFolder::MakeFolder(std::u16string_view path, const char* sddl) const {
  Check(CreateDirectoryW(Absolute(path).c_str(), nullptr), "make a folder");
  if (sddl) Store(path, Sddl(sddl));
}

void ScratchFolder::MakeFile(std::u16string_view path, const char* sddl) const {
  const win32::FileHandle file(
      CreateFileW(Absolute(path).c_str(), GENERIC_WRITE, 0, nullptr, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, nullptr));
  Check(static_cast<bool>(file), "make a file");
  if (sddl) Store(path, Sddl(sddl));
}

void ScratchFolder::Move(std::u16string_view from, std::u16string_view to) const {
  Check(MoveFileW(Absolute(from).c_str(), Absolute(to).c_str()), "move");
}

void ScratchFolder::Store(std::u16string_view path, const security::DescriptorBytes& descriptor) const {
  const win32::FileHandle file(CreateFileW(Absolute(path).c_str(), WRITE_DAC | WRITE_OWNER,
                                           FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                           OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
  Check(static_cast<bool>(file), "open for its descriptor");
  security::DescriptorBytes bytes = descriptor;
  if (bytes[3] & (SE_DACL_AUTO_INHERITED >> 8)) bytes[3] |= SE_DACL_AUTO_INHERIT_REQ >> 8;
  const NTSTATUS status = NtSetSecurityObject(
      file.Get(), OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, bytes.data());
  if (status != STATUS_SUCCESS) throw std::runtime_error(win32::StatusError("store a descriptor", status).ToString());
}

scanner::PathComponents ScratchFolder::Components(std::u16string_view path) const {
  std::u16string text(root_.begin() + 7, root_.end());  // Behind "\\?\C:\".
  if (!path.empty()) text.append(u"\\").append(path);
  scanner::PathComponents components(1);
  for (const char16_t unit : text) {
    if (unit == u'\\')
      components.emplace_back();
    else
      components.back() += unit;
  }
  return components;
}

scanner::Volume& TestVolume() {
  static const std::unique_ptr<scanner::Volume> volume = [] {
    const ScratchFolder folder;
    return scanner::OpenWin32Volume(std::string{folder.Drive(), ':'}).value();
  }();
  return *volume;
}

std::unique_ptr<scanner::Object> OpenIn(const ScratchFolder& folder, std::u16string_view path, scanner::Access access) {
  auto at = TestVolume().OpenRoot(scanner::Access::kRead).value();
  const scanner::PathComponents components = folder.Components(path);
  for (std::size_t i = 0; i < components.size(); ++i)
    at = at->OpenChild(components[i], i + 1 == components.size() ? access : scanner::Access::kRead).value();
  return at;
}

security::DescriptorBytes BytesOf(scanner::Object& object) {
  security::DescriptorBytes bytes;
  object.ReadDescriptor(bytes).value();
  return bytes;
}

std::string SddlOf(scanner::Object& object) {
  const security::DescriptorBytes bytes = BytesOf(object);
  return security::ToSddl(security::DescriptorView::Parse(bytes).value()).value();
}

security::DescriptorBytes Sddl(std::string_view text) {
  auto bytes = security::FromSddl(text);
  if (!bytes) throw std::runtime_error(bytes.error().ToString());
  return std::move(*bytes);
}

}  // namespace acledger::fixtures
