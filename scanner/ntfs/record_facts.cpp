// SPDX-License-Identifier: MIT
#include "scanner/ntfs/record_facts.h"

namespace acledger::scanner::ntfs {

void RecordFacts::Gather(const RecordView& record) {
  information.reset(), own_descriptor.reset(), reparse_point.reset(), list.reset();
  names.clear();
  informations = own_descriptors = reparse_points = bad_names = 0;
  for (const AttributeView attribute : record) {
    switch (attribute.Type()) {
      case AttributeType::kStandardInformation:
        ++informations;
        if (attribute.IsResident()) information = StandardInformation::Parse(attribute.Value());
        break;
      case AttributeType::kAttributeList:
        list = attribute;
        break;
      case AttributeType::kFileName:
        if (const auto name = attribute.IsResident() ? FileName::Parse(attribute.Value()) : std::nullopt) {
          names.push_back(*name);
        } else {
          ++bad_names;
        }
        break;
      case AttributeType::kSecurityDescriptor:
        ++own_descriptors;
        own_descriptor = attribute;
        break;
      case AttributeType::kReparsePoint:
        ++reparse_points;
        reparse_point = attribute;
        break;
      default:
        break;
    }
  }
}

}  // namespace acledger::scanner::ntfs
