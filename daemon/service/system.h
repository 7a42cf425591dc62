// SPDX-License-Identifier: MIT
#pragma once

#include <string>

// What differs by system, chosen by the build.
namespace acledger::daemon {

// For the calling thread, from now on: the system prefers everybody else, for processor and disk.
void GiveWayToOthers();

// Tells whoever started the process that it serves (systemd's NOTIFY_SOCKET); nothing where nobody wants to know.
void NotifyReady();

// The descriptor of the pipe, as SDDL; empty where it is not used.
std::string EndpointSddl();

}  // namespace acledger::daemon
