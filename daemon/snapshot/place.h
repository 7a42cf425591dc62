// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "security/descriptor.h"

// Where snapshots lie and who may read them; by platform.
namespace acledger::daemon::snapshot {

// "LEDGER.snapshots/USER": USER is a SID or a uid.
std::string FolderOf(const std::string& ledger);
std::string PathOf(const std::string& ledger, const std::string& user);
// Whether it is nothing but a SID or a number, and so a file's name.
bool IsUser(const std::string& user);

// Who runs this process, as a server would say it.
Expected<std::string> CurrentUser();

// Makes the folder for the daemon alone: others can neither list nor write it (on Unix they may pass through it to a
// file of their own).
Expected<void> MakeFolder(const std::string& folder);

// Replaces (or makes) the user's file in one step: a reader finds the old bytes or the new ones, and they are on the
// disk before they have the name. Readable by the user alone, beside SYSTEM and Administrators or the daemon's user.
// kBusy where a reader holds the file so that it cannot be replaced: later.
Expected<void> Replace(const std::string& path, const std::string& user, security::Bytes bytes);
Expected<void> RemoveFile(const std::string& path);

// The whole file. kDenied where others than the daemon could have written it; kTooLarge beyond 1 GiB.
Expected<security::DescriptorBytes> ReadWhole(const std::string& path);

}  // namespace acledger::daemon::snapshot
