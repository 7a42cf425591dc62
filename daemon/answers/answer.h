// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "daemon/answers/viewer.h"
#include "daemon/rpc/json.h"
#include "scanner/volume.h"
#include "store/ledger.h"

// What is told of a ledger, as JSON: the same fields from the command line and from the daemon. Pure questions; a
// read-only ledger will do. The viewer says who asks: what he may not know is answered as what does not exist.
namespace acledger::daemon {

// {"objects": N, "readable": N, ...}: the verdicts sum to objects.
Json ToJson(const store::Counts& counts);
store::Counts CountsFrom(const Json& json);  // What is missing, or no number, counts as 0.
std::uint64_t NumberIn(const Json& json, const char* name);
Json ToJson(const Error& error);
Json ToJson(const store::Failure& failure);

// The reason where a grant is stale.
extern const char* const kStale;

// What may be said of them: where changes of the grant were missed, every object is unknown.
store::Counts Known(const store::Grant& grant, const store::Counts& counts);

// "holders": who wants which of these grants for now; those of one user alone unless `user` is empty.
Expected<Json> HoldersJson(store::Ledger& ledger, const std::vector<store::Grant>& grants, const std::string& user);

// objects, verdicts, roots and how many tombstones there are.
Expected<Json> StatusJson(store::Ledger& ledger, const Viewer& viewer = {});
// {"failures": [...]}, and where asked for "tombstones" and "dismissed": daemon/answers/tombstones.h.
struct FailuresWanted {
  bool tombstones = false, dismissed = false;
  // At most so many behind the first `skip`, and no more text than one message should have: "next" is then the `skip`
  // for what follows, if there is more. The others are told with the first page.
  std::size_t skip = 0;
  std::optional<std::size_t> limit = std::nullopt;
};
Expected<Json> FailuresJson(store::Ledger& ledger, const Viewer& viewer = {}, const FailuresWanted& wanted = {});
// {"coverage": [for each grant that reaches `path`]}. kNotFound where none has it in its index.
Expected<Json> CoverageJson(store::Ledger& ledger, const std::string& path, const Viewer& viewer = {});
// One element of it.
Json CoverageOf(const std::string& path, const store::Grant& grant, const store::Node& node,
                const store::Counts& counts);
// What it says where there is nothing to tell.
Error NotInTheIndex(const std::string& path);

// What each grant says of `path`: verdict, reason, the entry and where it comes from; and what the object holds now,
// where `volume` could be opened (an image cannot while another program provisions it). `access`: a mask, or empty for
// the grant's own.
Expected<Json> ExplainJson(store::Ledger& ledger, const Expected<scanner::Volume*>& volume, const std::string& path,
                           const std::string& access, const Viewer& viewer = {});

// "12 objects: 3 readable, 9 covered".
std::string Sentence(const store::Counts& counts);
// Of a ToJson(): "\Users\dev\x: WRITE_DAC for S-1-...: write DACL: access denied".
std::string FailureSentence(const Json& failure);
// "0x1200a9".
std::string Hex(std::uint32_t value);

}  // namespace acledger::daemon
