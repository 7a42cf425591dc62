// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

#include "setup/win32/com.h"
#include "tests/setup/fake_machine.h"
// Behind the Windows headers.
#include <netfw.h>

namespace acledger::setup {

class FakeRule;

// Windows' firewall in memory, as COM objects; calls go wrong as the FakeMachine says (errors and lies; nobody is
// killed). One at a time: what creates its objects has no place for a pointer to it.
class FakeNetFw {
 public:
  explicit FakeNetFw(FakeMachine& machine) : machine_(machine) { current_ = this; }
  ~FakeNetFw();
  FakeNetFw(const FakeNetFw&) = delete;
  FakeNetFw& operator=(const FakeNetFw&) = delete;

  std::vector<FakeRule*> rules;
  NET_FW_MODIFY_STATE modify_state = NET_FW_MODIFY_STATE_OK;
  HRESULT modify_result = S_OK;
  int profiles_on = NET_FW_PROFILE2_DOMAIN | NET_FW_PROFILE2_PRIVATE | NET_FW_PROFILE2_PUBLIC;
  int objects = 0;  // That live.

  static FakeNetFw& It() { return *current_; }
  template <class Work>
  HRESULT Call(const Work& work) {
    const Fault fault = machine_.Next();
    if (fault == Fault::kLie) return S_OK;
    if (fault == Fault::kError) return E_ACCESSDENIED;
    const HRESULT result = work();
    return fault == Fault::kErrorAfter ? E_ACCESSDENIED : result;
  }
  // Win32KeptRules' CreateObject.
  static HRESULT Create(const CLSID& of, const IID& as, void** object);

 private:
  static inline FakeNetFw* current_ = nullptr;
  FakeMachine& machine_;
};

// COM's interfaces have no virtual destructor; objects go by Release().
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

// What every COM object does. `Also` is one more interface under which it is asked for.
template <class Interface, class Also = Interface>
class FakeObject : public Interface {
 public:
  FakeObject() { ++FakeNetFw::It().objects; }
  virtual ~FakeObject() { --FakeNetFw::It().objects; }
  FakeObject(const FakeObject&) = delete;
  FakeObject& operator=(const FakeObject&) = delete;

  HRESULT STDMETHODCALLTYPE QueryInterface(REFIID as, void** object) override {
    *object = nullptr;
    if (as != __uuidof(Interface) && as != __uuidof(Also) && as != __uuidof(IUnknown)) return E_NOINTERFACE;
    *object = static_cast<Interface*>(this);
    AddRef();
    return S_OK;
  }
  ULONG STDMETHODCALLTYPE AddRef() override { return ++references_; }
  ULONG STDMETHODCALLTYPE Release() override {
    const ULONG left = --references_;
    if (left == 0) delete this;
    return left;
  }

