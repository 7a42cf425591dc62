// SPDX-License-Identifier: MIT
#include "security/sid.h"

// Values: MS-DTYP 2.4.2.4.
namespace acledger::security {

const Sid& Sid::Everyone() {
  static const Sid sid = Make(1, {0});
  return sid;
}

const Sid& Sid::Local() {
  static const Sid sid = Make(2, {0});
  return sid;
}

const Sid& Sid::CreatorOwner() {
  static const Sid sid = Make(3, {0});
  return sid;
}

const Sid& Sid::CreatorGroup() {
  static const Sid sid = Make(3, {1});
  return sid;
}

const Sid& Sid::OwnerRights() {
  static const Sid sid = Make(3, {4});
  return sid;
}

const Sid& Sid::Interactive() {
  static const Sid sid = Make(5, {4});
  return sid;
}

const Sid& Sid::AuthenticatedUsers() {
  static const Sid sid = Make(5, {11});
  return sid;
}

const Sid& Sid::System() {
  static const Sid sid = Make(5, {18});
  return sid;
}

const Sid& Sid::Administrators() {
  static const Sid sid = Make(5, {32, 544});
  return sid;
}

const Sid& Sid::Users() {
  static const Sid sid = Make(5, {32, 545});
  return sid;
}

const Sid& Sid::LocalAccount() {
  static const Sid sid = Make(5, {113});
  return sid;
}

}  // namespace acledger::security
