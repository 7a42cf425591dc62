// SPDX-License-Identifier: MIT
#include "security/splice.h"

#include <array>

#include "security/descriptor_layout.h"
#include "security/little_endian.h"

namespace acledger::security {
namespace {

struct Component {
  std::size_t offset_field = 0, begin = 0, end = 0;
};

// The components that are there. An offset whose control bit says "not present" means nothing and is left alone.
class Components {
 public:
  explicit Components(const DescriptorView& descriptor) : bytes_(descriptor.AsBytes()) {
    if (descriptor.Owner()) Add(kOwnerField, descriptor.Owner()->Size());
    if (descriptor.Group()) Add(kGroupField, descriptor.Group()->Size());
    if (descriptor.Sacl()) Add(kSaclField, descriptor.Sacl()->AsBytes().size());
    if (descriptor.Dacl()) Add(kDaclField, descriptor.Dacl()->AsBytes().size());
  }

  const Component* begin() const { return list_.data(); }
  const Component* end() const { return list_.data() + count_; }

  bool Overlap() const {
    for (const Component& a : *this) {
      for (const Component& b : *this) {
        if (&a != &b && a.begin < b.end && b.begin < a.end) return true;
      }
    }
    return false;
  }

 private:
  void Add(std::size_t offset_field, std::size_t size) {
    std::size_t begin = LoadU32(&bytes_[offset_field]);
    list_[count_++] = {offset_field, begin, begin + size};
  }

  Bytes bytes_;
  std::array<Component, 4> list_;
  std::size_t count_ = 0;
};

}  // namespace

Expected<DescriptorBytes> SpliceDacl(const DescriptorView& descriptor, const AceReplacement& replacement,
                                     const char* operation) {
  if (descriptor.HasNullDacl()) {
    return Fail(ErrorKind::kUnsupported, operation, "it has a NULL DACL, which grants everyone everything");
  }
  Components components(descriptor);
  if (components.Overlap()) return Fail(ErrorKind::kInvalid, operation, "components of the descriptor overlap");

  Bytes before = descriptor.AsBytes();
  Bytes dacl = descriptor.Dacl()->AsBytes();
  std::size_t removed = replacement.to.position - replacement.from.position;
  std::size_t added = replacement.aces.size();
  std::size_t dacl_size = dacl.size() - removed + added;
  std::size_t size = before.size() - removed + added;
  if (added > removed && (dacl_size > kMaxAclBytes || size > kMaxDescriptorBytes)) {
    return Fail(ErrorKind::kTooLarge, operation,
                "the DACL would have " + std::to_string(dacl_size) + " bytes (65532 at most) and the descriptor " +
                    std::to_string(size) + " (65536 at most)");
  }

  std::size_t dacl_begin = LoadU32(&before[kDaclField]);
  std::size_t cut = dacl_begin + kAclHeaderBytes + replacement.from.position;
  DescriptorBytes after;
  after.reserve(size);
  after.insert(after.end(), before.begin(), before.begin() + static_cast<std::ptrdiff_t>(cut));
  after.insert(after.end(), replacement.aces.begin(), replacement.aces.end());
  after.insert(after.end(), before.begin() + static_cast<std::ptrdiff_t>(cut + removed), before.end());

  unsigned count = descriptor.Dacl()->AceCount() - (replacement.to.index - replacement.from.index) + replacement.count;
  StoreU16(&after[dacl_begin + kAclSizeField], dacl_size);
  StoreU16(&after[dacl_begin + kAceCountField], count);
  for (const Component& component : components) {
    if (component.begin > dacl_begin) StoreU32(&after[component.offset_field], component.begin - removed + added);
  }
  return after;
}

}  // namespace acledger::security
