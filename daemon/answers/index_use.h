// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>

#include "scanner/volume.h"

namespace acledger::daemon {

// "auto", "always", "never": as the option --index and the parameter `index` have it.
inline std::optional<scanner::IndexUse> IndexUseFrom(std::string_view text) {
  if (text == "auto") return scanner::IndexUse::kAuto;
  if (text == "always") return scanner::IndexUse::kAlways;
  if (text == "never") return scanner::IndexUse::kNever;
  return std::nullopt;
}

}  // namespace acledger::daemon
