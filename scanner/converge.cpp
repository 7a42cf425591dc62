// SPDX-License-Identifier: MIT
#include "scanner/converge.h"

namespace acledger::scanner {

using security::SameSecurity;

Expected<Convergence> Converge(Object& object, security::Bytes from, security::Bytes to,
                               const RequesterCheck* requester, security::DescriptorBytes& current, bool& uncertain) {
  uncertain = false;
  if (Expected<void> read = object.ReadDescriptor(current); !read) return std::unexpected(read.error());
  if (SameSecurity(current, to)) return Convergence::kAlready;
  if (!SameSecurity(current, from)) return Convergence::kMovedOn;
  if (requester && !requester->MayWrite(current)) return Convergence::kRefused;
  const Expected<void> written = object.WriteDacl(to);
  // Read back also after an error: a call may fail after it took effect.
  if (Expected<void> read = object.ReadDescriptor(current); !read) {
    uncertain = true;
    return std::unexpected(read.error());
  }
  if (SameSecurity(current, to)) return Convergence::kDone;
  if (!SameSecurity(current, from)) return written ? Convergence::kEdited : Convergence::kMovedOn;
  if (!written) return std::unexpected(written.error());
  return Fail(ErrorKind::kNoEffect, "write DACL", "the system reported success, and the descriptor is unchanged");
}

}  // namespace acledger::scanner
