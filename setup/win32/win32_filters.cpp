// SPDX-License-Identifier: MIT
#include "setup/win32/win32_filters.h"

#include <functional>

#include "setup/win32/filter_record.h"
#include "setup/win32/wide.h"

namespace acledger::setup {
namespace {

constexpr UINT16 kSublayerWeight = 0x8000;
constexpr UINT32 kLockMilliseconds = 15000;  // How long another's transaction is waited for.
constexpr wchar_t kTitle[] = L"acledger";

wchar_t* Title() { return const_cast<wchar_t*>(kTitle); }  // The structures are not const; nobody writes there.

Expected<void> Done(const char* operation, DWORD code) {
  return code == ERROR_SUCCESS ? Expected<void>() : std::unexpected(FwpError(operation, code));
}

bool IsNotFound(DWORD code) { return FwpError("", code).kind == ErrorKind::kNotFound; }

// Of a function that finds or does not: there is something where it says so.
Expected<void> Found(const char* operation, DWORD code, const void* value) {
  if (IsNotFound(code)) return {};
  if (code == ERROR_SUCCESS && value == nullptr)
    return Fail(ErrorKind::kNoEffect, operation, "it was found, and is not there");
  return Done(operation, code);
}

// What a function gives for FwpmFreeMemory0().
template <class T>
class Fetched {
 public:
  explicit Fetched(const FwpApi& api) : api_(api) {}
  ~Fetched() {
    if (value_ != nullptr) api_.free_memory(reinterpret_cast<void**>(&value_));
  }
  Fetched(const Fetched&) = delete;
  Fetched& operator=(const Fetched&) = delete;

  T** Out() { return &value_; }
  const T* Get() const { return value_; }

