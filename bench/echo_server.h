// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace acledger::bench {

// The floor of an answer: gives back what comes over a socket or named pipe, a thread for each connection that does
// nothing else. Never returns; false where it cannot listen.
bool ServeEcho(const std::string& endpoint);

}  // namespace acledger::bench
