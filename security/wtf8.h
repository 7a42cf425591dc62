// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "security/error.h"

// Names as NTFS holds them: any UTF-16 code units, unpaired surrogates included. Outside the volume we write them as
// WTF-8 (https://simonsapin.github.io/wtf-8/): UTF-8 in which an unpaired surrogate is encoded like any other code
// point. Every UTF-16 text has exactly one WTF-8 form and back. Pure functions, any thread.
namespace acledger {

// Lossless; never fails.
std::string ToWtf8(std::u16string_view text);
// The same, behind what `out` holds already.
void AppendWtf8(std::u16string_view text, std::string& out);

// The inverse. kInvalid, with the byte position, for what ToWtf8() never writes: truncated or overlong sequences, code
// points past U+10FFFF, a surrogate pair encoded as two surrogates.
Expected<std::u16string> FromWtf8(std::string_view text);

bool IsWtf8(std::string_view text);
// No unpaired surrogate: WTF-8 of it is UTF-8.
bool IsUtf16(std::u16string_view text);

// The upper-case form of one code unit, as the $UpCase table of an NTFS volume gives it: the simple mapping of Unicode,
// code unit by code unit, only where lower-casing leads back (so 'ß', 'ı', 'ſ' and 'µ' stay). The table follows a newer
// Unicode than Windows writes into a volume: it may call two names equal that the volume keeps apart, never the
// reverse.
char16_t UpCaseBeyondAscii(char16_t unit);
inline char16_t UpCase(char16_t unit) {
  if (unit >= 0x80) return UpCaseBeyondAscii(unit);
  return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - 0x20) : unit;
}

// Two names are equal for NTFS, case ignored, if these are equal.
std::u16string FoldName(std::u16string_view name);
bool SameName(std::u16string_view a, std::u16string_view b);
// The same for WTF-8. Text that is not valid WTF-8 comes back with only a-z folded.
std::string FoldWtf8(std::string_view name);

}  // namespace acledger
