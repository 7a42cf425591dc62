// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace acledger::setup {

// Text that nobody is to see: it is overwritten before its memory is given back, is not copied, and nothing prints it.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : text_(text.begin(), text.end()) {}
  Secret(Secret&& other) noexcept : text_(std::move(other.text_)) { other.text_.clear(); }
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret() { Wipe(); }

  // The one way to its text; whoever copies it wipes the copy.
  std::string_view Reveal() const { return {text_.data(), text_.size()}; }
  std::size_t Size() const { return text_.size(); }
  bool operator==(const Secret& other) const { return text_ == other.text_; }

 private:
  void Wipe();
  std::vector<char> text_;  // No string: short ones would lie in the object itself, and moving it would leave a copy.
};

}  // namespace acledger::setup
