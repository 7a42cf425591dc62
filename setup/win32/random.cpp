// SPDX-License-Identifier: MIT
#include "setup/win32/random.h"

#include "security/win32/nt_api.h"
#include "security/win32/system_error.h"

// After windows.h.
#include <bcrypt.h>

#include <algorithm>

namespace acledger::setup {

Expected<void> FillWithSystemRandom(std::span<std::uint8_t> to) {
  constexpr std::size_t kAtOnce = 1 << 20;
  while (!to.empty()) {
    const auto part = to.first(std::min(to.size(), kAtOnce));
    const NTSTATUS status =
        BCryptGenRandom(nullptr, part.data(), static_cast<ULONG>(part.size()), BCRYPT_USE_SYSTEM_PREFERRED_RNG);
    if (status != STATUS_SUCCESS) return std::unexpected(win32::StatusError("ask for random bytes", status));
    to = to.subspan(part.size());
  }
  return {};
}

}  // namespace acledger::setup
