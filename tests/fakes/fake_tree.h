// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scanner/volume.h"
#include "security/inheritance.h"
#include "tests/fakes/fake_descriptors.h"

namespace acledger::fakes {

struct FakeNode;
using NodePtr = std::shared_ptr<FakeNode>;

// Folders are ordered as NTFS orders them: by the folded name, then by the name itself.
using NameKey = std::pair<std::u16string, std::u16string>;

struct FakeNode {
  FileId id;
  std::uint32_t attributes = 0;
  std::uint32_t reparse_tag = 0;
  std::uint32_t security_id = 0;
  unsigned busy_opens = 0;  // Opens that an oplock still turns away.
  std::string content;
  std::map<NameKey, NodePtr> children;
  std::vector<scanner::LinkName> names;  // Empty: the root, or deleted.

  bool IsFolder() const { return (attributes & scanner::kAttributeDirectory) != 0; }
};

// The tree behind the fake volume, as plain data: no faults, no locks. Paths are below the root, with '/' or '\'
// between the components ("Users/dev"); "" or "/" is the root. What a test asks for and cannot be (a missing path, a
// name that is taken) throws std::logic_error.
class FakeTree {
 public:
  FakeTree(const Given& root_descriptor, security::Creator creator);

  // Missing parents are created as folders that inherit.
  NodePtr Create(std::u16string_view path, std::uint32_t attributes, const Given& descriptor);
  void Link(std::u16string_view existing, std::u16string_view new_name);
  void Move(std::u16string_view from, std::u16string_view to);  // Keeps the descriptor, as a rename on one volume does.
  // Drops one name, with what is below it. An object's record is free when its last name goes; the next object created
  // takes it over with a higher sequence number.
  void Delete(std::u16string_view path);
  // The object leaves with all below it, as if it had been deleted, and nothing takes its record over.
  void TakeAway(std::u16string_view path);
  // The last that left is there again: same name, ids and descriptors.
  void PutBack();
  // Recomputes what each object below `folder` inherits, down to protected DACLs, as Explorer and icacls do.
  void Repropagate(const NodePtr& folder);

  NodePtr Root() const { return root_; }
  NodePtr Find(std::u16string_view path) const;  // Null if it is not there.
  NodePtr At(std::u16string_view path) const;    // Throws if it is not there.
  NodePtr ById(const FileId& id) const;          // Null if it is gone.
  // Exactly first, then by NTFS's case rules; null if there is none.
  static NodePtr Child(const FakeNode& folder, std::u16string_view name);
  std::u16string PathOf(const FakeNode& node) const;  // "\Users\dev" by its first name; "\" for the root.
  std::vector<std::u16string> AllPaths() const;       // Each name of each object; the root first.

  void SetDescriptor(FakeNode& node, const security::DescriptorBytes& bytes) {
    node.security_id = store_.Intern(bytes);
  }
  const security::DescriptorBytes& DescriptorOf(const FakeNode& node) const { return store_.Bytes(node.security_id); }
  const DescriptorStore& Store() const { return store_; }

 private:
  // A name as it is stored, and the folder that holds it.
  struct Entry {
    NodePtr parent, node;
    std::u16string name;
  };
  void Forget(const NodePtr& node);
  void Remember(const NodePtr& node);
  Entry EntryAt(std::u16string_view path) const;  // Throws if it is not there, and for the root.
  void Unlink(const Entry& entry);
  NodePtr Add(FakeNode& parent, std::u16string_view name, std::uint32_t attributes, const Given& descriptor);
  std::pair<NodePtr, std::u16string> ParentOf(std::u16string_view path);  // Creates the folders in between.
  FileId NewId();

  security::Creator creator_;
  DescriptorStore store_;
  std::unordered_map<FileId, NodePtr> nodes_;
  std::vector<FileId> free_records_;
  std::vector<Entry> away_;
  std::uint64_t next_record_ = 64;  // The first that is not reserved for NTFS's own files.
  NodePtr root_;
};

// The components of a path as above; any UTF-16.
std::vector<std::u16string> SplitPath(std::u16string_view path);

}  // namespace acledger::fakes
