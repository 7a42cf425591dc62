// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "daemon/rpc/error_object.h"
#include "scanner/registration.h"

namespace acledger::daemon {

// Reads the parameters of one call: by name, strictly. Every question after the first error keeps that error; a name
// that nobody asked for is an error too (End()): a typo must not pass in silence.
class Params {
 public:
  explicit Params(const Json& params);

  std::string Text(const char* name);  // Must be there.
  std::string TextOr(const char* name, std::string otherwise);
  std::vector<std::string> Texts(const char* name);  // May be missing: empty.
  bool Flag(const char* name);                       // May be missing: false.
  std::uint64_t NumberOr(const char* name, std::uint64_t otherwise, std::uint64_t most);
  bool Has(const char* name) const;

  // After all questions.
  Expected<void> End();
  // An error of the caller's own making.
  void Refuse(const std::string& reason);

 private:
  const Json* Find(const char* name, bool must);

  const Json& params_;
  std::vector<std::string> asked_;
  std::optional<Error> error_;
};

// "index": when the volume's own tables are read; auto where it is missing.
scanner::IndexUse IndexUseIn(Params& params);

// principal, roots, and what else the command line's `provision` takes: mask, exclude, protected, token_sids,
// own_principal,
// machine_sid_final, sensitive_names, appdata_allowed.
Expected<scanner::GrantRequest> GrantRequestFrom(Params& params);

}  // namespace acledger::daemon