 private:
  ULONG references_ = 1;
};

template <class Interface, class Also = Interface>
class FakeDispatch : public FakeObject<Interface, Also> {
 public:
  HRESULT STDMETHODCALLTYPE GetTypeInfoCount(UINT*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE GetTypeInfo(UINT, LCID, ITypeInfo**) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE GetIDsOfNames(REFIID, LPOLESTR*, UINT, LCID, DISPID*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE Invoke(DISPID, REFIID, LCID, WORD, DISPPARAMS*, VARIANT*, EXCEPINFO*, UINT*) override {
    return E_NOTIMPL;
  }
};

#define FAKE_TEXT(property)                                                              \
  HRESULT STDMETHODCALLTYPE get_##property(BSTR* to) override {                          \
    return FakeNetFw::It().Call([&] { return Get(texts[#property], to); });              \
  }                                                                                      \
  HRESULT STDMETHODCALLTYPE put_##property(BSTR from) override {                         \
    return FakeNetFw::It().Call([&] { return Put(texts[#property], #property, from); }); \
  }
#define FAKE_VALUE(type, property, member)                                         \
  HRESULT STDMETHODCALLTYPE get_##property(std::add_pointer_t<type> to) override { \
    return FakeNetFw::It().Call([&] {                                              \
      *to = (member);                                                              \
      return S_OK;                                                                 \
    });                                                                            \
  }                                                                                \
  HRESULT STDMETHODCALLTYPE put_##property(type from) override {                   \
    return FakeNetFw::It().Call([&] {                                              \
      (member) = from;                                                             \
      return S_OK;                                                                 \
    });                                                                            \
  }

// With what Windows fills in, and gives back in other words than it was given.
class FakeRule final : public FakeDispatch<INetFwRule3, INetFwRule> {
 public:
  std::map<std::string, std::wstring> texts = {{"RemoteAddresses", L"*"},
                                               {"LocalAddresses", L"*"},
                                               {"InterfaceTypes", L"All"},
                                               {"RemotePorts", L"*"},
                                               {"LocalPorts", L"*"}};
  LONG protocol = 256, profiles = NET_FW_PROFILE2_ALL, secure = 0, edge_options = 0;
  NET_FW_RULE_DIRECTION direction = NET_FW_RULE_DIR_IN;
  NET_FW_ACTION action = NET_FW_ACTION_ALLOW;
  VARIANT_BOOL enabled = VARIANT_FALSE, edge = VARIANT_FALSE;
  bool has_interfaces = false;

  FAKE_TEXT(Name)
  FAKE_TEXT(Description)
  FAKE_TEXT(ApplicationName)
  FAKE_TEXT(ServiceName)
  FAKE_VALUE(LONG, Protocol, protocol)
  FAKE_TEXT(LocalPorts)
  FAKE_TEXT(RemotePorts)
  FAKE_TEXT(LocalAddresses)
  FAKE_TEXT(RemoteAddresses)
  FAKE_TEXT(IcmpTypesAndCodes)
  FAKE_VALUE(NET_FW_RULE_DIRECTION, Direction, direction)
  HRESULT STDMETHODCALLTYPE get_Interfaces(VARIANT* to) override {
    return FakeNetFw::It().Call([&] {
      to->vt = has_interfaces ? VT_BOOL : VT_EMPTY;
      return S_OK;
    });
  }
  HRESULT STDMETHODCALLTYPE put_Interfaces(VARIANT) override { return E_NOTIMPL; }
  FAKE_TEXT(InterfaceTypes)
  FAKE_VALUE(VARIANT_BOOL, Enabled, enabled)
  FAKE_TEXT(Grouping)
  FAKE_VALUE(LONG, Profiles, profiles)
  FAKE_VALUE(VARIANT_BOOL, EdgeTraversal, edge)
  FAKE_VALUE(NET_FW_ACTION, Action, action)
  FAKE_VALUE(LONG, EdgeTraversalOptions, edge_options)
  FAKE_TEXT(LocalAppPackageId)
  FAKE_TEXT(LocalUserOwner)
  FAKE_TEXT(LocalUserAuthorizedList)
  FAKE_TEXT(RemoteUserAuthorizedList)
  FAKE_TEXT(RemoteMachineAuthorizedList)
  FAKE_VALUE(LONG, SecureFlags, secure)

 private:
  static HRESULT Get(const std::wstring& text, BSTR* to) {
    *to = text.empty() ? nullptr : SysAllocString(text.c_str());
    return S_OK;
  }
  HRESULT Put(std::wstring& text, const std::string& property, const wchar_t* from) const {
    if (property.ends_with("Ports") && protocol != NET_FW_IP_PROTOCOL_TCP && protocol != NET_FW_IP_PROTOCOL_UDP)
      return E_INVALIDARG;
    text = from == nullptr ? L"" : from;
    if (text == L"127.0.0.0/8,::/127") text = L"127.0.0.0/255.0.0.0,::/127";
    return S_OK;
  }
};
#undef FAKE_TEXT
#undef FAKE_VALUE

class FakeEnumeration final : public FakeObject<IEnumVARIANT> {
 public:
  HRESULT STDMETHODCALLTYPE Next(ULONG, VARIANT* to, ULONG* count) override {
    return FakeNetFw::It().Call([&] {
      const auto& rules = FakeNetFw::It().rules;
      if (at_ == rules.size()) return S_FALSE;
      to->vt = VT_DISPATCH;
      to->pdispVal = rules[at_++];
      to->pdispVal->AddRef();
      *count = 1;
      return S_OK;
    });
  }
  HRESULT STDMETHODCALLTYPE Skip(ULONG) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE Reset() override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE Clone(IEnumVARIANT**) override { return E_NOTIMPL; }

 private:
  std::size_t at_ = 0;
};

class FakeRules final : public FakeDispatch<INetFwRules> {
 public:
  HRESULT STDMETHODCALLTYPE get_Count(LONG*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE Add(INetFwRule* rule) override {
    return FakeNetFw::It().Call([&] {
      rule->AddRef();
      FakeNetFw::It().rules.push_back(static_cast<FakeRule*>(rule));
      return S_OK;
    });
  }
  HRESULT STDMETHODCALLTYPE Remove(BSTR name) override {
    return FakeNetFw::It().Call([&] {
      auto& rules = FakeNetFw::It().rules;
      const auto found = std::ranges::find_if(rules, [&](FakeRule* rule) { return rule->texts["Name"] == name; });
      if (found == rules.end()) return HRESULT_FROM_WIN32(ERROR_FILE_NOT_FOUND);
      (*found)->Release();
      rules.erase(found);
      return S_OK;
    });
  }
  HRESULT STDMETHODCALLTYPE Item(BSTR, INetFwRule**) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get__NewEnum(IUnknown** to) override {
    return FakeNetFw::It().Call([&] {
      *to = new FakeEnumeration();
      return S_OK;
    });
  }
};

class FakePolicy final : public FakeDispatch<INetFwPolicy2> {
 public:
  using Profile = NET_FW_PROFILE_TYPE2;
  HRESULT STDMETHODCALLTYPE get_CurrentProfileTypes(LONG*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get_FirewallEnabled(Profile profile, VARIANT_BOOL* to) override {
    return FakeNetFw::It().Call([&] {
      *to = (FakeNetFw::It().profiles_on & profile) != 0 ? VARIANT_TRUE : VARIANT_FALSE;
      return S_OK;
    });
  }
  HRESULT STDMETHODCALLTYPE put_FirewallEnabled(Profile, VARIANT_BOOL) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get_ExcludedInterfaces(Profile, VARIANT*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE put_ExcludedInterfaces(Profile, VARIANT) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get_BlockAllInboundTraffic(Profile, VARIANT_BOOL*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE put_BlockAllInboundTraffic(Profile, VARIANT_BOOL) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get_NotificationsDisabled(Profile, VARIANT_BOOL*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE put_NotificationsDisabled(Profile, VARIANT_BOOL) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get_UnicastResponsesToMulticastBroadcastDisabled(Profile, VARIANT_BOOL*) override {
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE put_UnicastResponsesToMulticastBroadcastDisabled(Profile, VARIANT_BOOL) override {
    return E_NOTIMPL;
  }
  HRESULT STDMETHODCALLTYPE get_Rules(INetFwRules** to) override {
    return FakeNetFw::It().Call([&] {
      *to = new FakeRules();
      return S_OK;
    });
  }
  HRESULT STDMETHODCALLTYPE get_ServiceRestriction(INetFwServiceRestriction**) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE EnableRuleGroup(LONG, BSTR, VARIANT_BOOL) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE IsRuleGroupEnabled(LONG, BSTR, VARIANT_BOOL*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE RestoreLocalFirewallDefaults() override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get_DefaultInboundAction(Profile, NET_FW_ACTION*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE put_DefaultInboundAction(Profile, NET_FW_ACTION) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get_DefaultOutboundAction(Profile, NET_FW_ACTION*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE put_DefaultOutboundAction(Profile, NET_FW_ACTION) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get_IsRuleGroupCurrentlyEnabled(BSTR, VARIANT_BOOL*) override { return E_NOTIMPL; }
  HRESULT STDMETHODCALLTYPE get_LocalPolicyModifyState(NET_FW_MODIFY_STATE* to) override {
    return FakeNetFw::It().Call([&] {
      *to = FakeNetFw::It().modify_state;
      return FakeNetFw::It().modify_result;
    });
  }
};

#pragma GCC diagnostic pop

inline FakeNetFw::~FakeNetFw() {
  for (FakeRule* rule : rules) rule->Release();
  current_ = nullptr;
}

inline HRESULT FakeNetFw::Create(const CLSID& of, const IID& as, void** object) {
  return It().Call([&] {
    IUnknown* made = nullptr;
    if (of == __uuidof(NetFwPolicy2)) made = new FakePolicy();
    if (of == __uuidof(NetFwRule)) made = new FakeRule();
    if (made == nullptr) return REGDB_E_CLASSNOTREG;
    const HRESULT result = made->QueryInterface(as, object);
    made->Release();
    return result;
  });
}

}  // namespace acledger::setup
