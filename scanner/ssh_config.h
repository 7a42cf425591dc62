// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "scanner/path.h"

namespace acledger::scanner {

// The files and folders that an OpenSSH client configuration (ssh_config(5)) names: IdentityFile, CertificateFile,
// UserKnownHostsFile, ControlPath, IdentityAgent, Include and their like. They may lie outside ~/.ssh and are as
// sensitive.
//
// `profile` stands for `~`, `%d`, ${HOME} and ${USERPROFILE}. A drive letter is dropped ("/c/" of Git's ssh too). Where
// a component holds another token or a wildcard, and past Glob::kMaxComponents, the folder above is meant. Left out:
// relative paths (they are relative to wherever ssh is started, or to ~/.ssh), and what would name the profile itself
// or a folder above it.
//
// Tolerant: a line that makes no sense is skipped. Bounded: the first MiB of the text, at most 1000 targets. Each
// target once, in order.
std::vector<PathComponents> SshConfigTargets(std::string_view config_text, const PathComponents& profile);

}  // namespace acledger::scanner
