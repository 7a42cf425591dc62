// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "security/win32/nt_api.h"
#include "setup/kept_rules.h"

namespace acledger::setup {

// As CoCreateInstance(), for a class of the firewall.
using CreateObject = HRESULT (*)(const CLSID& of, const IID& as, void** object);

// The rules of Windows' firewall on this machine. Each call asks it anew: what is read is what it keeps, not what this
// process has asked for. KeptFirewall makes it a Firewall. Needs an administrator.
class Win32KeptRules final : public KeptRules {
 public:
  Win32KeptRules();
  explicit Win32KeptRules(CreateObject create) : create_(create) {}

  Expected<std::vector<KeptRule>> Named(const std::string& name) override;
  Expected<void> Add(const KeptRule& rule) override;
  Expected<void> SetRemotePorts(const std::string& name, const std::string& ports) override;
  Expected<void> Remove(const std::string& name) override;
  Expected<FirewallState> State() override;

 private:
  const CreateObject create_;
};

}  // namespace acledger::setup
