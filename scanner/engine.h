// SPDX-License-Identifier: MIT
#pragma once

#include "scanner/handover.h"
#include "scanner/provision.h"
#include "scanner/recount.h"
#include "scanner/registration.h"
#include "scanner/rollback.h"
#include "scanner/settle.h"
#include "scanner/tombstones.h"

namespace acledger::scanner {

struct VerifyReport {
  store::Counts counts;
  std::uint64_t objects = 0;      // Looked at.
  std::uint64_t differences = 0;  // Rows of the index that no longer told the truth.
  std::uint64_t failures = 0;
  std::uint64_t orphans = 0;                 // Objects that were given up (Dismiss) and carry an entry of ours.
  std::vector<std::string> orphan_examples;  // Where they were last known.
  bool complete = false;                     // false: stopped before everything was looked at.
};

// Which grants are meant: those that have all of this.
struct GrantsNamed {
  std::optional<std::string> root = {};
  std::optional<security::Sid> principal = {};
  std::optional<security::AccessMask> mask = {};
};

// The whole of provisioning on one volume and one ledger: what programs call. One thread.
class Engine {
 public:
  explicit Engine(Environment environment);

  // Environment::index, for what is begun from now on.
  void SetIndexUse(IndexUse use) { environment_.index = use; }

  // Finishes what an unclean stop left, for every grant; a ledger that came with the volume is adopted first. The other
  // calls expect this to have run. (What a call that failed leaves in the middle is settled by itself, before the next
  // one looks at a grant.)
  Expected<SettleReport> Settle();

  // Checks the request against the volume and keeps it as grants: the same principal, mask and root is the same grant
  // (its policy is brought up to date); a root below another one of the same principal and mask is part of that (said
  // in `notes`). Returns what is to be provisioned. Refused: places that are never granted.
  Expected<std::vector<store::Grant>> Register(const GrantRequest& request, std::vector<std::string>& notes);

  // The same for as long as `who` wants it: one holder for each root, and each root is a grant of its own. In the
  // ledger when it returns. `who.grant` is not looked at.
  struct Held {
    store::HolderId holder = 0;
    store::Grant grant;
  };
  struct Acquired {
    std::vector<Held> held;
    std::vector<store::Grant> grants;  // To be provisioned.
  };
  Expected<Acquired> Acquire(const GrantRequest& request, const store::Holder& who, std::vector<std::string>& notes);
  // A grant that nobody wants any more (no holder, not permanent) begins its way back. One that is not there (any more)
  // is passed over.
  Expected<Begun> Release(std::span<const store::HolderId> holders);
  // The same for grants that nobody wants for whatever reason: at a start.
  Expected<Begun> ReleaseUnheld();
  // A person wants these back, permanent or not. kBusy, with who, where one is held, unless `forced`.
  Expected<Begun> BeginRollback(std::span<const store::GrantId> ids, bool forced);

  // What could not be taken back before, of the same principal and mask, is tried again first.
  Expected<ProvisionReport> Provision(const std::vector<store::Grant>& grants);

  // The same where only these folders (paths from the volume's root) may have changed since the grant was complete;
  // see scanner::Provision::RunPart(). A grant that none of them concerns is left alone.
  Expected<ProvisionReport> LookAgain(const store::Grant& grant, std::span<const PathComponents> changed);

  // What Provision() would write, called for each object in order; nothing is written but the index in the ledger.
  using OnPlanned = std::function<void(const GrantContext&, const store::Change&)>;
  Expected<ProvisionReport> Plan(const std::vector<store::Grant>& grants, const OnPlanned& on_planned,
                                 store::Counts& counts);

  // The grants that are named: with nothing, all of them. kNotFound: there is no such grant.
  // What was part of one of them and is wanted goes on: it is provisioned first. kBusy where one is held, unless
  // `forced`. What earlier rollbacks of these roots, or of the same principal and mask, left behind is tried again.
  Expected<RollbackReport> Rollback(const GrantsNamed& named, bool forced = false);
  Expected<RollbackReport> Rollback(const std::optional<std::string>& root, bool forced = false) {
    return Rollback(GrantsNamed{root}, forced);
  }

  // These grants; one that is not there (any more), or not on its way back, is passed over.
  Expected<RollbackReport> RollbackGrants(std::span<const store::GrantId> ids);

  // See scanner/tombstones.h.
  Expected<RollbackReport> Revisit(const GrantFilter& wanted);
  Expected<Dismissed> Dismiss(const DismissRequest& request);

  // Compares what the index says with the volume; differences get their verdict (drifted, pending, ...) and are
  // repaired by the next Provision(). A grant that is being rolled back is passed over.
  Expected<VerifyReport> Verify(const std::vector<store::Grant>& grants);

 private:
  using Contexts = std::vector<std::unique_ptr<GrantContext>>;

  Expected<Contexts> ContextsOf(const std::function<bool(const store::Grant&, const PathComponents& root)>& wanted);
  // `work`, after what earlier calls left in the middle was settled. Whatever ends it but success leaves that to be
  // done.
  template <class Report>
  Expected<Report> Settled(const std::function<Expected<Report>()>& work);
  Expected<void> SettleOne(const store::Grant& grant, SettleReport& total);
  Expected<std::vector<store::Grant>> AllGrantsWith(std::span<const store::ChangeState> states);
  Expected<std::vector<store::Grant>> ClosedWithoutFlush();
  Expected<ProvisionReport> ProvisionEach(const std::vector<store::Grant>& grants);
  Expected<ProvisionReport> LookAgainAt(const store::Grant& grant, std::span<const PathComponents> changed);
  Expected<RollbackReport> Rollback(Contexts& contexts);
  Expected<VerifyReport> VerifyEach(const std::vector<store::Grant>& grants);
  Expected<bool> IsAnythingLeft(const GrantFilter& wanted);
  Expected<RollbackReport> RollbackAndRevisit(std::span<const store::GrantId> ids, const GrantFilter& wanted);
  Expected<RollbackReport> RollbackAndRevisitNow(std::span<const store::GrantId> ids, const GrantFilter& wanted);
  Expected<bool> RevisitFor(GrantContext& context, ProvisionReport& total);
  Expected<bool> VerifyOne(const store::Grant& grant, VerifyReport& total);
  Expected<std::vector<Registration>> RegisterAll(GrantRequest request, std::vector<std::string>& notes);
  Expected<void> SettleReverts(std::span<const store::Grant> grants);
  Expected<Begun> Release(const std::function<Expected<void>()>& remove);
  Expected<void> CheckUnheld(std::span<const store::GrantId> ids);
  Expected<void> KeepFailures(std::span<const store::Failure> known, store::GrantId grant);
  Expected<bool> IsFailed(const store::Failure& failure);

  Environment environment_;
  bool unsettled_ = false;  // Changes may stand in the ledger whose end nobody knows.
};

}  // namespace acledger::scanner
