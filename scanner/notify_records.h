// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace acledger::scanner {

// The names in a buffer of FILE_NOTIFY_INFORMATION records (MS-FSCC 2.7.1), relative to the watched folder. Empty: the
// buffer is damaged, and what it told is lost. Portable; reads nothing outside of `buffer`.
std::optional<std::vector<std::u16string>> NamesInNotifyBuffer(std::span<const std::uint8_t> buffer);

}  // namespace acledger::scanner
