// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <string>

#include "security/descriptor.h"
#include "store/sqlite/database.h"

namespace acledger::store::sqlite {

// An empty database in memory.
Expected<std::unique_ptr<Database>> OpenInMemory();
// The file that the database would be, whole.
Expected<security::DescriptorBytes> ToFileBytes(Database& database);
// A file's bytes as a database that cannot be written. They are not trusted: damage shows as kCorrupt, here or at a
// question.
Expected<std::unique_ptr<Database>> FromFileBytes(security::Bytes bytes);

}  // namespace acledger::store::sqlite
