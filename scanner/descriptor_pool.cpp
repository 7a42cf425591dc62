// SPDX-License-Identifier: MIT
#include "scanner/descriptor_pool.h"

namespace acledger::scanner {
namespace {

std::string_view AsText(security::Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

}  // namespace

DescriptorPool::Number DescriptorPool::Intern(security::Bytes descriptor) {
  const std::lock_guard lock(mutex_);
  if (const auto found = numbers_.find(AsText(descriptor)); found != numbers_.end()) return found->second;
  const auto number = static_cast<Number>(descriptors_.size());
  descriptors_.emplace_back(descriptor.begin(), descriptor.end());
  numbers_.emplace(AsText(descriptors_.back()), number);
  return number;
}

DescriptorPool::Number DescriptorPool::Find(security::Bytes descriptor) const {
  const std::lock_guard lock(mutex_);
  const auto found = numbers_.find(AsText(descriptor));
  return found == numbers_.end() ? kNone : found->second;
}

const security::DescriptorBytes& DescriptorPool::Get(Number number) const {
  const std::lock_guard lock(mutex_);
  return descriptors_[number];
}

}  // namespace acledger::scanner
