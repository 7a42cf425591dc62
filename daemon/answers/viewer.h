// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "security/access_check.h"
#include "store/ledger.h"

namespace acledger::daemon {

// What one asker may know of a ledger. An administrator: everything. A user: the grants that he asked for, whole (their
// index holds nothing that he could not list: scanner/requester.h); and of any other grant the objects that he may see
// by himself, by the descriptors that the index recorded: he may list every folder from the grant's root down to the
// one that holds the object. What he may not know is answered as what does not exist. A value; any thread, with a
// ledger of that thread.
class Viewer {
 public:
  // An administrator.
  Viewer() = default;
  Viewer(std::string user, security::Token token)
      : is_admin_(false), user_(std::move(user)), token_(std::move(token)) {}

  bool IsAdmin() const { return is_admin_; }
  const std::string& User() const { return user_; }  // Empty: an administrator.
  // The grant is his, or he is an administrator.
  bool Owns(const store::Grant& grant) const;

  // Ledger::Find() without what he may not see.
  Expected<std::vector<store::Ledger::Found>> Find(store::Ledger& ledger, std::string_view path) const;
  // The verdicts of what was found and of all below it that he may see. In another's grant takes as long as reading all
  // its folders; before that one was planned, the object alone is counted.
  Expected<store::Counts> CountsOf(store::Ledger& ledger, const store::Ledger::Found& found) const;

  // By the descriptor of a folder, or of a file: list, or read.
  bool MayList(security::Bytes descriptor) const;
  // May read the descriptor itself.
  bool MayInspect(security::Bytes descriptor) const;

 private:
  bool Holds(security::Bytes descriptor, security::AccessMask right) const;
  Expected<bool> Sees(store::Ledger& ledger, const store::Ledger::Found& found,
                      std::span<const std::string> names) const;
  Expected<bool> MayListAt(store::Ledger& ledger, store::DescriptorId descriptor) const;

  bool is_admin_ = true;
  std::string user_;
  security::Token token_;
};

}  // namespace acledger::daemon
