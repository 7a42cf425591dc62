// SPDX-License-Identifier: MIT
#include "setup/win32/win32_secret_store.h"

#include "security/sddl.h"
#include "security/win32/token_user.h"
#include "setup/file_secret_store.h"
#include "setup/win32/dpapi.h"
#include "setup/win32/win32_secret_files.h"

namespace acledger::setup {
namespace {

// The store with what it works with.
class Win32SecretStore final : public SecretStore {
 public:
  Win32SecretStore(std::string folder, security::DescriptorBytes descriptor, Dpapi::For whom)
      : files_(std::move(folder), std::move(descriptor), whom == Dpapi::For::kMachine), sealer_(whom) {}

  Expected<std::optional<Secret>> Find(const std::string& account) override { return store_.Find(account); }
  Expected<void> Put(const std::string& account, const Secret& password) override {
    return store_.Put(account, password);
  }
  Expected<void> Remove(const std::string& account) override { return store_.Remove(account); }

 private:
  Win32SecretFiles files_;
  Dpapi sealer_;
  FileSecretStore store_{files_, sealer_};
};

}  // namespace

std::unique_ptr<SecretStore> MakeSystemSecretStore(std::string folder) {
  const auto descriptor = security::FromSddl("O:SYG:SYD:P(A;;FA;;;SY)");
  return std::make_unique<Win32SecretStore>(std::move(folder), descriptor.value(), Dpapi::For::kMachine);
}

Expected<std::unique_ptr<SecretStore>> MakeUserSecretStore(std::string folder) {
  const auto caller = win32::CallerSid();
  if (!caller) return std::unexpected(caller.error());
  const std::string user = caller->ToString();
  const auto descriptor = security::FromSddl("O:" + user + "D:P(A;;FA;;;SY)(A;;FA;;;" + user + ")");
  if (!descriptor) return std::unexpected(descriptor.error());
  return std::make_unique<Win32SecretStore>(std::move(folder), *descriptor, Dpapi::For::kCaller);
}

}  // namespace acledger::setup
