// SPDX-License-Identifier: MIT
#pragma once

#include "daemon/answers/viewer.h"

namespace acledger::daemon::snapshot {

// What a snapshot says of itself.
struct About {
  std::string ledger;  // Its path,
  std::string volume;  // and the volume's name.
  std::string user;
  bool daemon_ended = false;  // Nothing keeps it true from here on.
  std::int64_t written = 0;   // Milliseconds since 1970, UTC.
};

// The file of one user: what the viewer may know of the ledger at this moment, and no more. Reads every row of the
// grants that he may know of. Any thread, with a ledger of that thread (a read-only one will do).
Expected<security::DescriptorBytes> Build(store::Ledger& ledger, const Viewer& viewer, const About& about);

}  // namespace acledger::daemon::snapshot
