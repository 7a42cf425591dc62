// SPDX-License-Identifier: MIT
#include "tests/fakes/fake_tree.h"

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "security/wtf8.h"

namespace acledger::fakes {

using scanner::kAttributeDirectory;
using scanner::LinkName;
using security::DescriptorBytes;
using security::DescriptorView;
using security::ObjectType;

namespace {

constexpr FileId kRootId{0x0005000000000005, 0};

[[noreturn]] void Impossible(std::string_view why, std::u16string_view path) {
  throw std::logic_error(std::string(why) + ": " + ToWtf8(path));
}

template <class T>
T Must(Expected<T> result) {
  if (!result) throw std::logic_error(result.error().ToString());
  return std::move(*result);
}

NameKey KeyOf(std::u16string_view name) { return {FoldName(name), std::u16string(name)}; }

ObjectType TypeOf(std::uint32_t attributes) {
  return (attributes & kAttributeDirectory) != 0 ? ObjectType::kFolder : ObjectType::kFile;
}

}  // namespace

std::vector<std::u16string> SplitPath(std::u16string_view path) {
  std::vector<std::u16string> components;
  while (!path.empty()) {
    std::size_t end = std::min(path.find_first_of(u"/\\"), path.size());
    if (end > 0) components.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return components;
}

FakeTree::FakeTree(const Given& root_descriptor, security::Creator creator)
    : creator_(creator), root_(std::make_shared<FakeNode>()) {
  root_->id = kRootId;
  root_->attributes = kAttributeDirectory;
  SetDescriptor(*root_, root_descriptor.Bytes().value());
  nodes_[kRootId] = root_;
}

FileId FakeTree::NewId() {
  if (free_records_.empty()) return {next_record_++ | std::uint64_t{1} << 48, 0};
  FileId id = free_records_.back();
  free_records_.pop_back();
  return {id.low + (std::uint64_t{1} << 48), 0};
}

NodePtr FakeTree::Add(FakeNode& parent, std::u16string_view name, std::uint32_t attributes, const Given& descriptor) {
  auto node = std::make_shared<FakeNode>();
  node->attributes = attributes;
  if (descriptor.Bytes()) {
    SetDescriptor(*node, *descriptor.Bytes());
  } else {
    DescriptorView above = Must(DescriptorView::Parse(DescriptorOf(parent)));
    SetDescriptor(*node, Must(security::CreateInherited(above, TypeOf(attributes), creator_)));
  }
  node->id = NewId();
  node->names.push_back({parent.id, std::u16string(name)});
  parent.children[KeyOf(name)] = node;
  nodes_[node->id] = node;
  return node;
}

std::pair<NodePtr, std::u16string> FakeTree::ParentOf(std::u16string_view path) {
  std::vector<std::u16string> components = SplitPath(path);
  if (components.empty()) Impossible("the root has no name", path);
  NodePtr at = root_;
  for (std::size_t i = 0; i + 1 < components.size(); ++i) {
    NodePtr next = Child(*at, components[i]);
    at = next ? next : Add(*at, components[i], kAttributeDirectory, {});
    if (!at->IsFolder()) Impossible("not a folder above", path);
  }
  // An exactly equal name is refused; one that differs in case makes the folder a case-sensitive one.
  if (at->children.contains(KeyOf(components.back()))) Impossible("exists already", path);
  return {at, components.back()};
}

NodePtr FakeTree::Create(std::u16string_view path, std::uint32_t attributes, const Given& descriptor) {
  auto [parent, name] = ParentOf(path);
  return Add(*parent, name, attributes, descriptor);
}

void FakeTree::Link(std::u16string_view existing, std::u16string_view new_name) {
  NodePtr node = At(existing);
  if (node->IsFolder()) Impossible("a folder cannot be linked", existing);
  auto [parent, name] = ParentOf(new_name);
  parent->children[KeyOf(name)] = node;
  node->names.push_back({parent->id, name});
}

FakeTree::Entry FakeTree::EntryAt(std::u16string_view path) const {
  std::vector<std::u16string> components = SplitPath(path);
  NodePtr node = At(path);
  if (components.empty()) Impossible("the root has no name", path);
  NodePtr parent = root_;
  for (std::size_t i = 0; i + 1 < components.size(); ++i) parent = Child(*parent, components[i]);
  for (const auto& [key, child] : parent->children) {
    if (child == node && key.first == FoldName(components.back())) return {parent, node, key.second};
  }
  Impossible("no such name", path);
}

void FakeTree::Unlink(const Entry& entry) {
  entry.parent->children.erase(KeyOf(entry.name));
  std::erase_if(entry.node->names,
                [&](const LinkName& link) { return link.parent == entry.parent->id && link.name == entry.name; });
}

void FakeTree::Move(std::u16string_view from, std::u16string_view to) {
  Entry entry = EntryAt(from);
  auto [parent, name] = ParentOf(to);
  Unlink(entry);
  parent->children[KeyOf(name)] = entry.node;
  entry.node->names.push_back({parent->id, name});
}

void FakeTree::Forget(const NodePtr& node) {
  nodes_.erase(node->id);
  for (const auto& [key, child] : node->children) Forget(child);
}

void FakeTree::Remember(const NodePtr& node) {
  nodes_[node->id] = node;
  for (const auto& [key, child] : node->children) Remember(child);
}

void FakeTree::TakeAway(std::u16string_view path) {
  Entry entry = EntryAt(path);
  entry.parent->children.erase(KeyOf(entry.name));
  Forget(entry.node);
  away_.push_back(std::move(entry));
}

void FakeTree::PutBack() {
  if (away_.empty()) Impossible("nothing is away", u"");
  const Entry entry = std::move(away_.back());
  away_.pop_back();
  entry.parent->children[KeyOf(entry.name)] = entry.node;
  Remember(entry.node);
}

void FakeTree::Delete(std::u16string_view path) {
  Entry entry = EntryAt(path);
  while (!entry.node->children.empty()) {
    Delete(std::u16string(path) + u"/" + entry.node->children.begin()->first.second);
  }
  Unlink(entry);
  if (!entry.node->names.empty()) return;
  nodes_.erase(entry.node->id);
  free_records_.push_back(entry.node->id);
}

void FakeTree::Repropagate(const NodePtr& folder) {
  DescriptorView above = Must(DescriptorView::Parse(DescriptorOf(*folder)));
  for (auto& [name, child] : folder->children) {
    DescriptorView view = Must(DescriptorView::Parse(DescriptorOf(*child)));
    if (view.IsDaclProtected()) continue;
    SetDescriptor(*child, Must(security::Recompute(above, view, TypeOf(child->attributes))));
    if (child->reparse_tag == 0) Repropagate(child);
  }
}

NodePtr FakeTree::Child(const FakeNode& folder, std::u16string_view name) {
  NameKey key = KeyOf(name);
  auto exact = folder.children.find(key);
  if (exact != folder.children.end()) return exact->second;
  auto folded = folder.children.lower_bound({key.first, {}});
  return folded != folder.children.end() && folded->first.first == key.first ? folded->second : nullptr;
}

NodePtr FakeTree::Find(std::u16string_view path) const {
  NodePtr at = root_;
  for (const std::u16string& component : SplitPath(path)) {
    at = Child(*at, component);
    if (!at) return nullptr;
  }
  return at;
}

NodePtr FakeTree::At(std::u16string_view path) const {
  NodePtr node = Find(path);
  if (!node) Impossible("not there", path);
  return node;
}

NodePtr FakeTree::ById(const FileId& id) const {
  auto at = nodes_.find(id);
  return at == nodes_.end() ? nullptr : at->second;
}

std::u16string FakeTree::PathOf(const FakeNode& node) const {
  if (node.id == kRootId) return u"\\";
  if (node.names.empty()) return u"(deleted)";
  NodePtr parent = ById(node.names.front().parent);
  if (!parent) return u"(deleted)\\" + node.names.front().name;
  return (parent == root_ ? u"" : PathOf(*parent)) + (u"\\" + node.names.front().name);
}

std::vector<std::u16string> FakeTree::AllPaths() const {
  std::vector<std::u16string> paths = {u"\\"};
  std::function<void(const FakeNode&, const std::u16string&)> visit = [&](const FakeNode& folder,
                                                                          const std::u16string& prefix) {
    for (const auto& [name, child] : folder.children) {
      paths.push_back(prefix + u"\\" + name.second);
      visit(*child, prefix + u"\\" + name.second);
    }
  };
  visit(*root_, u"");
  return paths;
}

}  // namespace acledger::fakes
