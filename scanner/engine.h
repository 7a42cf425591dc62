// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/provision.h"
#include "scanner/recount.h"
#include "scanner/registration.h"
#include "scanner/rollback.h"
#include "scanner/settle.h"

namespace acledger::scanner {

struct VerifyReport {
  store::Counts counts;
  std::uint64_t objects = 0;      // Looked at.
  std::uint64_t differences = 0;  // Rows of the index that no longer told the truth.
  std::uint64_t failures = 0;
  bool complete = false;  // false: stopped before everything was looked at.
};

// The whole of provisioning on one volume and one ledger: what programs call. One thread.
class Engine {
 public:
  explicit Engine(Environment environment);

  // Finishes what an unclean stop left, for every grant. The other calls expect this to have run.
  Expected<SettleReport> Settle();

  // Checks the request against the volume and keeps it as grants: the same principal and root is the same grant (its
  // policy is brought up to date); a root below another one of the same principal is part of that (said in `notes`).
  // Refused: places that are never granted, another mask for a grant that is there.
  Expected<std::vector<store::Grant>> Register(GrantRequest request, std::vector<std::string>& notes);

  Expected<ProvisionReport> Provision(const std::vector<store::Grant>& grants);

  // What Provision() would write, called for each object in order; nothing is written but the index in the ledger.
  using OnPlanned = std::function<void(const GrantContext&, const store::Change&)>;
  Expected<ProvisionReport> Plan(const std::vector<store::Grant>& grants, const OnPlanned& on_planned,
                                 store::Counts& counts);

  // The grants whose root is `root` (any principal), or all. kNotFound: there is no such grant.
  Expected<RollbackReport> Rollback(const std::optional<std::string>& root);

  // These grants; one that is not there (any more) is passed over.
  Expected<RollbackReport> RollbackGrants(std::span<const store::GrantId> ids);

  // Compares what the index says with the volume; differences get their verdict (drifted, pending, ...) and are
  // repaired by the next Provision(). A grant that is being rolled back is passed over.
  Expected<VerifyReport> Verify(const std::vector<store::Grant>& grants);

 private:
  using Contexts = std::vector<std::unique_ptr<GrantContext>>;

  Expected<Contexts> ContextsOf(const std::function<bool(const store::Grant&, const PathComponents& root)>& wanted);
  Expected<RollbackReport> Rollback(Contexts& contexts);
  Expected<bool> VerifyOne(const store::Grant& grant, VerifyReport& total);
  Expected<void> KeepFailures(std::span<const store::Failure> known, store::GrantId grant);
  Expected<bool> IsFailed(const store::Failure& failure);

  Environment environment_;
};

}  // namespace acledger::scanner
