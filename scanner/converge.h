// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/requester.h"
#include "scanner/volume.h"

namespace acledger::scanner {

enum class Convergence : std::uint8_t {
  kDone,     // Was `from`, is `to`: written and read back.
  kAlready,  // Was `to` before the call; nothing was written.
  kMovedOn,  // Neither: someone else had edited the object. Nothing was written.
  kEdited,   // Written, and edited by someone else before it was read back.
  kRefused,  // `requester` may not change what was just read. Nothing was written.
};

// The one place where a descriptor is changed: grant, revoke, recovery and repair are all this. On the handle that is
// written the descriptor is read, written only if it is still `from`, and read again. The window between the read and
// the write remains: NT has no compare-and-set for descriptors. With a `requester`, what was read is asked whether he
// could have done this himself.
//
// `current` receives what the object holds at the end. Errors: those of the volume, and kNoEffect where the write
// reported success and the object still holds `from`. The object is then known to be unchanged, unless `uncertain` is
// set: it could not be read back.
Expected<Convergence> Converge(Object& object, security::Bytes from, security::Bytes to,
                               const RequesterCheck* requester, security::DescriptorBytes& current, bool& uncertain);

}  // namespace acledger::scanner
