// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "security/error.h"

namespace acledger::setup {

// Addresses of one kind from `first` to `last`, both included, in network order; IPv4 fills the first four bytes.
struct AddressRange {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> first{}, last{};
  auto operator<=>(const AddressRange&) const = default;
};

// In one form only: ascending, IPv4 first, none that overlap or touch. Empty: no addresses.
using AddressRanges = std::vector<AddressRange>;

// Reads what Windows' firewall takes and gives, separated by commas: "1.2.3.4", "1.2.3.0/24", "1.2.3.0/255.255.255.0",
// "1.2.3.4-1.2.3.9" and the same of IPv6, which has no masks. kInvalid: anything else ("LocalSubnet", a zone, a range
// that runs backwards), and no text at all.
Expected<AddressRanges> ParseAddresses(std::string_view text);

// Text that ParseAddresses() reads as the same ranges: one address, a prefix of at least 8 bits, else a range.
std::string ToText(const AddressRanges& ranges);

}  // namespace acledger::setup
