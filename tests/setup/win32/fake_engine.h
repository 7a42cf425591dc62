// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "setup/win32/filter_record.h"
#include "tests/setup/fake_machine.h"

namespace acledger::setup {

// The base filtering engine in memory, behind the functions of fwpuclnt.dll; calls go wrong as the FakeMachine says
// (errors and lies; nobody is killed). One at a time: the functions have no place for a pointer to it.
class FakeEngine {
 public:
  // A deep copy of what was added.
  struct Stored {
    explicit Stored(const FWPM_FILTER0& from) : record(from), name(from.displayData.name), provider(*from.providerKey) {
      conditions.assign(from.filterCondition, from.filterCondition + from.numFilterConditions);
      for (FWPM_FILTER_CONDITION0& condition : conditions) Copy(condition.conditionValue);
      record.displayData.name = name.data();
      record.providerKey = &provider;
      record.filterCondition = conditions.data();
      record.filterId = 70000;
    }
    Stored(const Stored&) = delete;
    Stored& operator=(const Stored&) = delete;

    FWPM_FILTER0 record;
    std::wstring name;
    GUID provider;
    std::vector<FWPM_FILTER_CONDITION0> conditions;
    std::deque<std::vector<UINT8>> bytes;
    std::deque<FWP_BYTE_BLOB> blobs;
    std::deque<FWP_RANGE0> ranges;

   private:
    void Copy(FWP_CONDITION_VALUE0& value) {
      if (value.type == FWP_SECURITY_DESCRIPTOR_TYPE) {
        bytes.emplace_back(value.sd->data, value.sd->data + value.sd->size);
        blobs.push_back({value.sd->size, bytes.back().data()});
        value.sd = &blobs.back();
      } else if (value.type == FWP_RANGE_TYPE) {
        ranges.push_back(*value.rangeValue);
        value.rangeValue = &ranges.back();
      }
    }
  };
  struct Home {
    UINT32 flags = 0;
    std::wstring service;
    GUID provider{};
  };
  struct State {
    std::optional<Home> provider, sublayer;
    std::map<Guid, std::shared_ptr<Stored>> filters;
  };

  explicit FakeEngine(FakeMachine& machine) : machine_(machine) { current_ = this; }
  ~FakeEngine() { current_ = nullptr; }
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  State state;
  int open_sessions = 0, unfreed = 0, writes_outside = 0;

  static FwpApi Api();

 private:
  static FakeEngine& It() { return *current_; }
  template <class Work>
  static DWORD Call(const Work& work) {
    const Fault fault = It().machine_.Next();
    if (fault == Fault::kLie) return ERROR_SUCCESS;
    if (fault == Fault::kError) return ERROR_ACCESS_DENIED;
    const DWORD code = work();
    return fault == Fault::kErrorAfter ? ERROR_ACCESS_DENIED : code;
  }
  template <class Work>
  static DWORD Change(const Work& work) {
    return Call([&] {
      if (!It().before_) ++It().writes_outside;
      return work();
    });
  }
  template <class T>
  static DWORD Give(const T& value, T** to) {
    *to = new T(value);
    ++It().unfreed;
    It().fetched_[*to] = [](void* p) { delete static_cast<T*>(p); };
    return ERROR_SUCCESS;
  }
  static void WINAPI Free(void** value) {
    It().fetched_.at (*value)(*value);
    It().fetched_.erase(*value);
    --It().unfreed;
    *value = nullptr;
  }
  static DWORD Code(HRESULT code) { return static_cast<DWORD>(code); }

  static void SetSessions(FwpApi& api);
  static void SetHome(FwpApi& api);
  static void SetFilters(FwpApi& api);

