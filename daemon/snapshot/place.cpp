// SPDX-License-Identifier: MIT
#include "daemon/snapshot/place.h"

#include <algorithm>

namespace acledger::daemon::snapshot {

std::string FolderOf(const std::string& ledger) { return ledger + ".snapshots"; }

std::string PathOf(const std::string& ledger, const std::string& user) { return FolderOf(ledger) + "/" + user; }

bool IsUser(const std::string& user) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!user.empty() && std::ranges::all_of(user, is_digit)) return true;
  return security::Sid::FromString(user).has_value();
}

}  // namespace acledger::daemon::snapshot
