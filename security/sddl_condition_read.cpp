// SPDX-License-Identifier: MIT
#include "security/little_endian.h"
#include "security/sddl_condition.h"
#include "security/wtf8.h"

namespace acledger::security::sddl {
namespace {

constexpr std::uint64_t kMaxMagnitude = std::uint64_t{1} << 63;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Recursive descent; what is read is appended in postfix order. Every method leaves the cursor behind what it read.
class ConditionReader {
 public:
  ConditionReader(Cursor& cursor, const SddlOptions& options) : cursor_(cursor), options_(options) {}

  Expected<DescriptorBytes> Read();

 private:
  // Terms joined by ||, those joined by &&, one of the latter. `depth`: brackets and negations around it.
  Expected<void> ReadAlternatives(int depth);
  Expected<void> ReadConjunction(int depth);
  Expected<void> ReadTerm(int depth);
  Expected<void> ReadBracketed(int depth);
  Expected<void> ReadWords();
  Expected<void> ReadRelation();

  // @User.name and the like.
  Expected<void> ReadPrefixedAttribute();
  Expected<void> AppendName(std::uint8_t token, bool local);
  Expected<char16_t> ReadEscape();

  Expected<void> ReadValueOrList();
  Expected<void> ReadSidOrList();
  using ReadOne = Expected<void> (ConditionReader::*)();
  Expected<void> ReadList(ReadOne read_one);
  Expected<void> ReadValue();
  Expected<void> ReadInteger();
  Expected<void> ReadString();
  Expected<void> ReadOctets();
  Expected<void> ReadLiteralSid();

  // A token that is followed by its length and that many bytes.
  void AppendSized(std::uint8_t token, Bytes data);
  void AppendText(std::uint8_t token, std::u16string_view text);
  // A keyword or the beginning of a local attribute; the cursor stays.
  std::string_view Word() const;
  // Takes `symbol` and the spaces before it if that is what follows.
  bool TakeSymbol(std::string_view symbol);

