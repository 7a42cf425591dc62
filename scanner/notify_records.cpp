// SPDX-License-Identifier: MIT
#include "scanner/notify_records.h"

#include "security/little_endian.h"

namespace acledger::scanner {

std::optional<std::vector<std::u16string>> NamesInNotifyBuffer(std::span<const std::uint8_t> buffer) {
  constexpr std::size_t kHeader = 12;  // Next entry, action, length of the name in bytes.
  std::vector<std::u16string> names;
  for (std::size_t at = 0;;) {
    if (buffer.size() - at < kHeader) return std::nullopt;
    const std::size_t next = security::LoadU32(&buffer[at]);
    const std::size_t bytes = security::LoadU32(&buffer[at + 8]);
    if (bytes % 2 != 0 || bytes > buffer.size() - at - kHeader) return std::nullopt;
    std::u16string name(bytes / 2, u'\0');
    for (std::size_t i = 0; i < name.size(); ++i)
      name[i] = static_cast<char16_t>(security::LoadU16(&buffer[at + kHeader + 2 * i]));
    names.push_back(std::move(name));
    if (next == 0) return names;
    if (next < kHeader || next > buffer.size() - at) return std::nullopt;
    at += next;
  }
}

}  // namespace acledger::scanner
