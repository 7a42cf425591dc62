// SPDX-License-Identifier: MIT
#include <charconv>
#include <optional>

#include "security/little_endian.h"
#include "security/sid.h"

namespace acledger::security {
namespace {

// Reads the text of a SID from left to right (the grammar of MS-DTYP 2.4.2.1).
class SidReader {
 public:
  explicit SidReader(std::string_view text) : text_(text) {}

  bool AtEnd() const { return at_ == text_.size(); }
  std::size_t Position() const { return at_; }

  bool Skip(char expected) {
    if (AtEnd() || text_[at_] != expected) return false;
    ++at_;
    return true;
  }

  // Up to `max_digits` digits of `base`, below 2^48 with 12 hex digits and below 2^32 with 10 decimal ones.
  std::optional<std::uint64_t> Number(int base, std::size_t max_digits) {
    const char* begin = text_.data() + at_;
    const char* end = text_.data() + text_.size();
    std::uint64_t value = 0;
    auto [stop, error] = std::from_chars(begin, end, value, base);
    if (error != std::errc{} || static_cast<std::size_t>(stop - begin) > max_digits) return std::nullopt;
    if (base == 10 && value > UINT32_MAX) return std::nullopt;
    at_ += static_cast<std::size_t>(stop - begin);
    return value;
  }

  // Decimal, or 0x and exactly 12 hex digits.
  std::optional<std::uint64_t> Authority() {
    std::string_view rest = text_.substr(at_);
    if (!rest.starts_with("0x") && !rest.starts_with("0X")) return Number(10, 10);
    at_ += 2;
    std::size_t digits_at = at_;
    auto value = Number(16, 12);
    return at_ - digits_at == 12 ? value : std::nullopt;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
};

std::unexpected<Error> Malformed(const SidReader& reader, const char* what) {
  return Fail(ErrorKind::kInvalid, "read SID", std::string(what) + " expected at " + std::to_string(reader.Position()));
}

}  // namespace

Expected<Sid> Sid::FromString(std::string_view text) {
  SidReader reader(text);
  if (!(reader.Skip('S') || reader.Skip('s')) || !reader.Skip('-') || !reader.Skip('1') || !reader.Skip('-')) {
    return Malformed(reader, "S-1-");
  }
  auto authority = reader.Authority();
  if (!authority) return Malformed(reader, "an authority");
  Sid sid = Make(*authority, {});
  std::size_t count = 0;
  while (!reader.AtEnd()) {
    if (!reader.Skip('-')) return Malformed(reader, "a dash or the end");
    auto sub_authority = reader.Number(10, 10);
    if (!sub_authority) return Malformed(reader, "a number below 2^32");
    if (count == kMaxSubAuthorities) return Malformed(reader, "the end after 15 sub-authorities");
    StoreU32(&sid.bytes_[kMinBytes + 4 * count++], *sub_authority);
    sid.bytes_[1] = static_cast<std::uint8_t>(count);
  }
  return sid;
}

std::string Sid::ToString() const {
  std::string text = "S-1-";
  std::uint64_t authority = Authority();
  if (authority <= UINT32_MAX) {
    text += std::to_string(authority);
  } else {
    text += "0x";
    for (int shift = 44; shift >= 0; shift -= 4) text += "0123456789abcdef"[(authority >> shift) & 15];
  }
  for (std::size_t i = 0; i < SubAuthorityCount(); ++i) text += '-' + std::to_string(SubAuthority(i));
  return text;
}

}  // namespace acledger::security
