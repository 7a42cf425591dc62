// SPDX-License-Identifier: MIT
#include "security/file_id.h"

namespace acledger {
namespace {

void AppendHex(std::string& text, std::uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) text += "0123456789abcdef"[(value >> shift) & 15];
}

}  // namespace

std::string FileId::ToString() const {
  std::string text = "0x";
  if (high != 0) AppendHex(text, high);
  AppendHex(text, low);
  return text;
}

}  // namespace acledger
