// SPDX-License-Identifier: MIT
#pragma once

#include "tests/fakes/fake_volume.h"

namespace acledger::fakes {

// A handle on one node of a FakeVolume.
class FakeObject final : public scanner::Object {
 public:
  FakeObject(FakeVolume& volume, NodePtr node, scanner::Access access);
  ~FakeObject() override;
  FakeObject(const FakeObject&) = delete;
  FakeObject& operator=(const FakeObject&) = delete;

  Expected<scanner::ObjectInfo> Info() override;
  Expected<void> ReadDescriptor(security::DescriptorBytes& out) override;
  Expected<void> WriteDacl(security::Bytes descriptor) override;
  Expected<void> List(const std::function<bool(std::span<const scanner::ListedName>)>& take) override;
  Expected<std::string> ReadContent(std::size_t limit) override;
  Expected<std::unique_ptr<scanner::Object>> OpenChild(std::u16string_view name, scanner::Access access) override;
  Expected<std::vector<scanner::LinkName>> Names() override;

  const NodePtr& Node() const { return node_; }

 private:
  // FakeVolume::Run() on this object.
  Expected<void> Run(Call call, const std::function<Expected<void>()>& body);

  FakeVolume& volume_;
  NodePtr node_;
  scanner::Access access_;
};

}  // namespace acledger::fakes
