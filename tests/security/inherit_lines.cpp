// SPDX-License-Identifier: MIT
// Answers lines of "parent<TAB>child" (hex of descriptors, the child empty for a new object) with the hex of what the
// child holds after inheritance, like `acledger sd inherit`, for differential_inheritance.py.
#include <cstdio>
#include <iostream>
#include <string>

#include "security/inheritance.h"

namespace acledger::security {
namespace {

DescriptorBytes FromHex(std::string_view hex) {
  DescriptorBytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

std::string ToHex(Bytes bytes) {
  std::string hex;
  for (unsigned byte : bytes) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

Expected<DescriptorBytes> Inherit(std::string_view line, ObjectType type, const Creator& creator) {
  std::size_t tab = line.find('\t');
  DescriptorBytes parent_bytes = FromHex(line.substr(0, tab));
  auto parent = DescriptorView::Parse(parent_bytes);
  if (!parent) return std::unexpected(std::move(parent.error()));
  if (tab + 1 == line.size()) return CreateInherited(*parent, type, creator);
  DescriptorBytes child_bytes = FromHex(line.substr(tab + 1));
  auto child = DescriptorView::Parse(child_bytes);
  if (!child) return std::unexpected(std::move(child.error()));
  return Recompute(*parent, *child, type);
}

}  // namespace
}  // namespace acledger::security

int main(int argc, char** argv) {
  using namespace acledger::security;
  if (argc != 7) {
    std::fputs("usage: inherit_lines --type file|folder --owner SID --group SID\n", stderr);
    return 2;
  }
  ObjectType type = std::string_view(argv[2]) == "folder" ? ObjectType::kFolder : ObjectType::kFile;
  auto owner = Sid::FromString(argv[4]), group = Sid::FromString(argv[6]);
  if (!owner || !group) return 2;
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    auto answer = Inherit(line, type, {*owner, *group});
    std::cout << (answer ? ToHex(*answer) : "error: " + answer.error().ToString()) << '\n';
  }
  return 0;
}
