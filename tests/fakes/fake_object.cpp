// SPDX-License-Identifier: MIT
#include "tests/fakes/fake_object.h"

namespace acledger::fakes {

using scanner::Access;
using scanner::LinkName;
using scanner::ListedName;
using scanner::ObjectInfo;

FakeObject::FakeObject(FakeVolume& volume, NodePtr node, Access access)
    : volume_(volume), node_(std::move(node)), access_(access) {
  ++volume_.open_handles_;
}

FakeObject::~FakeObject() { --volume_.open_handles_; }

Expected<void> FakeObject::Run(Call call, const std::function<Expected<void>()>& body) {
  return volume_.Run(
      call, [&] { return volume_.tree_.PathOf(*node_); }, [&] { return node_; },
      [&](const NodePtr&) { return body(); });
}

Expected<ObjectInfo> FakeObject::Info() {
  ObjectInfo info;
  Expected<void> done = Run(Call::kInfo, [&]() -> Expected<void> {
    info.id = node_->id;
    info.attributes = node_->attributes;
    info.reparse_tag = node_->reparse_tag;
    info.link_count = node_->IsFolder() ? 1 : static_cast<std::uint32_t>(node_->names.size());
    return {};
  });
  if (!done) return std::unexpected(std::move(done).error());
  return info;
}

Expected<void> FakeObject::ReadDescriptor(security::DescriptorBytes& out) {
  ++volume_.counters_.descriptor_reads;
  return Run(Call::kReadDescriptor, [&]() -> Expected<void> {
    out = volume_.tree_.DescriptorOf(*node_);
    return {};
  });
}

Expected<void> FakeObject::WriteDacl(security::Bytes descriptor) {
  ++volume_.counters_.descriptor_writes;
  return Run(Call::kWriteDacl, [&]() -> Expected<void> {
    if (access_ != Access::kWrite) return Fail(ErrorKind::kDenied, "write DACL", "the handle lacks WRITE_DAC");
    return volume_.Write(node_, descriptor);
  });
}

Expected<void> FakeObject::List(const std::function<bool(std::span<const ListedName>)>& take) {
  ++volume_.counters_.listings;
  std::vector<ListedName> names;
  Expected<void> done = Run(Call::kList, [&]() -> Expected<void> {
    if (!node_->IsFolder()) return Fail(ErrorKind::kInvalid, "list", "not a folder");
    for (const auto& [key, child] : node_->children) {
      names.push_back({key.second, child->id, child->attributes, child->reparse_tag});
    }
    return {};
  });
  if (!done) return done;
  for (std::span<const ListedName> rest = names; !rest.empty();) {
    std::size_t size = std::min(rest.size(), volume_.names_a_run_);
    if (!take(rest.first(size))) break;
    rest = rest.subspan(size);
  }
  return {};
}

Expected<std::string> FakeObject::ReadContent(std::size_t limit) {
  std::string text;
  Expected<void> done = Run(Call::kReadContent, [&]() -> Expected<void> {
    if (node_->IsFolder()) return Fail(ErrorKind::kInvalid, "read contents", "a folder");
    text = node_->content.substr(0, limit);
    return {};
  });
  if (!done) return std::unexpected(std::move(done).error());
  return text;
}

Expected<std::unique_ptr<scanner::Object>> FakeObject::OpenChild(std::u16string_view name, Access access) {
  constexpr std::u16string_view kNotInAName{u"\\/:\0", 4};
  if (name.empty() || name == u"." || name == u".." || name.find_first_of(kNotInAName) != name.npos) {
    return Fail(ErrorKind::kInvalid, "open", "not a single component");
  }
  auto path = [&] {
    std::u16string above = volume_.tree_.PathOf(*node_);
    return (above == u"\\" ? above : above + u"\\").append(name);
  };
  return volume_.Open(access, path, [&]() -> Expected<NodePtr> {
    NodePtr child = FakeTree::Child(*node_, name);
    if (!child) return Fail(ErrorKind::kNotFound, "open", "no such name");
    return child;
  });
}

Expected<std::vector<LinkName>> FakeObject::Names() {
  std::vector<LinkName> names;
  Expected<void> done = Run(Call::kNames, [&]() -> Expected<void> {
    names = node_->names;
    return {};
  });
  if (!done) return std::unexpected(std::move(done).error());
  return names;
}

}  // namespace acledger::fakes
