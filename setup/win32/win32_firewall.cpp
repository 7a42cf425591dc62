// SPDX-License-Identifier: MIT
#include "setup/win32/win32_firewall.h"

#include <utility>

#include "setup/win32/com.h"
#include "setup/win32/wide.h"
// Behind the Windows headers.
#include <netfw.h>
#include <objbase.h>

namespace acledger::setup {
namespace {

constexpr long kTcp = 6, kUdp = 17;
constexpr const char* kGrouping = "acledger";
constexpr const char* kDescription =
    "Made by acledger-setup: keeps a sandbox off the network. Taken back by acledger-setup uninstall.";

HRESULT CreateInProcess(const CLSID& of, const IID& as, void** object) {
  return CoCreateInstance(of, nullptr, CLSCTX_INPROC_SERVER, as, object);
}

Expected<void> Done(const char* operation, HRESULT result) {
  return SUCCEEDED(result) ? Expected<void>() : std::unexpected(ComError(operation, result));
}

template <class T>
Expected<ComRef<T>> Create(CreateObject create, const CLSID& of, const char* operation) {
  ComRef<T> object;
  const HRESULT result = create(of, __uuidof(T), reinterpret_cast<void**>(object.Out()));
  if (FAILED(result)) return std::unexpected(ComError(operation, result));
  if (!object) return Fail(ErrorKind::kNoEffect, operation, "it was made, and is not there");
  return object;
}

template <class T>
Expected<ComRef<T>> As(IUnknown* object, const char* operation) {
  ComRef<T> as;
  const HRESULT result = object->QueryInterface(__uuidof(T), reinterpret_cast<void**>(as.Out()));
  if (FAILED(result)) return std::unexpected(ComError(operation, result));
  return as;
}

Expected<ComRef<INetFwPolicy2>> OpenPolicy(CreateObject create) {
  return Create<INetFwPolicy2>(create, __uuidof(NetFwPolicy2), "open the firewall");
}

Expected<ComRef<INetFwRules>> OpenRules(CreateObject create) {
  const auto policy = OpenPolicy(create);
  if (!policy) return std::unexpected(policy.error());
  ComRef<INetFwRules> rules;
  const HRESULT result = policy->Get()->get_Rules(rules.Out());
  if (FAILED(result)) return std::unexpected(ComError("open the firewall's rules", result));
  if (!rules) return Fail(ErrorKind::kNoEffect, "open the firewall's rules", "they were opened, and are not there");
  return rules;
}

using TextOf = HRESULT (STDMETHODCALLTYPE INetFwRule3::*)(BSTR*);
using SetText = HRESULT (STDMETHODCALLTYPE INetFwRule3::*)(BSTR);

Expected<std::string> Read(INetFwRule3* rule, TextOf property) {
  Bstr text;
  const HRESULT result = (rule->*property)(text.Out());
  if (FAILED(result)) return std::unexpected(ComError("read a firewall rule", result));
  return FromBstr(text);
}

// All rules, to each of whose names the case does not count; several may have one.
Expected<std::vector<ComRef<INetFwRule3>>> FindNamed(INetFwRules* rules, const std::string& name) {
  const char* operation = "list the firewall's rules";
  const auto wanted = ToWide(name);
  if (!wanted) return std::unexpected(wanted.error());
  ComRef<IUnknown> list;
  if (auto listed = Done(operation, rules->get__NewEnum(list.Out())); !listed) return std::unexpected(listed.error());
  if (!list) return Fail(ErrorKind::kNoEffect, operation, "they were listed, and there is no list");
  const auto variants = As<IEnumVARIANT>(list.Get(), operation);
  if (!variants) return std::unexpected(variants.error());
  std::vector<ComRef<INetFwRule3>> found;
  for (;;) {
    VARIANT variant;
    VariantInit(&variant);
    ULONG count = 0;
    const HRESULT result = variants->Get()->Next(1, &variant, &count);
    const ComRef<IUnknown> object(variant.vt == VT_DISPATCH || variant.vt == VT_UNKNOWN ? variant.punkVal : nullptr);
    if (FAILED(result)) return std::unexpected(ComError(operation, result));
    if (result == S_FALSE) return found;
    if (count != 1 || !object) return Fail(ErrorKind::kNoEffect, operation, "one was given, and is not there");
    auto rule = As<INetFwRule3>(object.Get(), operation);
    if (!rule) return std::unexpected(rule.error());
    Bstr text;
    if (auto read = Done(operation, rule->Get()->get_Name(text.Out())); !read) return std::unexpected(read.error());
    const int size = static_cast<int>(SysStringLen(text.Get()));
    const int wanted_size = static_cast<int>(wanted->size());
    if (CompareStringOrdinal(text.Get(), size, wanted->c_str(), wanted_size, TRUE) == CSTR_EQUAL)
      found.push_back(*std::move(rule));
  }
}

Expected<void> ReadNumbers(INetFwRule3* rule, KeptRule& kept) {
  const char* operation = "read a firewall rule";
  // Nothing that says "it blocks", where a call reports success and tells nothing.
  NET_FW_RULE_DIRECTION direction = NET_FW_RULE_DIR_MAX;
  NET_FW_ACTION action = NET_FW_ACTION_MAX;
  VARIANT_BOOL enabled = VARIANT_FALSE;
  if (auto read = Done(operation, rule->get_Direction(&direction)); !read) return read;
  if (auto read = Done(operation, rule->get_Protocol(&kept.protocol)); !read) return read;
  if (auto read = Done(operation, rule->get_Action(&action)); !read) return read;
  if (auto read = Done(operation, rule->get_Enabled(&enabled)); !read) return read;
  if (auto read = Done(operation, rule->get_Profiles(&kept.profiles)); !read) return read;
  kept.direction = direction;
  kept.action = action;
  kept.is_enabled = enabled != VARIANT_FALSE;
  return {};
}

// What narrows a rule in ways that ours are not.
Expected<void> ReadLimits(INetFwRule3* rule, KeptRule& kept) {
  struct Limit {
    const char* name;
    TextOf property;
  };
  static const Limit limits[] = {{"application", &INetFwRule3::get_ApplicationName},
                                 {"service", &INetFwRule3::get_ServiceName},
                                 {"local addresses", &INetFwRule3::get_LocalAddresses},
                                 {"interface types", &INetFwRule3::get_InterfaceTypes},
                                 {"package", &INetFwRule3::get_LocalAppPackageId},
                                 {"owner", &INetFwRule3::get_LocalUserOwner},
                                 {"remote users", &INetFwRule3::get_RemoteUserAuthorizedList},
                                 {"remote machines", &INetFwRule3::get_RemoteMachineAuthorizedList}};
  for (const Limit& limit : limits) {
    auto text = Read(rule, limit.property);
    if (!text) return std::unexpected(text.error());
    kept.limits.emplace_back(limit.name, *std::move(text));
  }
  VARIANT interfaces;
  VariantInit(&interfaces);
  if (auto read = Done("read a firewall rule", rule->get_Interfaces(&interfaces)); !read) return read;
  kept.limits.emplace_back("interfaces", interfaces.vt == VT_EMPTY || interfaces.vt == VT_NULL ? "" : "some");
  VariantClear(&interfaces);
  LONG secure = -1;
  if (auto read = Done("read a firewall rule", rule->get_SecureFlags(&secure)); !read) return read;
  kept.limits.emplace_back("security", secure == 0 ? "" : std::to_string(secure));
  return {};
}

Expected<KeptRule> ReadRule(INetFwRule3* rule) {
  KeptRule kept;
  if (auto read = ReadNumbers(rule, kept); !read) return std::unexpected(read.error());
  const auto read_into = [rule](std::string& to, TextOf property) -> Expected<void> {
    auto text = Read(rule, property);
    if (!text) return std::unexpected(text.error());
    to = *std::move(text);
    return {};
  };
  if (auto read = read_into(kept.name, &INetFwRule3::get_Name); !read) return std::unexpected(read.error());
  if (auto read = read_into(kept.local_user, &INetFwRule3::get_LocalUserAuthorizedList); !read)
    return std::unexpected(read.error());
  if (auto read = read_into(kept.remote_addresses, &INetFwRule3::get_RemoteAddresses); !read)
    return std::unexpected(read.error());
  // Other protocols have no ports, and asking for them may fail.
  if (kept.protocol == kTcp || kept.protocol == kUdp) {
    if (auto read = read_into(kept.remote_ports, &INetFwRule3::get_RemotePorts); !read)
      return std::unexpected(read.error());
    kept.limits.emplace_back("local ports", "");
    if (auto read = read_into(kept.limits.back().second, &INetFwRule3::get_LocalPorts); !read)
      return std::unexpected(read.error());
  }
  if (auto read = ReadLimits(rule, kept); !read) return std::unexpected(read.error());
  return kept;
}

Expected<void> Write(INetFwRule3* rule, SetText property, const std::string& text) {
  const auto bstr = ToBstr(text);
  if (!bstr) return std::unexpected(bstr.error());
  return Done("set up a firewall rule", (rule->*property)(bstr->Get()));
}

// The protocol before the ports, which are refused without; enabled last.
Expected<void> WriteRule(INetFwRule3* rule, const KeptRule& kept) {
  const char* operation = "set up a firewall rule";
  const std::pair<SetText, const std::string> texts[] = {
      {&INetFwRule3::put_Name, kept.name},
      {&INetFwRule3::put_Description, kDescription},
      {&INetFwRule3::put_Grouping, kGrouping},
      {&INetFwRule3::put_RemoteAddresses, kept.remote_addresses},
      {&INetFwRule3::put_LocalUserAuthorizedList, kept.local_user},
  };
  if (auto put = Done(operation, rule->put_Protocol(kept.protocol)); !put) return put;
  for (const auto& [property, text] : texts)
    if (auto put = Write(rule, property, text); !put) return put;
  if (kept.protocol == kTcp || kept.protocol == kUdp)
    if (auto put = Write(rule, &INetFwRule3::put_RemotePorts, kept.remote_ports); !put) return put;
  const auto direction = static_cast<NET_FW_RULE_DIRECTION>(kept.direction);
  if (auto put = Done(operation, rule->put_Direction(direction)); !put) return put;
  if (auto put = Done(operation, rule->put_Action(static_cast<NET_FW_ACTION>(kept.action))); !put) return put;
  if (auto put = Done(operation, rule->put_Profiles(kept.profiles)); !put) return put;
  return Done(operation, rule->put_Enabled(kept.is_enabled ? VARIANT_TRUE : VARIANT_FALSE));
}

}  // namespace

Win32KeptRules::Win32KeptRules() : create_(CreateInProcess) {}

Expected<std::vector<KeptRule>> Win32KeptRules::Named(const std::string& name) {
  const ComApartment apartment;
  const auto rules = OpenRules(create_);
  if (!rules) return std::unexpected(rules.error());
  const auto found = FindNamed(rules->Get(), name);
  if (!found) return std::unexpected(found.error());
  std::vector<KeptRule> kept;
  for (const auto& rule : *found) {
    auto read = ReadRule(rule.Get());
    if (!read) return std::unexpected(std::move(read.error()).At(name));
    kept.push_back(*std::move(read));
  }
  return kept;
}

Expected<void> Win32KeptRules::Add(const KeptRule& rule) {
  const ComApartment apartment;
  const auto rules = OpenRules(create_);
  if (!rules) return std::unexpected(rules.error());
  const auto made = Create<INetFwRule3>(create_, __uuidof(NetFwRule), "make a firewall rule");
  if (!made) return std::unexpected(made.error());
  auto added = WriteRule(made->Get(), rule);
  if (added) added = Done("add the firewall rule", rules->Get()->Add(made->Get()));
  return added ? added : std::unexpected(std::move(added.error()).At(rule.name));
}

Expected<void> Win32KeptRules::SetRemotePorts(const std::string& name, const std::string& ports) {
  const ComApartment apartment;
  const auto rules = OpenRules(create_);
  if (!rules) return std::unexpected(rules.error());
  const auto found = FindNamed(rules->Get(), name);
  if (!found) return std::unexpected(found.error());
  if (found->size() != 1)
    return std::unexpected(
        Error{ErrorKind::kMismatch, "change the firewall rule", name, 0, "there is not one of this name"});
  // A rule without ports takes none, also not all.
  LONG protocol = 0;
  if (auto read = Done("read a firewall rule", found->front().Get()->get_Protocol(&protocol)); !read) return read;
  if (protocol != kTcp && protocol != kUdp && ports == "*") return {};
  return Write(found->front().Get(), &INetFwRule3::put_RemotePorts, ports);
}

Expected<void> Win32KeptRules::Remove(const std::string& name) {
  const ComApartment apartment;
  const auto rules = OpenRules(create_);
  if (!rules) return std::unexpected(rules.error());
  const auto bstr = ToBstr(name);
  if (!bstr) return std::unexpected(bstr.error());
  auto removed = Done("remove the firewall rule", rules->Get()->Remove(bstr->Get()));
  return removed ? removed : std::unexpected(std::move(removed.error()).At(name));
}

Expected<FirewallState> Win32KeptRules::State() {
  const ComApartment apartment;
  const auto policy = OpenPolicy(create_);
  if (!policy) return std::unexpected(policy.error());
  FirewallState state;
  NET_FW_MODIFY_STATE modify = NET_FW_MODIFY_STATE_GP_OVERRIDE;  // Where nothing is told, they do not count.
  const HRESULT result = policy->Get()->get_LocalPolicyModifyState(&modify);
  if (FAILED(result)) return std::unexpected(ComError("ask whether the firewall's rules count", result));
  state.modify_state = modify;
  state.is_for_all_active = result == S_OK;  // S_FALSE: of some of the profiles in use.
  const std::pair<NET_FW_PROFILE_TYPE2, bool*> profiles[] = {{NET_FW_PROFILE2_DOMAIN, &state.domain_is_on},
                                                             {NET_FW_PROFILE2_PRIVATE, &state.private_is_on},
                                                             {NET_FW_PROFILE2_PUBLIC, &state.public_is_on}};
  for (const auto& [profile, is_on] : profiles) {
    VARIANT_BOOL enabled = VARIANT_FALSE;
    auto asked = Done("ask whether the firewall is on", policy->Get()->get_FirewallEnabled(profile, &enabled));
    if (!asked) return std::unexpected(asked.error());
    *is_on = enabled != VARIANT_FALSE;
  }
  return state;
}

}  // namespace acledger::setup