  Cursor& cursor_;
  const SddlOptions& options_;
  DescriptorBytes out_{std::begin(kConditionMagic), std::end(kConditionMagic)};
};

Expected<DescriptorBytes> ConditionReader::Read() {
  if (auto done = ReadBracketed(0); !done) return std::unexpected(done.error());
  out_.resize((out_.size() + 3) / 4 * 4);
  return std::move(out_);
}

Expected<void> ConditionReader::ReadBracketed(int depth) {
  if (depth > kMaxConditionDepth) return cursor_.Refuse("the condition is nested too deeply");
  if (!cursor_.Take('(')) return cursor_.Refuse("'(' of a condition expected");
  if (auto done = ReadAlternatives(depth + 1); !done) return done;
  cursor_.SkipSpaces();
  if (!cursor_.Take(')')) return cursor_.Refuse("')' of a condition expected");
  return {};
}

Expected<void> ConditionReader::ReadAlternatives(int depth) {
  if (auto done = ReadConjunction(depth); !done) return done;
  while (TakeSymbol("||")) {
    if (auto done = ReadConjunction(depth); !done) return done;
    out_.push_back(kOr);
  }
  return {};
}

Expected<void> ConditionReader::ReadConjunction(int depth) {
  if (auto done = ReadTerm(depth); !done) return done;
  while (TakeSymbol("&&")) {
    if (auto done = ReadTerm(depth); !done) return done;
    out_.push_back(kAnd);
  }
  return {};
}

Expected<void> ConditionReader::ReadTerm(int depth) {
  cursor_.SkipSpaces();
  if (cursor_.Peek() == '(') return ReadBracketed(depth);
  if (cursor_.Take('!')) {
    cursor_.SkipSpaces();
    if (auto done = ReadBracketed(depth); !done) return done;
    out_.push_back(kNot);
    return {};
  }
  if (cursor_.Peek() == '@') {
    if (auto done = ReadPrefixedAttribute(); !done) return done;
    return ReadRelation();
  }
  return ReadWords();
}

// Member_of ..., Exists ..., or a local attribute.
Expected<void> ConditionReader::ReadWords() {
  const std::string_view word = Word();
  if (const ConditionSymbol* membership = FindByText(Memberships(), word)) {
    cursor_.Advance(word.size());
    if (auto done = ReadSidOrList(); !done) return done;
    out_.push_back(membership->code);
    return {};
  }
  if (const ConditionSymbol* existence = FindByText(Existences(), word)) {
    cursor_.Advance(word.size());
    cursor_.SkipSpaces();
    auto done = cursor_.Peek() == '@' ? ReadPrefixedAttribute() : AppendName(kLocalAttribute, true);
    if (!done) return done;
    out_.push_back(existence->code);
    return {};
  }
  if (auto done = AppendName(kLocalAttribute, true); !done) return done;
  return ReadRelation();
}

// What may follow an attribute: a comparison and what it is compared with, or nothing.
Expected<void> ConditionReader::ReadRelation() {
  for (const ConditionSymbol& comparison : Comparisons()) {
    if (!TakeSymbol(comparison.text)) continue;
    const bool ordered = comparison.text[0] == '<' || comparison.text[0] == '>';
    cursor_.SkipSpaces();
    if (ordered && cursor_.Peek() == '{') return cursor_.Refuse("a list has no order");
    if (auto done = ReadValueOrList(); !done) return done;
    out_.push_back(comparison.code);
    return {};
  }
  cursor_.SkipSpaces();
  const std::string_view word = Word();
  if (const ConditionSymbol* relation = FindByText(SetRelations(), word)) {
    cursor_.Advance(word.size());
    if (auto done = ReadValueOrList(); !done) return done;
    out_.push_back(relation->code);
  }
  return {};
}

Expected<void> ConditionReader::ReadPrefixedAttribute() {
  for (const ConditionSymbol& prefix : AttributePrefixes()) {
    if (FindByText({&prefix, 1}, cursor_.Ahead(prefix.text.size())) == nullptr) continue;
    cursor_.Advance(prefix.text.size());
    return AppendName(prefix.code, false);
  }
  return cursor_.Refuse("@User., @Device. or @Resource. expected");
}

Expected<void> ConditionReader::AppendName(std::uint8_t token, bool local) {
  const std::size_t start = cursor_.Position();
  std::u16string name;
  while (true) {
    const char c = cursor_.Peek();
    const bool looks_prefixed = local && name.empty() && c == '@';
    if (c == '%') {
      auto unit = ReadEscape();
      if (!unit) return std::unexpected(unit.error());
      name += *unit;
    } else if (IsNameCharacter(c, local) && !looks_prefixed) {
      name += static_cast<char16_t>(c);
      cursor_.Advance();
    } else {
      break;
    }
  }
  if (name.empty()) return Cursor::RefuseAt(start, "a condition or the name of an attribute expected");
  AppendText(token, name);
  return {};
}

// %0020: one UTF-16 code unit.
Expected<char16_t> ConditionReader::ReadEscape() {
  cursor_.Advance();
  unsigned unit = 0;
  for (int i = 0; i < 4; ++i, cursor_.Advance()) {
    const int digit = HexDigit(cursor_.Peek());
    if (digit < 0) return cursor_.Refuse("four hex digits behind '%' expected");
    unit = unit * 16 + static_cast<unsigned>(digit);
  }
  return static_cast<char16_t>(unit);
}

Expected<void> ConditionReader::ReadValueOrList() {
  cursor_.SkipSpaces();
  if (cursor_.Peek() == '@') return ReadPrefixedAttribute();
  return cursor_.Peek() == '{' ? ReadList(&ConditionReader::ReadValue) : ReadValue();
}

// SID(BA), (SID(BA)), {SID(BA), SID(BU)}
Expected<void> ConditionReader::ReadSidOrList() {
  cursor_.SkipSpaces();
  if (cursor_.Peek() == '{') return ReadList(&ConditionReader::ReadLiteralSid);
  int brackets = 0;
  for (; cursor_.Take('('); cursor_.SkipSpaces()) ++brackets;
  if (auto done = ReadLiteralSid(); !done) return done;
  for (; brackets > 0; --brackets) {
    cursor_.SkipSpaces();
    if (!cursor_.Take(')')) return cursor_.Refuse("')' expected");
  }
  return {};
}

Expected<void> ConditionReader::ReadList(ReadOne read_one) {
  cursor_.Advance();
  out_.push_back(kComposite);
  const std::size_t size_at = out_.size();
  out_.resize(size_at + 4);
  do {
    cursor_.SkipSpaces();
    if (auto done = (this->*read_one)(); !done) return done;
    cursor_.SkipSpaces();
  } while (cursor_.Take(','));
  if (!cursor_.Take('}')) return cursor_.Refuse("',' or '}' expected");
  StoreU32(&out_[size_at], out_.size() - size_at - 4);
  return {};
}

Expected<void> ConditionReader::ReadValue() {
  const char c = cursor_.Peek();
  if (c == '"') return ReadString();
  if (c == '#') return ReadOctets();
  if (c == '+' || c == '-' || IsDigit(c)) return ReadInteger();
  return ReadLiteralSid();
}

Expected<void> ConditionReader::ReadInteger() {
  std::uint8_t sign = kNoSign;
  if (cursor_.Take('+')) {
    sign = kPlus;
  } else if (cursor_.Take('-')) {
    sign = kMinus;
  }
  std::uint8_t base = kDecimal;
  if (cursor_.Peek() == '0' && (cursor_.Peek(1) | 0x20) == 'x') {
    base = kHex;
    cursor_.Advance(2);
  } else if (cursor_.Peek() == '0' && IsDigit(cursor_.Peek(1))) {
    base = kOctal;
  }
  const int radix = base == kHex ? 16 : base == kOctal ? 8 : 10;
  auto value = ReadDigits(cursor_, radix, sign == kMinus ? kMaxMagnitude : kMaxMagnitude - 1, "a number");
  if (!value) return std::unexpected(value.error());
  if (IsDigit(cursor_.Peek())) return cursor_.Refuse("not an octal digit");
  if (sign == kMinus) *value = ~*value + 1;
  out_.push_back(kInt64);
  for (int shift = 0; shift < 64; shift += 8) out_.push_back(static_cast<std::uint8_t>(*value >> shift));
  out_.push_back(sign);
  out_.push_back(base);
  return {};
}

Expected<void> ConditionReader::ReadString() {
  cursor_.Advance();
  const std::size_t length = cursor_.Rest().find('"');
  if (length == std::string_view::npos) return cursor_.Refuse("a text without its closing '\"'");
  auto text = FromWtf8(cursor_.Ahead(length));
  if (!text) return cursor_.Refuse("a text that is not UTF-8");
  AppendText(kString, *text);
  cursor_.Advance(length + 1);
  return {};
}

Expected<void> ConditionReader::ReadOctets() {
  cursor_.Advance();
  DescriptorBytes octets;
  while (HexDigit(cursor_.Peek()) >= 0) {
    const int low = HexDigit(cursor_.Peek(1));
    if (low < 0) return cursor_.Refuse("an odd number of hex digits");
    octets.push_back(static_cast<std::uint8_t>(HexDigit(cursor_.Peek()) * 16 + low));
    cursor_.Advance(2);
  }
  AppendSized(kOctets, octets);
  return {};
}

Expected<void> ConditionReader::ReadLiteralSid() {
  static constexpr ConditionSymbol kSidWord{"SID", kSid};
  if (FindByText({&kSidWord, 1}, cursor_.Ahead(3)) == nullptr || cursor_.Peek(3) != '(') {
    return cursor_.Refuse("a value or SID(...) expected");
  }
  cursor_.Advance(4);
  auto sid = ReadSid(cursor_, options_);
  if (!sid) return std::unexpected(sid.error());
  if (!cursor_.Take(')')) return cursor_.Refuse("')' behind a SID expected");
  AppendSized(kSid, sid->AsBytes());
  return {};
}

void ConditionReader::AppendSized(std::uint8_t token, Bytes data) {
  out_.push_back(token);
  out_.resize(out_.size() + 4);
  StoreU32(&out_[out_.size() - 4], data.size());
  out_.insert(out_.end(), data.begin(), data.end());
}

void ConditionReader::AppendText(std::uint8_t token, std::u16string_view text) {
  DescriptorBytes bytes;
  for (const char16_t unit : text) {
    bytes.push_back(static_cast<std::uint8_t>(unit));
    bytes.push_back(static_cast<std::uint8_t>(unit >> 8));
  }
  AppendSized(token, bytes);
}

std::string_view ConditionReader::Word() const {
  std::size_t length = 0;
  while (IsNameCharacter(cursor_.Peek(length), true) && cursor_.Peek(length) != '@') ++length;
  return cursor_.Ahead(length);
}

bool ConditionReader::TakeSymbol(std::string_view symbol) {
  const std::size_t spaces = cursor_.Rest().find_first_not_of(' ');
  if (spaces == std::string_view::npos || !cursor_.Rest().substr(spaces).starts_with(symbol)) return false;
  cursor_.Advance(spaces + symbol.size());
  return true;
}

}  // namespace

Expected<DescriptorBytes> ReadCondition(Cursor& cursor, const SddlOptions& options) {
  return ConditionReader(cursor, options).Read();
}

}  // namespace acledger::security::sddl
