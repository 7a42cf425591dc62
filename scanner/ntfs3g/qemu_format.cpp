// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string_view>

#include "scanner/ntfs3g/qemu_image.h"

namespace acledger::scanner::ntfs3g {
namespace {

struct Format {
  std::string_view ending, magic;
  const char* name;
};
constexpr Format kFormats[] = {{".qcow2", "QFI\xFB", "qcow2"},
                               {".vmdk", "KDMV", "vmdk"},
                               {".vmdk", "# Disk DescriptorFile", "vmdk"},
                               {".vhdx", "vhdxfile", "vhdx"},
                               {".vhd", "conectix", "vpc"}};

}  // namespace

std::string QemuFormat(const std::string& path) {
  std::string name = path;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with("-flat.vmdk")) return {};  // The raw part of one.
  std::array<char, 32> head{};
  std::ifstream file(path, std::ios::binary);
  if (!file.read(head.data(), head.size())) return {};
  const std::string_view text(head.data(), head.size());
  for (const Format& format : kFormats)
    if (name.ends_with(format.ending) && text.starts_with(format.magic)) return format.name;
  return {};
}

}  // namespace acledger::scanner::ntfs3g
