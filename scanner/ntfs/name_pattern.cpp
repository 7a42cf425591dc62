// SPDX-License-Identifier: MIT
#include "scanner/ntfs/name_pattern.h"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>

#include "security/wtf8.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr std::size_t kAsciiEnd = 0x80;

// What names are made of, the most frequent first, upper-cased. What is not here is rarer still.
constexpr std::string_view kFrequent = "EISTANORCLDMPU.GHF-_YBVK10WX2";

bool IsSeparator(char c) { return c == '\\' || c == '/'; }

std::string_view WithoutRoot(std::string_view text) {
  if (text.size() > 2 && text[1] == ':' && IsSeparator(text[2]) &&
      std::isalpha(static_cast<unsigned char>(text[0])) != 0) {
    text.remove_prefix(2);
  }
  if (!text.empty() && IsSeparator(text.front())) text.remove_prefix(1);
  return text;
}

// The longest run of ASCII without wildcards. No letter beyond ASCII has one of ASCII as its upper case.
std::string NeedleOf(std::string_view component) {
  std::string_view longest;
  for (std::size_t at = 0; at < component.size();) {
    std::size_t end = at;
    while (end < component.size() && static_cast<unsigned char>(component[end]) < kAsciiEnd && component[end] != '*' &&
           component[end] != '?') {
      ++end;
    }
    if (end - at > longest.size()) longest = component.substr(at, end - at);
    at = end + 1;
  }
  std::string folded(longest.size(), '\0');
  FoldAscii(longest, folded.data());
  return folded;
}

}  // namespace

Expected<NamePattern> NamePattern::Parse(std::string_view text) {
  const std::string_view relative = WithoutRoot(text);
  auto glob = scanner::Glob::Parse(relative, text.size() - relative.size());
  if (!glob) return std::unexpected(std::move(glob.error()));
  const bool is_path = text.find_first_of("\\/") != text.npos;
  std::string_view last = relative;
  if (!last.empty() && IsSeparator(last.back())) last.remove_suffix(1);
  if (const std::size_t separator = last.find_last_of("\\/"); separator != last.npos) last.remove_prefix(separator + 1);
  NamePattern pattern(*std::move(glob), is_path, NeedleOf(last));
  pattern.any_name_ = last.find_first_not_of('*') == last.npos;
  return pattern;
}

bool NamePattern::Matches(std::string_view name) const {
  if (any_name_) return true;
  const auto wide = FromWtf8(name);
  return wide && glob_.LastMatches(*wide);
}

// Eight bytes at a time: the loop over all names of a volume.
void FoldAscii(std::string_view text, char* to) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101, kHigh = 0x80 * kEach;
  const char* from = text.data();
  std::size_t left = text.size();
  for (; left >= sizeof(std::uint64_t); left -= 8, from += 8, to += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, from, sizeof eight);
    const std::uint64_t low = eight & ~kHigh;
    const std::uint64_t from_a = low + (0x80 - 'a') * kEach, past_z = low + (0x7F - 'z') * kEach;
    const std::uint64_t lower = ~eight & (from_a ^ past_z) & kHigh;
    eight -= lower >> 2;
    std::memcpy(to, &eight, sizeof eight);
  }
  for (; left > 0; --left, ++from) *to++ = static_cast<char>(*from >= 'a' && *from <= 'z' ? *from - 0x20 : *from);
}

std::size_t RarestByte(std::string_view needle) {
  std::size_t rarest = 0, rank = 0;
  for (std::size_t i = 0; i < needle.size(); ++i) {
    const std::size_t found = std::min(kFrequent.find(needle[i]), kFrequent.size()) + 1;
    if (found > rank) rank = found, rarest = i;
  }
  return rarest;
}

std::size_t FindNeedle(std::string_view text, std::string_view needle, std::size_t rare, std::size_t from) {
  while (from + needle.size() <= text.size()) {
    const std::size_t left = text.size() - needle.size() - from + 1;
    const void* found = std::memchr(text.data() + from + rare, needle[rare], left);
    if (found == nullptr) break;
    const std::size_t at = static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) - rare;
    if (std::memcmp(text.data() + at, needle.data(), needle.size()) == 0) return at;
    from = at + 1;
  }
  return std::string_view::npos;
}

}  // namespace acledger::scanner::ntfs
