// SPDX-License-Identifier: MIT
#include "scanner/trusted_place.h"

#include <algorithm>

namespace acledger::scanner {
namespace {

using security::AccessMask;
using security::Sid;

constexpr AccessMask kReading =
    security::kFileReadAndExecute | security::kGenericRead | security::kGenericExecute;  // All else changes something.

bool IsTrusted(const Sid& sid) {
  // NT SERVICE\TrustedInstaller.
  static const Sid installer = Sid::Make(5, {80, 956008885, 3418522649, 1831038044, 1853292631, 2271478464});
  return sid == Sid::System() || sid == Sid::Administrators() || sid == installer;
}

bool IsHarmless(const security::AceView& ace) {
  if (ace.IsDeny()) return true;
  const auto sid = ace.TrusteeSid();
  if (sid && IsTrusted(*sid)) return true;
  return ace.IsPlain() && (ace.Mask().value_or(~AccessMask{0}) & ~kReading) == 0;
}

}  // namespace

bool IsAdministratorsAlone(security::Bytes descriptor) {
  const auto view = security::DescriptorView::Parse(descriptor);
  if (!view || !view->Owner() || !IsTrusted(*view->Owner()) || view->HasNullDacl()) return false;
  return std::ranges::all_of(view->Dacl()->begin(), view->Dacl()->end(), IsHarmless);
}

Expected<void> CheckTrusted(Object& object, bool is_folder) {
  const Expected<ObjectInfo> info = object.Info();
  if (!info) return std::unexpected(info.error());
  if (info->IsReparsePoint() || info->IsFolder() != is_folder || (!is_folder && info->link_count != 1))
    return Fail(ErrorKind::kUnsupported, "trust",
                is_folder ? "it is no plain folder" : "it is no plain file with one name");
  security::DescriptorBytes bytes;
  if (Expected<void> read = object.ReadDescriptor(bytes); !read) return read;
  if (IsAdministratorsAlone(bytes)) return {};
  return Fail(ErrorKind::kDenied, "trust", "others than SYSTEM and Administrators own it, or may change it");
}

}  // namespace acledger::scanner