  static inline FakeEngine* current_ = nullptr;
  FakeMachine& machine_;
  std::optional<State> before_;  // The open transaction.
  std::map<void*, void (*)(void*)> fetched_;
};

inline void FakeEngine::SetSessions(FwpApi& api) {
  api.engine_open = [](const wchar_t*, UINT32, SEC_WINNT_AUTH_IDENTITY_W*, const FWPM_SESSION0*, HANDLE* to) -> DWORD {
    return Call([&]() -> DWORD {
      ++It().open_sessions;
      *to = &It();
      return ERROR_SUCCESS;
    });
  };
  api.engine_close = [](HANDLE) -> DWORD {
    --It().open_sessions;
    if (It().before_) It().state = *It().before_;
    It().before_.reset();
    return ERROR_SUCCESS;
  };
  api.free_memory = Free;
  api.transaction_begin = [](HANDLE, UINT32) -> DWORD {
    return Call([]() -> DWORD {
      It().before_ = It().state;
      return ERROR_SUCCESS;
    });
  };
  api.transaction_commit = [](HANDLE) -> DWORD {
    return Call([]() -> DWORD {
      if (!It().before_) return Code(FWP_E_NO_TXN_IN_PROGRESS);
      It().before_.reset();
      return ERROR_SUCCESS;
    });
  };
  api.transaction_abort = [](HANDLE) -> DWORD {
    return Call([]() -> DWORD {
      if (!It().before_) return Code(FWP_E_NO_TXN_IN_PROGRESS);
      It().state = *It().before_;
      It().before_.reset();
      return ERROR_SUCCESS;
    });
  };
}

inline void FakeEngine::SetHome(FwpApi& api) {
  api.provider_add = [](HANDLE, const FWPM_PROVIDER0* provider, PSECURITY_DESCRIPTOR) -> DWORD {
    return Change([&]() -> DWORD {
      if (It().state.provider) return Code(FWP_E_ALREADY_EXISTS);
      It().state.provider = Home{provider->flags, provider->serviceName, provider->providerKey};
      return ERROR_SUCCESS;
    });
  };
  api.provider_get = [](HANDLE, const GUID*, FWPM_PROVIDER0** to) -> DWORD {
    return Call([&]() -> DWORD {
      auto& home = It().state.provider;
      if (!home) return Code(FWP_E_PROVIDER_NOT_FOUND);
      FWPM_PROVIDER0 provider{};
      provider.flags = home->flags;
      provider.serviceName = home->service.data();
      return Give(provider, to);
    });
  };
  api.provider_delete = [](HANDLE, const GUID*) -> DWORD {
    return Change([]() -> DWORD {
      if (!It().state.provider) return Code(FWP_E_PROVIDER_NOT_FOUND);
      if (It().state.sublayer) return Code(FWP_E_IN_USE);
      It().state.provider.reset();
      return ERROR_SUCCESS;
    });
  };
  api.sublayer_add = [](HANDLE, const FWPM_SUBLAYER0* sublayer, PSECURITY_DESCRIPTOR) -> DWORD {
    return Change([&]() -> DWORD {
      if (It().state.sublayer) return Code(FWP_E_ALREADY_EXISTS);
      if (!It().state.provider) return Code(FWP_E_PROVIDER_NOT_FOUND);
      It().state.sublayer = Home{sublayer->flags, {}, *sublayer->providerKey};
      return ERROR_SUCCESS;
    });
  };
  api.sublayer_get = [](HANDLE, const GUID*, FWPM_SUBLAYER0** to) -> DWORD {
    return Call([&]() -> DWORD {
      auto& home = It().state.sublayer;
      if (!home) return Code(FWP_E_SUBLAYER_NOT_FOUND);
      FWPM_SUBLAYER0 sublayer{};
      sublayer.flags = static_cast<UINT16>(home->flags);
      sublayer.providerKey = &home->provider;
      return Give(sublayer, to);
    });
  };
  api.sublayer_delete = [](HANDLE, const GUID*) -> DWORD {
    return Change([]() -> DWORD {
      if (!It().state.sublayer) return Code(FWP_E_SUBLAYER_NOT_FOUND);
      if (!It().state.filters.empty()) return Code(FWP_E_IN_USE);
      It().state.sublayer.reset();
      return ERROR_SUCCESS;
    });
  };
}

inline void FakeEngine::SetFilters(FwpApi& api) {
  api.filter_add = [](HANDLE, const FWPM_FILTER0* filter, PSECURITY_DESCRIPTOR, UINT64*) -> DWORD {
    return Change([&]() -> DWORD {
      if (!It().state.sublayer) return Code(FWP_E_SUBLAYER_NOT_FOUND);
      const Guid key = FromSystemGuid(filter->filterKey);
      if (It().state.filters.contains(key)) return Code(FWP_E_ALREADY_EXISTS);
      It().state.filters[key] = std::make_shared<Stored>(*filter);
      return ERROR_SUCCESS;
    });
  };
  api.filter_get = [](HANDLE, const GUID* key, FWPM_FILTER0** to) -> DWORD {
    return Call([&]() -> DWORD {
      const auto found = It().state.filters.find(FromSystemGuid(*key));
      return found == It().state.filters.end() ? Code(FWP_E_FILTER_NOT_FOUND) : Give(found->second->record, to);
    });
  };
  api.filter_delete = [](HANDLE, const GUID* key) -> DWORD {
    return Change([&]() -> DWORD {
      return It().state.filters.erase(FromSystemGuid(*key)) == 1 ? ERROR_SUCCESS : Code(FWP_E_FILTER_NOT_FOUND);
    });
  };
}

inline FwpApi FakeEngine::Api() {
  FwpApi api;
  SetSessions(api);
  SetHome(api);
  SetFilters(api);
  return api;
}

}  // namespace acledger::setup
