// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

namespace acledger::scanner {

// How an entry of a list of sensitive names is written (case does not matter, `*` and `?` within a component):
//
//   .ssh                 a name, wherever it is found; kept from inheriting in advance in a profile only
//   AppData\Roaming\gh   the end of a path, wherever it is found; in advance in a profile only
//   ~\.npmrc             below a profile and nowhere else
//   \pagefile.sys        below the volume's root and nowhere else
//
// "In advance": folders on the way there carry no inheritable entry, so what is created there one day inherits none.

// Credential stores, keys, histories, browser, chat and mail data, hives, the system's own files.
const std::vector<std::string>& SensitivePlaces();
// Our ledgers and configuration. Left out whatever list is configured.
const std::vector<std::string>& OwnPlaces();
// Globs for the profile folders of a volume: "Users/*", ...
const std::vector<std::string>& ProfileFolders();
// Places of tools below AppData that hold programs and packages, relative to it: "Local\Programs", ...
const std::vector<std::string>& ToolPlacesInAppData();

}  // namespace acledger::scanner
