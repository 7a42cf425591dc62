// SPDX-License-Identifier: MIT
#include "tests/fakes/fake_descriptors.h"

#include <stdexcept>
#include <utility>

#include "security/sddl.h"

namespace acledger::fakes {

using security::DescriptorBytes;
using security::DescriptorView;

Given::Given(const char* sddl) {
  Expected<DescriptorBytes> bytes = security::FromSddl(sddl);
  if (!bytes) throw std::logic_error(bytes.error().ToString() + ": " + sddl);
  bytes_ = std::move(*bytes);
}

Given::Given(DescriptorBytes bytes) : bytes_(std::move(bytes)) {}

std::uint32_t DescriptorStore::Intern(const DescriptorBytes& bytes) {
  auto [at, is_new] = ids_.try_emplace(bytes, static_cast<std::uint32_t>(by_id_.size()));
  if (is_new) by_id_.push_back(&at->first);
  return at->second;
}

namespace {

void Put(DescriptorBytes& out, std::size_t at, std::size_t value, int width) {
  for (int i = 0; i < width; ++i) out[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (8 * i));
}

// Appends a component and writes its offset into the header.
void Append(DescriptorBytes& out, std::size_t offset_field, security::Bytes component) {
  Put(out, offset_field, out.size(), 4);
  out.insert(out.end(), component.begin(), component.end());
}

}  // namespace

Expected<DescriptorBytes> WithDaclOf(security::Bytes stored, security::Bytes incoming) {
  constexpr unsigned kFromIncoming = security::kDaclPresent | security::kDaclProtected | security::kDaclAutoInherited;
  Expected<DescriptorView> before = DescriptorView::Parse(stored);
  if (!before) return std::unexpected(std::move(before).error());
  Expected<DescriptorView> wanted = DescriptorView::Parse(incoming);
  if (!wanted) return std::unexpected(std::move(wanted).error());

  unsigned control = (before->Control() & ~kFromIncoming) | (wanted->Control() & kFromIncoming);
  DescriptorBytes out(20, 0);
  out[0] = 1;
  out[1] = stored[1];  // The resource manager's byte.
  Put(out, 2, control, 2);
  if (before->Sacl()) Append(out, 12, before->Sacl()->AsBytes());
  if (wanted->Dacl()) Append(out, 16, wanted->Dacl()->AsBytes());
  if (before->Owner()) Append(out, 4, before->Owner()->AsBytes());
  if (before->Group()) Append(out, 8, before->Group()->AsBytes());
  return out;
}

}  // namespace acledger::fakes
