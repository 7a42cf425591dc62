// SPDX-License-Identifier: MIT
#include "tests/scanner/holders_world.h"

#include <algorithm>

#include "scanner/judge.h"
#include "security/edit.h"
#include "security/wtf8.h"

namespace acledger::scanner {

using store::Grant;
using store::GrantState;

HoldersWorld::HoldersWorld(bool principal_is_ours) {
  request_.principal_is_ours = principal_is_ours;
  const std::string we = std::string(";;;") + kPrincipal + ")";
  const std::string alike = "O:BAG:BAD:(A;OICI;FA;;;SY)(A;OICI;GR" + we;
  const std::string alike_too = "O:BAG:BAD:(A;;0x1201bf" + we + "(A;ID;FA;;;SY)";
  const std::string denied = "O:BAG:BAD:(D;;FA" + we + "(A;ID;FA;;;SY)";
  volume_.File(u"work/top");
  if (!principal_is_ours) volume_.Folder(u"work/theirs", alike.c_str());
  volume_.File(u"work/theirs/inherits");
  volume_.Folder(u"work/else/more");
  volume_.File(u"work/else/more/e");
  volume_.File(u"work/sub/a");
  if (!principal_is_ours) volume_.Folder(u"work/sub/theirs", alike.c_str());
  volume_.File(u"work/sub/theirs/inherits");
  if (!principal_is_ours) volume_.File(u"work/sub/alike too", alike_too.c_str());
  volume_.File(u"work/sub/readable", "O:BAG:BAD:(A;;FA;;;WD)");
  volume_.File(u"work/sub/deep/b");
  volume_.File(u"work/sub/deep/er/c");
  volume_.Folder(u"work/sub/closed", "O:BAG:BAD:P(A;OICI;FA;;;BA)");
  volume_.File(u"work/sub/closed/in");
  volume_.File(u"work/sub/denied", denied.c_str());
  volume_.HardLink(u"work/sub/a", u"work/sub/deep/a2");
  volume_.HardLink(u"work/top", u"work/sub/across");
  volume_.File(u"apart/y");
  volume_.Folder(u"apart/z", "O:BAG:BAD:(A;OICI;FA;;;BA)");
  volume_.File(u"apart/z/z");
  volume_.File(u"beside/never");
  original_ = volume_.SecurityIds();
}

store::HolderId HoldersWorld::Acquire(const Want& want) {
  GrantRequest request = RequestFor(want.root);
  request.principal = SidOf(want.principal);
  request.mask = want.mask;
  store::Holder who;
  who.user = "1000";
  who.process = 42;
  const Engine::Acquired acquired = Must(TheEngine().Acquire(request, who, notes_));
  return acquired.held.front().holder;
}

void HoldersWorld::Release(store::HolderId holder) {
  const store::HolderId one[] = {holder};
  Must(TheEngine().Release(one));
}

bool HoldersWorld::DoOne(security::Random& random) {
  std::vector<Grant> due = Must(Ledger().Grants());
  std::erase_if(due, [](const Grant& grant) {
    return grant.state == GrantState::kComplete || grant.state == GrantState::kPartOf;
  });
  if (due.empty()) return false;
  const Grant grant = due[random.Below(static_cast<std::uint32_t>(due.size()))];
  Engine& engine = TheEngine();
  if (grant.state != GrantState::kRollingBack) {
    Must(engine.Provision({grant}));
    return true;
  }
  std::vector<store::GrantId> going{grant.id};
  for (const Grant& other : due)
    if (other.state == GrantState::kRollingBack && random.OneIn(2)) going.push_back(other.id);
  const RollbackReport report = Must(engine.RollbackGrants(going));
  if (report.failed + report.remaining > 0)
    troubles_.push_back(grant.root + ": " + std::to_string(report.failed) + " failed, " +
                        std::to_string(report.remaining) + " remain" +
                        (report.examples.empty() ? "" : ": " + report.examples.front()));
  return true;
}

void HoldersWorld::Drain(security::Random& random) {
  for (int jobs = 0; DoOne(random); ++jobs)
    if (jobs > 100) throw std::runtime_error("the work has no end: " + Tale());
}

std::string HoldersWorld::Tale() {
  std::string tale;
  for (const Grant& grant : Must(Ledger().Grants()))
    tale += std::to_string(grant.id) + " " + grant.root + " " + store::Name(grant.state) + "\n";
  for (const store::Failure& failure : Failures())
    tale += failure.path + " " + failure.right + " " + failure.error.ToString() + "\n";
  for (const store::Ledger::Found& found : Must(Ledger().Find(std::vector<std::string>{"work", "sub"})))
    tale += "\\work\\sub for grant " + std::to_string(found.grant.id) + ": " + store::Name(found.node.verdict) + " " +
            store::Name(found.node.reason) + ", descriptor " + std::to_string(found.node.descriptor) + "\n";
  tale += DaclOf(u"work/sub") + "\n";
  for (const std::string& path : volume_.Paths())
    for (const store::Change& change : Must(Ledger().LiveChangesOf(volume_.Id(*FromWtf8(path)))))
      tale += path + ": change " + std::to_string(change.id) + " of grant " + std::to_string(change.grant) +
              ", state " + std::to_string(static_cast<int>(change.state)) + ", " + std::to_string(change.original) +
              " " + std::to_string(change.before) + " -> " + std::to_string(change.after) + "\n";
  for (const std::string& trouble : troubles_) tale += trouble + "\n";
  return tale;
}

std::map<std::string, HoldersWorld::Seen> HoldersWorld::Look(const Want& want) const {
  Grant grant;
  grant.principal = SidOf(want.principal);
  grant.mask = want.mask;
  const Judge judge(grant);
  std::map<std::string, Seen> all;
  for (const std::string& path : volume_.Paths()) {
    const security::DescriptorBytes bytes = volume_.Descriptor(*FromWtf8(path));
    const security::DescriptorView view = Must(security::DescriptorView::Parse(bytes));
    Seen seen{judge.Grants(bytes), 0};
    for (const int flags : {0, 0x10, 0x03, 0x13})
      seen.entries += security::CountEntries(view, {grant.principal, grant.mask, static_cast<std::uint8_t>(flags)});
    all[path] = seen;
  }
  return all;
}

void HoldersWorld::StopAfterCalls(unsigned calls) {
  volume_.SetHook([this, left = calls](fakes::Call, const std::u16string&) mutable {
    if (left > 0 && --left == 0) stop_ = true;
  });
}

void HoldersWorld::GoOn() {
  volume_.SetHook({});
  stop_ = false;
}

Engine& HoldersWorld::TheEngine() {
  if (!engine_) engine_.emplace(MakeEnvironment());
  return *engine_;
}

void HoldersWorld::FailAt(unsigned write, const std::function<void()>& work) {
  RefuseResults(write);
  try {
    work();
  } catch (const std::runtime_error&) {
    ++refused_;  // What Must() makes of the job's error.
  }
  TakeResults();
}

bool HoldersWorld::DieAt(unsigned call, const std::function<void()>& work, std::optional<std::uint64_t> power) {
  KillBeforeCall(call);
  const bool died = RunAndDie(work);
  if (died && power) volume_.LoseUnflushed(*power);
  engine_.reset();
  Must(TheEngine().Settle());
  return died;
}

}  // namespace acledger::scanner
