// SPDX-License-Identifier: MIT
#include "scanner/carried_ledger.h"

#include "scanner/opener.h"
#include "scanner/trusted_place.h"

namespace acledger::scanner {
namespace {

constexpr std::size_t kMostBytes = std::size_t{4} << 30;

// Null where nothing is there.
Expected<std::unique_ptr<Object>> Trusted(Expected<std::unique_ptr<Object>> object, bool is_folder) {
  if (!object && object.error().kind == ErrorKind::kNotFound) return nullptr;
  if (!object) return object;
  if (Expected<void> trusted = CheckTrusted(**object, is_folder); !trusted) return std::unexpected(trusted.error());
  return object;
}

}  // namespace

Expected<std::unique_ptr<Object>> OpenCarriedLedger(Volume& volume) {
  PathComponents path{kCarriedParent, kCarriedFolderName};
  Expected<std::unique_ptr<Object>> object = Trusted(OpenPath(volume, path, Access::kRead), true);
  if (object && *object) {
    path.emplace_back(kCarriedName);
    object = Trusted((*object)->OpenChild(kCarriedName, Access::kRead), false);
  }
  if (!object) return std::unexpected(std::move(object.error()).At(FormatPath(path)));
  return object;
}

Expected<bool> HasCarriedFolder(Volume& volume) {
  const Expected<std::unique_ptr<Object>> folder =
      OpenPath(volume, {kCarriedParent, kCarriedFolderName}, Access::kRead);
  if (folder) return true;
  if (folder.error().kind == ErrorKind::kNotFound) return false;
  return std::unexpected(folder.error());
}

Expected<std::optional<std::string>> ReadCarriedLedger(Volume& volume) {
  const Expected<std::unique_ptr<Object>> file = OpenCarriedLedger(volume);
  if (!file) return std::unexpected(file.error());
  if (!*file) return std::nullopt;
  Expected<std::string> bytes = (*file)->ReadContent(kMostBytes);
  if (!bytes) return std::unexpected(bytes.error());
  if (bytes->size() == kMostBytes) return Fail(ErrorKind::kTooLarge, "read the carried ledger", "4 GiB and more");
  return std::optional(*std::move(bytes));
}

}  // namespace acledger::scanner
