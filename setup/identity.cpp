// SPDX-License-Identifier: MIT
#include "setup/identity.h"

#include <array>
#include <charconv>

namespace acledger::setup {
namespace {

std::string RidText(const security::Sid& user) {
  constexpr std::size_t kMostDigits = 8;
  const std::uint32_t rid = user.SubAuthorityCount() == 0 ? 0 : user.SubAuthority(user.SubAuthorityCount() - 1);
  std::string text = std::to_string(rid);
  if (text.size() <= kMostDigits) return text;
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), rid, 36).ptr;
  return "x" + std::string(digits.data(), end);
}

}  // namespace

std::string GroupName(const security::Sid& user) { return "AcledgerSandboxUsers-" + RidText(user); }
std::string OfflineAccountName(const security::Sid& user) { return "AcledgerOff-" + RidText(user); }
std::string OnlineAccountName(const security::Sid& user) { return "AcledgerOn-" + RidText(user); }
std::string OwnershipMark(const security::Sid& user) {
  return "Made by acledger-setup: sandbox of " + user.ToString() + ". Taken back by acledger-setup uninstall.";
}

}  // namespace acledger::setup
