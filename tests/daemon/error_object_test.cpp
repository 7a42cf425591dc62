// SPDX-License-Identifier: MIT
#include "daemon/rpc/error_object.h"

#include <gtest/gtest.h>

namespace acledger::daemon {
namespace {

void ExpectSame(const Error& a, const Error& b) {
  EXPECT_EQ(a.kind, b.kind);
  EXPECT_EQ(a.operation, b.operation);
  EXPECT_EQ(a.path, b.path);
  EXPECT_EQ(a.code, b.code);
  EXPECT_EQ(a.reason, b.reason);
}

TEST(ErrorObjectTest, GivesEachKindItsOwnNumberForEver) {
  const std::pair<ErrorKind, int> numbers[] = {
      {ErrorKind::kInvalid, -32001},  {ErrorKind::kNotFound, -32002},    {ErrorKind::kDenied, -32003},
      {ErrorKind::kBusy, -32004},     {ErrorKind::kUnsupported, -32005}, {ErrorKind::kTooLarge, -32006},
      {ErrorKind::kReadOnly, -32007}, {ErrorKind::kNoSpace, -32008},     {ErrorKind::kCorrupt, -32009},
      {ErrorKind::kMismatch, -32010}, {ErrorKind::kNoEffect, -32011},    {ErrorKind::kIo, -32012}};
  for (const auto& [kind, number] : numbers) EXPECT_EQ(CodeOf(kind), number) << Name(kind);
}

TEST(ErrorObjectTest, HoldsAllOfAnErrorAndGivesItBack) {
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::kIo); ++kind) {
    const Error error{static_cast<ErrorKind>(kind), "open", "C:\\x\n", 0xC0000022, "access is denied"};
    const Json object = ErrorObject(error);
    EXPECT_EQ(object["code"], CodeOf(error.kind));
    EXPECT_EQ(object["message"], error.ToString());
    ExpectSame(ErrorFrom(object), error);
  }
}

TEST(ErrorObjectTest, KeepsTheNumbersOfTheProtocol) {
  for (const int code : {kParseError, kInvalidRequest, kMethodNotFound, kInvalidParams, kInternalError}) {
    const Error error = ProtocolError(code, "so it is");
    const Json object = ErrorObject(error);
    EXPECT_EQ(object["code"], code);
    ExpectSame(ErrorFrom(object), error);
  }
  EXPECT_EQ(MethodNotFound("x").kind, ErrorKind::kUnsupported);
  EXPECT_EQ(InvalidParams("x").kind, ErrorKind::kInvalid);
}

TEST(ErrorObjectTest, MakesTheBestOfAnotherProgramsObject) {
  Error error = ErrorFrom(Json::parse(R"({"code": -32601, "message": "Method not found"})"));
  EXPECT_EQ(error.kind, ErrorKind::kUnsupported);
  EXPECT_EQ(error.reason, "Method not found");
  EXPECT_EQ(ErrorFrom(Json::parse(R"({"code": -32003, "data": [1]})")).kind, ErrorKind::kDenied);
  EXPECT_EQ(ErrorFrom(Json::parse(R"({"code": "x", "message": 5, "data": {"kind": 7, "code": -1}})")).kind,
            ErrorKind::kIo);
  EXPECT_EQ(ErrorFrom(Json::parse(R"({"code": 1e300})")).kind, ErrorKind::kIo);
  EXPECT_EQ(ErrorFrom(Json("text")).kind, ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace acledger::daemon
