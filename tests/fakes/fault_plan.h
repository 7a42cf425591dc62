// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "security/error.h"

namespace acledger::fakes {

// The calls of scanner::Volume and scanner::Object that can be made to fail.
enum class Call : std::uint8_t {
  kOpenRead,   // OpenRoot, OpenChild, OpenById with Access::kRead.
  kOpenWrite,  // The same with Access::kWrite.
  kInfo,
  kReadDescriptor,
  kWriteDacl,
  kList,
  kNames,
  kReadContent,
  kFlush,
  kProbe,
};

enum class Effect : std::uint8_t {
  kNone,
  kFail,       // Reports the error; nothing happens.
  kIgnore,     // A write that reports success without effect.
  kFailAfter,  // A write that takes effect and reports the error.
};

// One thing that goes wrong. Matching calls are counted; the first `skip` go through, and of the following ones each
// `every`-th is hit, `times` times in all.
struct Fault {
  static constexpr unsigned kAlways = ~0u;

  Call call = Call::kWriteDacl;
  std::u16string path =
      {};  // Empty: any object ("/" is the root). The object that has this path when the call is made.
  Effect effect = Effect::kFail;
  Error error = {ErrorKind::kIo, "fake call", {}, 0, "injected by the test"};
  unsigned skip = 0;
  unsigned every = 1;
  unsigned times = 1;
};

// Decides which call goes wrong and how. Not thread-safe.
class FaultPlan {
 public:
  struct Decision {
    Effect effect = Effect::kNone;
    Error error;
  };

  void Add(Fault fault) { faults_.push_back({std::move(fault), 0, 0}); }
  void Clear() { faults_.clear(); }
  // `is_at` tells whether the object of this call has a path. The first fault that hits decides; all matching ones
  // count.
  Decision Next(Call call, const std::function<bool(std::u16string_view)>& is_at);

 private:
  struct Pending {
    Fault fault;
    unsigned seen = 0;
    unsigned hit = 0;
  };
  std::vector<Pending> faults_;
};

}  // namespace acledger::fakes
