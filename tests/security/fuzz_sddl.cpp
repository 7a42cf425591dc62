// SPDX-License-Identifier: MIT
// One input is one text. What FromSddl() accepts is a well-formed descriptor, and where ToSddl() can write it again,
// the text means the same and is its own normal form. Driven by libFuzzer, and by fuzz_sddl_smoke_test.cpp.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "security/sddl.h"

namespace acledger::security {
namespace {

#define HOLDS(condition)                                                   \
  do {                                                                     \
    if (!(condition)) {                                                    \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                        \
    }                                                                      \
  } while (false)

const SddlOptions& Domain() {
  static const SddlOptions options{Sid::Make(5, {21, 1, 2, 3})};
  return options;
}

bool SameSacl(const DescriptorView& a, const DescriptorView& b) {
  if (!a.Sacl() || !b.Sacl()) return a.Sacl().has_value() == b.Sacl().has_value();
  return std::ranges::equal(*a.Sacl(), *b.Sacl(), [](const AceView& one, const AceView& other) {
    return std::ranges::equal(one.AsBytes(), other.AsBytes());
  });
}

void ReadsItsOwnText(const DescriptorBytes& bytes) {
  auto view = DescriptorView::Parse(bytes);
  HOLDS(view.has_value());
  auto text = ToSddl(*view);
  if (!text) {
    HOLDS(text.error().kind == ErrorKind::kUnsupported);
    return;
  }
  auto again = FromSddl(*text);
  HOLDS(again.has_value());
  HOLDS(SameSecurity(bytes, *again));
  auto again_view = DescriptorView::Parse(*again);
  HOLDS(again_view.has_value() && SameSacl(*view, *again_view));
  auto again_text = ToSddl(*again_view);
  HOLDS(again_text && *again_text == *text);
}

}  // namespace
}  // namespace acledger::security

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace acledger::security;
  // A copy of exactly this size, so that a sanitizer sees the first byte that is read behind it.
  const std::vector<char> text(data, data + size);
  auto bytes = FromSddl({text.data(), text.size()}, Domain());
  if (bytes) {
    ReadsItsOwnText(*bytes);
  } else {
    HOLDS(!bytes.error().reason.empty());
  }
  if (acledger::security::DescriptorView::Parse({data, size})) {
    ReadsItsOwnText({data, data + size});
  }
  return 0;
}
