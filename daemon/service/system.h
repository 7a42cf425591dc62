// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>

#include "security/error.h"
#include "security/sid.h"

// What differs by system, chosen by the build.
namespace acledger::daemon {

// For the calling thread: whether the system prefers everybody else, for processor and disk. Going back may be refused;
// then it stays polite.
void GiveWayToOthers(bool gives_way);

// Tells whoever started the process (systemd's NOTIFY_SOCKET) how it is; nothing where nobody wants to know.
enum class Notice { kReady, kReloading, kStopping };
void Notify(Notice notice);

// The signal that asks to read the configuration again; empty where there is none.
std::optional<int> ReloadSignal();

// The descriptor of the pipe, as SDDL: pipe_sddl.h, with this process' user. Empty where it is not used.
Expected<std::string> EndpointSddl(std::span<const security::Sid> sandboxes);

}  // namespace acledger::daemon
