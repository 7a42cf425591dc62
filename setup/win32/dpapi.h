// SPDX-License-Identifier: MIT
#pragma once

#include "setup/secret_files.h"

namespace acledger::setup {

// Windows' data protection. What is sealed for the machine is opened by any process on it, and nowhere else: it guards
// a copy of the disk, and nothing more. What is sealed for the caller is opened by any process of that user, and by
// nobody else on the machine, the system included; it is lost if an administrator sets the user's password anew.
class Dpapi final : public Sealer {
 public:
  enum class For { kMachine, kCaller };
  explicit Dpapi(For whom) : whom_(whom) {}

  Expected<std::vector<std::uint8_t>> Seal(const Secret& secret, const std::string& context) override;
  Expected<Secret> Open(security::Bytes sealed, const std::string& context) override;

 private:
  For whom_;
};

}  // namespace acledger::setup
