// SPDX-License-Identifier: MIT
#include "setup/installation.h"

#include <algorithm>
#include <array>

#include "security/sddl.h"
#include "setup/filter_steps.h"
#include "setup/firewall_steps.h"
#include "setup/folder_step.h"
#include "setup/identity.h"
#include "setup/launch_step.h"
#include "setup/program_steps.h"
#include "setup/provisioning_step.h"
#include "setup/registry_steps.h"
#include "setup/service_steps.h"

namespace acledger::setup {
namespace {

using Steps = std::vector<std::unique_ptr<Step>>;
using Kind = RegistryValue::Kind;

constexpr std::array kPrograms = {"acledger.exe", "acledgerd.exe", "acledger-setup.exe"};
// SYSTEM and Administrators alone; the same, and everybody may run them; SYSTEM alone.
constexpr char kStateSddl[] = "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
constexpr char kProgramsSddl[] = "O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)";
constexpr char kSecretsSddl[] = "O:SYG:BAD:P(A;OICI;FA;;;SY)";

constexpr char kEventSource[] = "SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\acledger";
constexpr char kMessages[] = "%SystemRoot%\\System32\\EventCreate.exe";  // Has "%1" for the events that we write.
constexpr std::uint32_t kErrorWarningInformation = 7;
constexpr char kEnvironment[] = "SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment";

const ValuePlace& SidsPlace() {
  static const ValuePlace place = {kKey, "SyntheticSids", kKey};
  return place;
}

// The daemon opens and re-permissions what others own (backup, restore), looks at its clients (impersonate), adds a SID
// to the tokens that it makes and starts programs with them (tcb, primary token, quota), and reads and flushes volumes.
std::vector<ServiceTrait> Traits() {
  using std::chrono::seconds;
  return {RequiredPrivileges{{"SeAssignPrimaryTokenPrivilege", "SeBackupPrivilege", "SeChangeNotifyPrivilege",
                              "SeImpersonatePrivilege", "SeIncreaseQuotaPrivilege", "SeManageVolumePrivilege",
                              "SeRestorePrivilege", "SeTcbPrivilege"}},
          RestartsAfter{{seconds(5), seconds(60), seconds(600)}}, DelayedStart{true}, OwnSid{true}};
}

class Builder {
 public:
  Builder(Machine& machine, const Places& places, const Wishes& wishes, const Provisioning::Tell& tell)
      : machine_(machine), places_(places), wishes_(wishes), tell_(tell) {
    machine.accounts.password_needs = {"folder " + places.secrets};
  }

  Steps Build() {
    AddFolder(places_.programs, kProgramsSddl, {});
    AddFolder(places_.state, kStateSddl, LedgerMayGo());
    AddFolder(places_.secrets, kSecretsSddl, {});
    const std::vector<std::string> programs = AddPrograms();
    steps_.push_back(MakeSidsStep(machine_.registry, SidsPlace(), machine_.accounts.random));
    AddEventSource();
    steps_.push_back(
        MakeListedFolderStep(machine_.registry, "search path", {kEnvironment, "Path"}, places_.programs, programs));
    steps_.push_back(FilterHomeStep(machine_.filters, kServiceName));
    for (const security::Sid& user : wishes_.users) AddSandboxOf(user);
    Add(ServiceSteps(machine_.services,
                     {kServiceName, "acledger", "Grants sandboxes access to files, and keeps a ledger of it.",
                      "\"" + places_.programs + "\\acledgerd.exe\" --service"},
                     Traits(), Joined(programs, {"folder " + places_.state})));
    AddLedger();
    for (const security::Sid& user : wishes_.users)
      if (!wishes_.manual) AddProvisioningOf(user);
    AddLaunches();
    return std::move(steps_);
  }

 private:
  static std::vector<std::string> Joined(std::vector<std::string> names, const std::vector<std::string>& more) {
    names.insert(names.end(), more.begin(), more.end());
    return names;
  }
  void Add(Steps steps) { std::ranges::move(steps, std::back_inserter(steps_)); }

  void AddFolder(const std::string& path, const char* sddl, MayGo may_go) {
    steps_.push_back(MakeFolderStep(machine_.folders, path, security::FromSddl(sddl).value(), std::move(may_go)));
  }
  // The service is gone by then; somebody may have asked it for more while everything was rolled back.
  MayGo LedgerMayGo() const {
    return [&provisioning = machine_.provisioning]() -> Expected<void> {
      const auto left = provisioning.GrantsInFile();
      if (!left) return std::unexpected(left.error());
      if (*left == 0) return {};
      return Fail(ErrorKind::kBusy, "remove the ledger",
                  std::to_string(*left) + " grants are left in it: install and uninstall again");
    };
  }
  std::vector<std::string> AddPrograms() {
    const auto stop = [&services = machine_.services]() -> Expected<void> {
      const auto running = services.IsRunning(kServiceName);
      if (!running && running.error().kind == ErrorKind::kNotFound) return {};
      if (!running) return std::unexpected(running.error());
      return *running ? services.Stop(kServiceName) : Expected<void>();
    };
    Steps programs =
        ProgramSteps(machine_.program_files, {places_.source, places_.programs, {kPrograms.begin(), kPrograms.end()}},
                     stop, {"folder " + places_.programs});
    std::vector<std::string> names;
    for (const auto& step : programs) names.push_back(step->Name());
    Add(std::move(programs));
    return names;
  }
  void AddEventSource() {
    steps_.push_back(MakeValueStep(machine_.registry, "event log source",
                                   {kEventSource, "EventMessageFile", kEventSource},
                                   {Kind::kExpandText, kMessages, 0}));
    steps_.push_back(MakeValueStep(machine_.registry, "event log types", {kEventSource, "TypesSupported", kEventSource},
                                   {Kind::kNumber, {}, kErrorWarningInformation}));
  }
  void AddSandboxOf(const security::Sid& user) {
    Add(AccountSteps(machine_.accounts, user));
    const std::size_t first = steps_.size();
    Add(FirewallSteps(machine_.accounts.accounts, machine_.firewall, user, wishes_.proxy_ports));
    steps_.push_back(FilterStep(machine_.accounts.accounts, machine_.filters, user));
    std::vector<std::string> closes_in;
    for (std::size_t i = first; i < steps_.size(); ++i) closes_in.push_back(steps_[i]->Name());
    Add(EnableSteps(machine_.accounts, user, closes_in));
  }

