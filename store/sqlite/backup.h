// SPDX-License-Identifier: MIT
#pragma once

#include "store/sqlite/database.h"

namespace acledger::store::sqlite {

// Replaces what `to` holds by `from` as it is at one moment. Works where `from` is read-only, and beside a writer.
Expected<void> BackUp(Database& from, Database& to);

}  // namespace acledger::store::sqlite
