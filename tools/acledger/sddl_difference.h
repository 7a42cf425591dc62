// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace acledger::tools {

// Two descriptors as SDDL, for a person to compare. Where they are long, what both have at the begin and at the end is
// "..." but for what comes before the first entry. Cuts lie between entries.
std::pair<std::string, std::string> SddlDifference(std::string_view before, std::string_view after);

}  // namespace acledger::tools
