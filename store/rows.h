// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/ledger.h"
#include "store/sqlite/query.h"

namespace acledger::store {

// node.status and folder.status: bit 0 folder, bit 1 several hard links, bits 2-4 verdict, bits 5 and up reason. Up to
// 127 takes one byte in a record, so the common reasons have low numbers.
std::int64_t PackStatus(const Node& node);
// False, and `node` unchanged, for a number that PackStatus() never gives.
bool UnpackStatus(std::int64_t status, Node& node);

// Reads a file id, a name and the rest of a node from five columns that begin at `column`: name, file_id, descriptor,
// status.
Expected<void> ReadNode(const sqlite::Query& row, int column, Node& node);

// A value that no writer of ours stores: the row was damaged or forged, and the ledger with it.
std::unexpected<Error> BadRow(const sqlite::Query& row, const char* table, std::int64_t id, const char* what);

// Names as the index orders them: letters A-Z as a-z, then by byte. Equal only if byte for byte equal.
bool NameLess(std::string_view a, std::string_view b);
// As SQLite's NOCASE: only A-Z and a-z are the same letters.
bool SameNameNoCase(std::string_view a, std::string_view b);

}  // namespace acledger::store
