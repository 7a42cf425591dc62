// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "daemon/rpc/json.h"

namespace acledger::daemon {

// Codes of JSON-RPC 2.0, section 5.1.
inline constexpr int kParseError = -32700;
inline constexpr int kInvalidRequest = -32600;
inline constexpr int kMethodNotFound = -32601;
inline constexpr int kInvalidParams = -32602;
inline constexpr int kInternalError = -32603;

// Ours: one for each ErrorKind, out of the range that the specification leaves to servers. They never change:
//   -32001 invalid      -32004 busy         -32007 read only   -32010 mismatch
//   -32002 not found    -32005 unsupported  -32008 no space    -32011 no effect
//   -32003 denied       -32006 too large    -32009 corrupt     -32012 io
int CodeOf(ErrorKind kind);

// What the protocol itself defines, as an Error: `code` holds the number of section 5.1 (as unsigned), by which
// ErrorObject() knows it.
Error ProtocolError(int rpc_code, std::string reason);
inline Error MethodNotFound(std::string_view method) {
  return ProtocolError(kMethodNotFound, "no method \"" + std::string(method) + "\"");
}
inline Error InvalidParams(std::string reason) { return ProtocolError(kInvalidParams, std::move(reason)); }

// {code, message, data: {kind, operation, path, code, reason}}. `message` is Error::ToString().
Json ErrorObject(const Error& error);
// The way back. Of an object that somebody else made: what is missing or of another type is left out, and the kind
// follows from `code`.
Error ErrorFrom(const Json& object);

}  // namespace acledger::daemon
