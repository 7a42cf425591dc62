// SPDX-License-Identifier: MIT
#include "scanner/win32/nt_decode.h"

#include "security/little_endian.h"

namespace acledger::scanner::nt {
namespace {

using security::LoadU32;

std::uint64_t LoadU64(const std::uint8_t* at) {
  return LoadU32(at) | (static_cast<std::uint64_t>(LoadU32(at + 4)) << 32);
}

// Offsets common to both classes, and where they part.
constexpr std::size_t kAttributes = 56, kNameLength = 60, kEaSize = 64;
struct Layout {
  std::size_t reparse_tag, id, name;
};
constexpr Layout kIdBothLayout{kEaSize, 96, 104};  // A reparse point has its tag where other objects have the EA size.
constexpr Layout kIdExtdLayout{68, 72, 88};

constexpr std::uint16_t kNeverPassed = security::kDaclAutoInheritReq | security::kSaclAutoInheritReq |
                                       // Both make the kernel rewrite the ACL.
                                       security::kDaclTrusted | security::kServerSecurity;
constexpr std::uint32_t kTagMayHaveChildren = 0x10000000;

void Assign(std::u16string& name, security::Bytes utf16) {
  name.resize(utf16.size() / 2);
  for (std::size_t i = 0; i < name.size(); ++i)
    name[i] = static_cast<char16_t>(security::LoadU16(utf16.data() + 2 * i));
}

bool IsDots(const std::u16string& name) { return name == u"." || name == u".."; }

// The entry at the front of `entry`; false if it leaves the bytes.
bool DecodeEntry(security::Bytes entry, ListingClass what, ListedName& name) {
  const Layout& layout = what == ListingClass::kIdExtd ? kIdExtdLayout : kIdBothLayout;
  if (entry.size() < layout.name) return false;
  const std::size_t length = LoadU32(entry.data() + kNameLength);
  if (length % 2 != 0 || length > entry.size() - layout.name) return false;
  name.attributes = LoadU32(entry.data() + kAttributes);
  name.reparse_tag = name.attributes & kAttributeReparsePoint ? LoadU32(entry.data() + layout.reparse_tag) : 0;
  name.id.low = LoadU64(entry.data() + layout.id);
  name.id.high = what == ListingClass::kIdExtd ? LoadU64(entry.data() + layout.id + 8) : 0;
  Assign(name.name, entry.subspan(layout.name, length));
  return true;
}

}  // namespace

Expected<std::span<const ListedName>> DecodeListing(security::Bytes buffer, ListingClass what,
                                                    std::vector<ListedName>& names) {
  std::size_t used = 0;
  for (std::size_t at = 0;;) {
    if (used == names.size()) names.emplace_back();
    if (!DecodeEntry(buffer.subspan(at), what, names[used]))
      return Fail(ErrorKind::kCorrupt, "list", "an entry leaves the buffer at " + std::to_string(at));
    if (!IsDots(names[used].name)) ++used;
    const std::size_t next = LoadU32(buffer.data() + at);
    if (next == 0) break;
    if (next >= buffer.size() - at)
      return Fail(ErrorKind::kCorrupt, "list", "an entry leaves the buffer at " + std::to_string(at));
    at += next;
  }
  return std::span<const ListedName>(names.data(), used);
}

Expected<std::vector<LinkName>> DecodeLinks(security::Bytes buffer) {
  constexpr std::size_t kFirst = 8, kParent = 8, kLength = 16, kName = 20;
  const auto corrupt = [](std::size_t at) {
    return Fail(ErrorKind::kCorrupt, "list hard links", "an entry leaves the buffer at " + std::to_string(at));
  };
  if (buffer.size() < kFirst) return corrupt(0);
  std::vector<LinkName> links;
  const std::size_t count = LoadU32(buffer.data() + 4);
  for (std::size_t at = kFirst; links.size() < count;) {
    const security::Bytes entry = buffer.subspan(at);
    if (entry.size() < kName) return corrupt(at);
    const std::uint64_t units = LoadU32(entry.data() + kLength);
    if (units * 2 > entry.size() - kName) return corrupt(at);
    LinkName& link = links.emplace_back();
    link.parent.low = LoadU64(entry.data() + kParent);
    Assign(link.name, entry.subspan(kName, units * 2));
    const std::size_t next = LoadU32(entry.data());
    if (links.size() == count) break;
    if (next == 0 || next >= entry.size()) return corrupt(at);
    at += next;
  }
  return links;
}

Expected<void> CheckComponent(std::u16string_view name) {
  const auto refuse = [](const char* reason) { return Fail(ErrorKind::kInvalid, "open", reason); };
  if (name.empty()) return refuse("an empty name");
  if (name == u"." || name == u"..") return refuse(R"("." and ".." are not names of objects)");
  if (name.find_first_of(u"\\/") != name.npos) return refuse("a separator in a name");
  if (name.find(u':') != name.npos) return refuse("a stream in a name");
  if (name.find(u'\0') != name.npos) return refuse("a NUL in a name");
  // UNICODE_STRING counts bytes in 16 bits; NTFS itself stops at 255 units.
  if (name.size() > 0x7FFE) return refuse("a name of more than 32,766 units");
  return {};
}

bool MayHaveChildren(std::uint32_t reparse_tag) { return (reparse_tag & kTagMayHaveChildren) != 0; }

std::uint16_t ControlForWrite(std::uint16_t wanted, bool keeps_requests) {
  auto control = static_cast<std::uint16_t>(wanted & ~kNeverPassed);
  control |= security::kSelfRelative | security::kDaclPresent;
  if ((wanted & security::kDaclAutoInherited) && !keeps_requests) control |= security::kDaclAutoInheritReq;
  return control;
}

}  // namespace acledger::scanner::nt
