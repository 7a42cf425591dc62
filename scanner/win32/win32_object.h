// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "scanner/win32/nt_file.h"

namespace acledger::scanner {

// An object of a live volume. The context must outlive it.
class Win32Object : public Object {
 public:
  Win32Object(NtContext& context, win32::NtHandle handle) : context_(context), handle_(std::move(handle)) {}

  Expected<ObjectInfo> Info() override { return QueryInfo(context_, handle_.Get()); }
  Expected<void> ReadDescriptor(security::DescriptorBytes& out) override;
  Expected<void> WriteDacl(security::Bytes descriptor) override;
  Expected<void> List(const std::function<bool(std::span<const ListedName>)>& take) override;
  Expected<std::string> ReadContent(std::size_t limit) override;
  Expected<std::unique_ptr<Object>> OpenChild(std::u16string_view name, Access access) override;
  Expected<std::vector<LinkName>> Names() override;

  HANDLE Handle() const { return handle_.Get(); }

 private:
  NtContext& context_;
  win32::NtHandle handle_;
};

// Counts the open and makes the object.
Expected<std::unique_ptr<Object>> ToObject(NtContext& context, Expected<win32::NtHandle> opened, Access access);

}  // namespace acledger::scanner
