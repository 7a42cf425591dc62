// SPDX-License-Identifier: MIT
#include "tests/scanner/ntfs/sample_volume.h"

#include "scanner/ntfs/mft.h"
#include "security/sddl.h"

namespace acledger::scanner::ntfs {
namespace {

using format::ByteVector;
using format::Resident;

security::DescriptorBytes Sddl(std::string_view text) {
  return security::FromSddl(text).value_or(security::DescriptorBytes());
}
ByteVector NameOf(std::u16string_view name, FileReference parent) {
  return Resident(AttributeType::kFileName, format::Name(parent, name));
}

}  // namespace

TinyVolume SampleVolume() {
  TinyVolume volume;
  const std::uint32_t open = volume.AddDescriptor(Sddl("O:BAG:SYD:(A;;FA;;;SY)(A;;FR;;;WD)"));
  const std::uint32_t closed = volume.AddDescriptor(Sddl("O:BAG:SYD:P(A;;FA;;;SY)"));
  const ByteVector information = Resident(AttributeType::kStandardInformation, format::Information(0x20, open));
  volume.AddFolder(kRootRecord, u".", TinyVolume::kRoot, closed);
  const FileReference folder = volume.AddFolder(24, u"folder", TinyVolume::kRoot, closed);
  volume.AddFile(25, u"file", folder, open);
  volume.AddFile(26, u"other", folder, closed);
  volume.Set({.number = 27, .links = 3},
             {information, NameOf(u"long name", TinyVolume::kRoot), NameOf(u"link", folder),
              Resident(AttributeType::kFileName, format::Name(TinyVolume::kRoot, u"LONG~1", FileName::Space::kDos)),
              format::NonResident(AttributeType::kData, {.runs = {{0, 4000, 7}}, .size = 7000})});
  volume.Set({.number = 28}, {Resident(AttributeType::kStandardInformation, format::Information(6, std::nullopt)),
                              NameOf(u"own", TinyVolume::kRoot),
                              Resident(AttributeType::kSecurityDescriptor, Sddl("O:BAG:BAD:(A;;FR;;;BA)"))});
  volume.Set(
      {.number = 29, .flags = 3},
      {Resident(AttributeType::kStandardInformation, format::Information(0x400, open)),
       NameOf(u"junction", TinyVolume::kRoot), Resident(AttributeType::kReparsePoint, format::Reparse(0xA0000003))});
  const FileReference base = FileReference::Of(31, 4), before = FileReference::Of(30, 1),
                      behind = FileReference::Of(32, 2);
  volume.Set({.number = 30, .links = 0, .base = base}, {NameOf(u"before", TinyVolume::kRoot)});
  volume.Set({.number = 31, .sequence = 4, .links = 3},
             {Resident(AttributeType::kAttributeList, format::List({{AttributeType::kStandardInformation, behind},
                                                                    {AttributeType::kFileName, base},
                                                                    {AttributeType::kFileName, before},
                                                                    {AttributeType::kFileName, behind}})),
              NameOf(u"base", TinyVolume::kRoot)});
  volume.Set({.number = 32, .sequence = 2, .links = 0, .base = base}, {information, NameOf(u"behind", folder)});
  return volume;
}

}  // namespace acledger::scanner::ntfs