 private:
  const FwpApi& api_;
  T* value_ = nullptr;
};

// A session with the engine. An open transaction ends with it.
class Session {
 public:
  explicit Session(const FwpApi& api) : api_(api) {}
  ~Session() {
    if (engine_ != nullptr) api_.engine_close(engine_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Expected<void> Open() {
    FWPM_SESSION0 session{};
    session.displayData.name = Title();
    session.txnWaitTimeoutInMSec = kLockMilliseconds;
    auto opened =
        Done("open the filtering engine", api_.engine_open(nullptr, RPC_C_AUTHN_WINNT, nullptr, &session, &engine_));
    if (opened && engine_ == nullptr)
      return Fail(ErrorKind::kNoEffect, "open the filtering engine", "it was opened, and there is no handle");
    return opened;
  }

  // All of it or nothing.
  Expected<void> InTransaction(const std::function<Expected<void>()>& work) {
    if (auto begun = Done("begin a transaction", api_.transaction_begin(engine_, 0)); !begun) return begun;
    auto worked = work();
    if (worked) worked = Done("commit the transaction", api_.transaction_commit(engine_));
    // What has failed is reported already; what an abort leaves open ends with the session.
    if (!worked) api_.transaction_abort(engine_);
    return worked;
  }

  // Null: there is none.
  Expected<void> Provider(Fetched<FWPM_PROVIDER0>& provider) const {
    const DWORD code = api_.provider_get(engine_, &kProviderKey, provider.Out());
    return Found("look for the provider", code, provider.Get());
  }
  Expected<void> Sublayer(Fetched<FWPM_SUBLAYER0>& sublayer) const {
    const DWORD code = api_.sublayer_get(engine_, &kSublayerKey, sublayer.Out());
    return Found("look for the sublayer", code, sublayer.Get());
  }
  Expected<void> FilterOf(const Guid& key, Fetched<FWPM_FILTER0>& filter) const {
    const GUID system_key = ToSystemGuid(key);
    const DWORD code = api_.filter_get(engine_, &system_key, filter.Out());
    return Found("look for a network filter", code, filter.Get());
  }

  Expected<void> AddProvider(const std::string& service) const;
  Expected<void> AddSublayer() const;

  HANDLE Engine() const { return engine_; }

 private:
  const FwpApi& api_;
  HANDLE engine_ = nullptr;
};

Expected<void> Session::AddProvider(const std::string& service) const {
  auto name = ToWide(service);
  if (!name) return std::unexpected(name.error());
  FWPM_PROVIDER0 provider{};
  provider.providerKey = kProviderKey;
  provider.displayData.name = Title();
  provider.flags = kFwpPersistent;
  provider.serviceName = name->data();
  return Done("add the provider", api_.provider_add(engine_, &provider, nullptr));
}

Expected<void> Session::AddSublayer() const {
  GUID provider = kProviderKey;
  FWPM_SUBLAYER0 sublayer{};
  sublayer.subLayerKey = kSublayerKey;
  sublayer.displayData.name = Title();
  sublayer.flags = static_cast<UINT16>(kFwpPersistent);
  sublayer.providerKey = &provider;
  sublayer.weight = kSublayerWeight;
  return Done("add the sublayer", api_.sublayer_add(engine_, &sublayer, nullptr));
}

std::unexpected<Error> Otherwise(const char* why) {
  return Fail(ErrorKind::kMismatch, "look at the network filters' home", why);
}

// Whether something was deleted, or was not there before.
Expected<void> Gone(const char* operation, DWORD code) {
  return IsNotFound(code) ? Expected<void>() : Done(operation, code);
}

}  // namespace

Expected<std::optional<FilterHome>> Win32Filters::FindHome() {
  if (!api_) return std::unexpected(api_.error());
  Session session(*api_);
  if (auto opened = session.Open(); !opened) return std::unexpected(opened.error());
  Fetched<FWPM_PROVIDER0> provider(*api_);
  Fetched<FWPM_SUBLAYER0> sublayer(*api_);
  if (auto asked = session.Provider(provider); !asked) return std::unexpected(asked.error());
  if (auto asked = session.Sublayer(sublayer); !asked) return std::unexpected(asked.error());
  if (provider.Get() == nullptr && sublayer.Get() == nullptr) return std::optional<FilterHome>();
  if (provider.Get() == nullptr) return Otherwise("there is no provider");
  if (sublayer.Get() == nullptr) return Otherwise("there is no sublayer");
  if ((provider.Get()->flags & kFwpPersistent) == 0) return Otherwise("the provider does not last");
  if ((sublayer.Get()->flags & kFwpPersistent) == 0) return Otherwise("the sublayer does not last");
  if (sublayer.Get()->providerKey == nullptr || *sublayer.Get()->providerKey != kProviderKey)
    return Otherwise("the sublayer belongs to another");
  const wchar_t* service = provider.Get()->serviceName;
  return FilterHome{service == nullptr ? "" : FromWide(service), (provider.Get()->flags & kFwpProviderDisabled) != 0};
}

Expected<void> Win32Filters::MakeHome(const FilterHome& home) {
  if (!api_) return std::unexpected(api_.error());
  Session session(*api_);
  if (auto opened = session.Open(); !opened) return opened;
  return session.InTransaction([&]() -> Expected<void> {
    Fetched<FWPM_PROVIDER0> provider(*api_);
    if (auto asked = session.Provider(provider); !asked) return asked;
    if (provider.Get() == nullptr)
      if (auto added = session.AddProvider(home.service); !added) return added;
    Fetched<FWPM_SUBLAYER0> sublayer(*api_);
    if (auto asked = session.Sublayer(sublayer); !asked) return asked;
    return sublayer.Get() == nullptr ? session.AddSublayer() : Expected<void>();
  });
}

Expected<void> Win32Filters::RemoveHome() {
  if (!api_) return std::unexpected(api_.error());
  Session session(*api_);
  if (auto opened = session.Open(); !opened) return opened;
  return session.InTransaction([&]() -> Expected<void> {
    auto gone = Gone("remove the sublayer", api_->sublayer_delete(session.Engine(), &kSublayerKey));
    return gone ? Gone("remove the provider", api_->provider_delete(session.Engine(), &kProviderKey)) : gone;
  });
}

Expected<std::vector<Filter>> Win32Filters::Find(const std::vector<Guid>& keys) {
  if (!api_) return std::unexpected(api_.error());
  Session session(*api_);
  if (auto opened = session.Open(); !opened) return std::unexpected(opened.error());
  std::vector<Filter> found;
  for (const Guid& key : keys) {
    Fetched<FWPM_FILTER0> record(*api_);
    if (auto asked = session.FilterOf(key, record); !asked) return std::unexpected(asked.error());
    if (record.Get() == nullptr) continue;
    const auto filter = ReadFilter(*record.Get());
    if (!filter) return std::unexpected(filter.error());
    found.push_back(*filter);
  }
  return found;
}

Expected<void> Win32Filters::Replace(const std::vector<Guid>& keys, const std::vector<Filter>& filters) {
  if (!api_) return std::unexpected(api_.error());
  Session session(*api_);
  if (auto opened = session.Open(); !opened) return opened;
  return session.InTransaction([&]() -> Expected<void> {
    for (const Guid& key : keys) {
      const GUID system_key = ToSystemGuid(key);
      if (auto gone = Gone("remove a network filter", api_->filter_delete(session.Engine(), &system_key)); !gone)
        return gone;
    }
    for (const Filter& filter : filters) {
      const FilterRecord record(filter);
      auto added = Done("add a network filter", api_->filter_add(session.Engine(), &record.Get(), nullptr, nullptr));
      if (!added) return std::unexpected(std::move(added.error()).At(filter.name));
    }
    return {};
  });
}

}  // namespace acledger::setup
