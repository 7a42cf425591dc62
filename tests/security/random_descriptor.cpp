// SPDX-License-Identifier: MIT
#include "random_descriptor.h"

#include <algorithm>
#include <array>

#include "security/descriptor_layout.h"
#include "security/little_endian.h"

namespace acledger::security {
namespace {

void AppendRandom(Random& random, DescriptorBytes& bytes, std::size_t count) {
  while (count-- > 0) bytes.push_back(static_cast<std::uint8_t>(random.Bits()));
}

void Append(DescriptorBytes& bytes, Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

DescriptorBytes RandomGuid(Random& random) {
  DescriptorBytes guid;
  AppendRandom(random, guid, 16);
  return guid;
}

DescriptorBytes Ace(std::uint8_t type, std::uint8_t flags, DescriptorBytes body) {
  body.resize((body.size() + 3) / 4 * 4);
  DescriptorBytes ace{type, flags, 0, 0};
  StoreU16(&ace[2], 4 + body.size());
  Append(ace, body);
  return ace;
}

// A body for that type that is well-formed: mask, GUIDs where it is an object ACE, SID, and data where it may have
// some.
DescriptorBytes RandomBody(Random& random, AceType type) {
  DescriptorBytes body(4);
  StoreU32(body.data(), RandomMask(random));
  if (IsObjectType(type)) {
    std::uint8_t present = static_cast<std::uint8_t>(random.Below(4));
    Append(body, DescriptorBytes{present, 0, 0, 0});
    if (present & 1) Append(body, RandomGuid(random));
    if (present & 2) Append(body, RandomGuid(random));
  }
  Append(body, RandomSid(random).AsBytes());
  bool carries_data = type > AceType::kAccessDeniedObject && random.OneIn(2);
  if (carries_data || random.OneIn(16)) AppendRandom(random, body, 4 * random.Below(6));
  return body;
}

// ACL header, ACEs and slack. The slack may be of any length, so that AclSize is odd at times.
DescriptorBytes RandomAcl(Random& random) {
  DescriptorBytes acl{static_cast<std::uint8_t>(2 + random.Below(3)), 0, 0, 0, 0, 0, 0, 0};
  if (random.OneIn(4)) acl[1] = static_cast<std::uint8_t>(random.Bits());
  std::uint32_t count = random.OneIn(6) ? 0 : 1 + random.Below(8);
  for (std::uint32_t i = 0; i < count; ++i) Append(acl, RandomAce(random));
  if (random.OneIn(3)) AppendRandom(random, acl, random.OneIn(2) ? 4 * random.Below(5) : random.Below(20));
  StoreU16(&acl[kAclSizeField], acl.size());
  StoreU16(&acl[kAceCountField], count);
  return acl;
}

struct Part {
  std::size_t offset_field;
  std::uint16_t control_bit;
  DescriptorBytes bytes;
};

std::array<Part, 4> RandomParts(Random& random) {
  auto owner = RandomAccount(random);
  auto group = RandomSid(random);
  return {Part{kOwnerField, 0, {owner.AsBytes().begin(), owner.AsBytes().end()}},
          Part{kGroupField, 0, {group.AsBytes().begin(), group.AsBytes().end()}},
          Part{kSaclField, kSaclPresent, RandomAcl(random)}, Part{kDaclField, kDaclPresent, RandomAcl(random)}};
}

// Fisher-Yates by hand: std::shuffle differs between libraries.
template <class Range>
void Shuffle(Random& random, Range& range) {
  for (std::size_t i = range.size(); i > 1; --i) {
    std::swap(range[i - 1], range[random.Below(static_cast<std::uint32_t>(i))]);
  }
}

}  // namespace

std::uint64_t Random::Next() {
  state_ += 0x9E3779B97F4A7C15ull;
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ull;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBull;
  return mixed ^ (mixed >> 31);
}

Sid RandomAccount(Random& random) {
  if (random.OneIn(4)) return Sid::Make(5, {21, 1, 2, 3, 1000 + random.Below(4)});
  static const std::array<Sid, 7> kPool{
      Sid::Everyone(),    Sid::AuthenticatedUsers(),       Sid::System(), Sid::Administrators(), Sid::Users(),
      Sid::Interactive(), Sid::Make(5, {21, 1, 2, 3, 513})};
  return random.Of(std::span<const Sid>(kPool));
}

Sid RandomSid(Random& random) {
  switch (random.Below(16)) {
    case 0:
    case 1:
      return Sid::CreatorOwner();
    case 2:
      return Sid::CreatorGroup();
    case 3:
      return Sid::OwnerRights();
    case 4: {
      DescriptorBytes bytes{1, static_cast<std::uint8_t>(random.Below(Sid::kMaxSubAuthorities + 1))};
      AppendRandom(random, bytes, Sid::kMaxBytes - 2);
      return *Sid::FromBytes(bytes);
    }
    default:
      return RandomAccount(random);
  }
}

AccessMask RandomMask(Random& random) {
  static constexpr std::array<AccessMask, 12> kUsual{
      kFileReadAndExecute, kFileAllAccess, kFileGenericRead, kFileGenericWrite, kGenericAll,   kGenericRead,
      kGenericExecute,     kReadControl,   kWriteDac,        0x1301BF,          kFileReadData, kDelete};
  if (random.OneIn(12)) return random.Bits();
  if (random.OneIn(6)) return random.Bits() & kFileAllAccess;
  return random.Of(std::span<const AccessMask>(kUsual));
}

std::uint8_t RandomInheritance(Random& random, bool inherited) {
  std::uint32_t flags = random.OneIn(4) ? kObjectInherit | kContainerInherit : random.Below(16);
  return static_cast<std::uint8_t>(flags | (inherited ? kInherited : 0));
}

DescriptorBytes RandomPlainAce(Random& random, bool inherited) {
  AceType type = random.OneIn(4) ? AceType::kAccessDenied : AceType::kAccessAllowed;
  std::uint8_t flags = RandomInheritance(random, inherited);
  AccessMask mask = RandomMask(random);
  return MakeAce(type, flags, mask, RandomSid(random));
}

DescriptorBytes RandomAce(Random& random) {
  if (random.OneIn(2)) return RandomPlainAce(random, random.OneIn(2));
  auto type = static_cast<std::uint8_t>(random.OneIn(6) ? random.Bits() : random.Below(0x16));
  auto flags = random.OneIn(8) ? static_cast<std::uint8_t>(random.Bits()) : RandomInheritance(random, random.OneIn(2));
  if (!random.OneIn(4)) return Ace(type, flags, RandomBody(random, static_cast<AceType>(type)));
  DescriptorBytes body;  // Cut short, or nonsense.
  if (random.OneIn(2)) {
    body = RandomBody(random, static_cast<AceType>(type));
    body.resize(4 * random.Below(static_cast<std::uint32_t>(body.size() / 4 + 1)));
  } else {
    AppendRandom(random, body, 4 * random.Below(12));
  }
  return Ace(type, flags, std::move(body));
}

DescriptorBytes RandomTidyDescriptor(Random& random) {
  DescriptorParts parts;
  parts.control = static_cast<std::uint16_t>(kSelfRelative | (random.OneIn(2) ? kDaclAutoInherited : 0));
  parts.owner = RandomAccount(random);
  parts.group = RandomAccount(random);
  parts.dacl_state = DescriptorParts::AclState::kPresent;
  for (std::uint32_t i = random.Below(6); i > 0; --i) parts.dacl.push_back(RandomPlainAce(random, false));
  for (std::uint32_t i = random.Below(6); i > 0; --i) parts.dacl.push_back(RandomPlainAce(random, true));
  return *Build(parts);
}

DescriptorBytes RandomDescriptor(Random& random) {
  DescriptorBytes descriptor(kDescriptorHeaderBytes);
  descriptor[0] = 1;
  descriptor[1] = static_cast<std::uint8_t>(random.OneIn(4) ? random.Bits() : 0);
  std::uint32_t control = kSelfRelative | (random.OneIn(4) ? random.Bits() & 0x7FEB : random.Bits() & 0x1400);
  auto parts = RandomParts(random);
  Shuffle(random, parts);
  for (const Part& part : parts) {
    bool is_dacl = part.offset_field == kDaclField;
    if (random.OneIn(is_dacl ? 16 : 4)) {  // Not there: NULL, absent, or absent with an offset that means nothing.
      if (part.control_bit != 0 && random.OneIn(2)) {
        StoreU32(&descriptor[part.offset_field], random.OneIn(2) ? random.Bits() : random.Below(200));
      } else {
        control |= part.control_bit;
      }
      continue;
    }
    control |= part.control_bit;
    if (random.OneIn(3)) AppendRandom(random, descriptor, random.Below(9));
    StoreU32(&descriptor[part.offset_field], descriptor.size());
    Append(descriptor, part.bytes);
  }
  if (random.OneIn(3)) AppendRandom(random, descriptor, random.Below(24));
  StoreU16(&descriptor[kControlField], control);
  return descriptor;
}

DescriptorBytes RandomBytes(Random& random) {
  DescriptorBytes bytes = RandomDescriptor(random);
  for (std::uint32_t i = random.Below(8); i > 0; --i) {
    std::size_t limit = random.OneIn(2) ? kDescriptorHeaderBytes : bytes.size();
    bytes[random.Below(static_cast<std::uint32_t>(limit))] = static_cast<std::uint8_t>(random.Bits());
  }
  if (random.OneIn(4)) StoreU32(&bytes[kOwnerField + 4 * random.Below(4)], 20 + random.Below(80));
  if (random.OneIn(4)) bytes.resize(random.Below(static_cast<std::uint32_t>(bytes.size() + 1)));
  return bytes;
}

Entry RandomEntry(Random& random) {
  auto flags = static_cast<std::uint8_t>(random.OneIn(8) ? random.Bits() : RandomInheritance(random, random.OneIn(2)));
  return {RandomAccount(random), random.OneIn(2) ? kFileReadAndExecute : RandomMask(random), flags};
}

}  // namespace acledger::security
