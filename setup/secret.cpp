// SPDX-License-Identifier: MIT
#include "setup/secret.h"

#include <utility>

namespace acledger::setup {

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this == &other) return *this;
  Wipe();
  text_ = std::exchange(other.text_, {});
  return *this;
}

void Secret::Wipe() {
  // Through a volatile pointer: a compiler leaves out writes that nobody reads.
  volatile char* at = text_.data();
  for (std::size_t i = 0; i < text_.size(); ++i) at[i] = '\0';
  text_.clear();
}

}  // namespace acledger::setup
