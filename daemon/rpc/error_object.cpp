// SPDX-License-Identifier: MIT
#include "daemon/rpc/error_object.h"

#include <algorithm>
#include <array>
#include <optional>

namespace acledger::daemon {
namespace {

// The place of a kind gives its number: new ones go to the end.
constexpr std::array kKinds = {ErrorKind::kInvalid,     ErrorKind::kNotFound, ErrorKind::kDenied,   ErrorKind::kBusy,
                               ErrorKind::kUnsupported, ErrorKind::kTooLarge, ErrorKind::kReadOnly, ErrorKind::kNoSpace,
                               ErrorKind::kCorrupt,     ErrorKind::kMismatch, ErrorKind::kNoEffect, ErrorKind::kIo};
constexpr int kFirstCode = -32001;
constexpr auto kCount = static_cast<int>(kKinds.size());

struct ProtocolCode {
  int code;
  ErrorKind kind;
  const char* operation;
};
constexpr ProtocolCode kProtocolCodes[] = {
    {kParseError, ErrorKind::kInvalid, "parse the request"},
    {kInvalidRequest, ErrorKind::kInvalid, "read the request"},
    {kMethodNotFound, ErrorKind::kUnsupported, "call"},
    {kInvalidParams, ErrorKind::kInvalid, "read the parameters"},
    {kInternalError, ErrorKind::kIo, "answer"},
};

const ProtocolCode* FindProtocolCode(int code) {
  const auto* found = std::ranges::find(kProtocolCodes, code, &ProtocolCode::code);
  return found == std::end(kProtocolCodes) ? nullptr : found;
}

int RpcCode(const Error& error) {
  const auto code = static_cast<int>(error.code);
  return FindProtocolCode(code) ? code : CodeOf(error.kind);
}

ErrorKind KindOf(int code) {
  if (const ProtocolCode* known = FindProtocolCode(code)) return known->kind;
  const int index = kFirstCode - code;
  return index >= 0 && index < kCount ? kKinds[static_cast<std::size_t>(index)] : ErrorKind::kIo;
}

std::optional<ErrorKind> KindNamed(const std::string& name) {
  const auto* found = std::ranges::find(kKinds, name, [](ErrorKind kind) { return std::string(Name(kind)); });
  return found == kKinds.end() ? std::nullopt : std::optional(*found);
}

std::string TextAt(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A number that fits, or 0.
template <class T>
T NumberAt(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return 0;
  const auto value = found->get<std::int64_t>();
  return std::in_range<T>(value) ? static_cast<T>(value) : 0;
}

}  // namespace

int CodeOf(ErrorKind kind) { return kFirstCode - static_cast<int>(std::ranges::find(kKinds, kind) - kKinds.begin()); }

Error ProtocolError(int rpc_code, std::string reason) {
  const ProtocolCode* known = FindProtocolCode(rpc_code);
  if (!known) known = FindProtocolCode(kInternalError);
  return {known->kind, known->operation, {}, static_cast<std::uint32_t>(known->code), std::move(reason)};
}

Json ErrorObject(const Error& error) {
  return {{"code", RpcCode(error)},
          {"message", error.ToString()},
          {"data",
           {{"kind", Name(error.kind)},
            {"operation", error.operation},
            {"path", error.path},
            {"code", error.code},
            {"reason", error.reason}}}};
}

Error ErrorFrom(const Json& object) {
  if (!object.is_object()) return {ErrorKind::kCorrupt, "read an error of the server", {}, 0, "it is no object"};
  const int code = NumberAt<int>(object, "code");
  const auto data = object.find("data");
  Error error;
  error.kind = KindOf(code);
  if (data == object.end() || !data->is_object()) {
    error.code = FindProtocolCode(code) ? static_cast<std::uint32_t>(code) : 0;
    error.reason = TextAt(object, "message");
    return error;
  }
  error.kind = KindNamed(TextAt(*data, "kind")).value_or(error.kind);
  error.operation = TextAt(*data, "operation");
  error.path = TextAt(*data, "path");
  error.code = NumberAt<std::uint32_t>(*data, "code");
  error.reason = TextAt(*data, "reason");
  return error;
}

}  // namespace acledger::daemon