  std::function<Expected<security::Sid>()> PrincipalOf(const security::Sid& user) const {
    if (wishes_.principal == PrincipalKind::kSynthetic)
      return [&registry = machine_.registry, user] { return SyntheticSid(registry, user); };
    return [&accounts = machine_.accounts.accounts, name = GroupName(user)]() -> Expected<security::Sid> {
      const auto group = accounts.FindGroup(name);
      if (!group) return std::unexpected(group.error());
      if (*group) return (*group)->sid;
      return std::unexpected(Error{ErrorKind::kNotFound, "look for the group", name, 0, "it is not there"});
    };
  }
  std::function<Expected<void>()> Start() const {
    return [&services = machine_.services]() -> Expected<void> {
      const auto running = services.IsRunning(kServiceName);
      if (!running) return std::unexpected(running.error());
      return *running ? Expected<void>() : services.Start(kServiceName);
    };
  }
  // Also where set-up grants nothing: whatever others grant is taken back by its undoing.
  void AddLedger() {
    ProvisioningWish wish;
    wish.title = "ledger";
    wish.intent = "let the service keep the ledger, and answer";
    wish.roots = [] { return std::vector<std::string>(); };
    wish.needs = {std::string("running ") + kServiceName, "folder " + places_.state};
    steps_.push_back(MakeProvisioningStep(machine_.provisioning, std::move(wish), Start(), tell_));
  }
  void AddProvisioningOf(const security::Sid& user) {
    const auto roots = [user, shared = places_.shared_roots, workspaces = wishes_.workspaces,
                        profile_of = places_.profile_of]() -> Expected<std::vector<std::string>> {
      const auto profile = profile_of(user);
      if (!profile) return std::unexpected(profile.error());
      return Joined(Joined({*profile}, shared), workspaces);
    };
    const bool is_group = wishes_.principal == PrincipalKind::kGroup;
    const std::string principal_step = is_group ? "group " + GroupName(user) : "synthetic SIDs";
    ProvisioningWish wish;
    wish.title = "provisioning of " + user.ToString();
    wish.intent = "queue what the sandbox may read, without waiting for it";
    wish.principal = PrincipalOf(user);
    wish.roots = roots;
    wish.needs = {"ledger", principal_step};
    wish.drive = places_.state.substr(0, 2);
    steps_.push_back(MakeProvisioningStep(machine_.provisioning, std::move(wish), Start(), tell_));
  }
  void AddLaunches() {
    std::vector<std::string> needs;
    for (const auto& step : steps_)
      if (step->Name().starts_with("enable ")) needs.push_back(step->Name());
    const auto users = [&accounts = machine_.accounts.accounts, users = wishes_.users] {
      return SandboxUsers(accounts, users);
    };
    steps_.push_back(MakeLaunchStep(machine_.registry, machine_.processes, {{kKey, "Ready", kKey}, "1", needs, users}));
  }
  static Expected<std::vector<security::Sid>> SandboxUsers(Accounts& accounts,
                                                           const std::vector<security::Sid>& users) {
    std::vector<security::Sid> sids;
    for (const security::Sid& user : users)
      for (const std::string& name : {OfflineAccountName(user), OnlineAccountName(user)}) {
        const auto found = accounts.FindUser(name);
        if (!found) return std::unexpected(found.error());
        if (*found && (*found)->comment == OwnershipMark(user)) sids.push_back((*found)->sid);
      }
    return sids;
  }

  const Machine& machine_;
  const Places& places_;
  const Wishes& wishes_;
  const Provisioning::Tell& tell_;
  Steps steps_;
};

}  // namespace

Expected<security::Sid> SyntheticSid(Registry& registry, const security::Sid& user) {
  const auto authority = ReadSids(registry, SidsPlace());
  if (!authority) return authority;
  const std::uint32_t rid = user.SubAuthorityCount() == 0 ? 0 : user.SubAuthority(user.SubAuthorityCount() - 1);
  return security::Sid::Make(
      5, {21, authority->SubAuthority(1), authority->SubAuthority(2), authority->SubAuthority(3), rid});
}

std::vector<std::unique_ptr<Step>> AllSteps(Machine& machine, const Places& places, const Wishes& wishes,
                                            const Provisioning::Tell& tell) {
  return Builder(machine, places, wishes, tell).Build();
}

bool IsOfAccounts(const std::string& step) {
  return step.starts_with("group ") || step.starts_with("account ") || step.starts_with("password of ");
}

}  // namespace acledger::setup
