// SPDX-License-Identifier: MIT
#include <algorithm>
#include <utility>
#include <vector>

#include "security/little_endian.h"
#include "security/sddl_condition.h"
#include "security/sddl_tables.h"
#include "security/wtf8.h"

namespace acledger::security::sddl {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr std::size_t kInt64Size = 10;  // Value, sign and base.

// A finished piece of text, and what may be done with it.
struct Piece {
  enum class Kind : std::uint8_t { kValue, kSid, kList, kLocal, kAttribute, kRelation, kAnd, kOr, kNot };
  Kind kind;
  std::string text;
  int depth = 0;

  bool IsAttribute() const { return kind == Kind::kLocal || kind == Kind::kAttribute; }
  // Can stand beside && and ||.
  bool IsTruth() const { return IsAttribute() || kind >= Kind::kRelation; }
};

// Turns postfix into infix with a stack. A method that returns false has met something without a text.
class ConditionWriter {
 public:
  explicit ConditionWriter(Bytes tokens) : rest_(tokens) {}

  std::optional<std::string> Write();

 private:
  using Kind = Piece::Kind;

  bool Step();
  bool Push(Kind kind, std::string text, int depth = 0);
  std::optional<Piece> Pop();
  // The next `size` bytes; empty optional if there are fewer.
  std::optional<Bytes> Take(std::size_t size);
  std::optional<Bytes> TakeSized();

  bool PushLiteral(std::uint8_t token);
  bool PushInteger();
  bool PushList();
  bool PushAttribute(std::uint8_t token);
  bool Operate(std::uint8_t code);
  bool Compare(std::string_view symbol);
  bool Join(Kind kind, std::string_view symbol);
  bool Negate();

  Bytes rest_;
  std::vector<Piece> stack_;
};

std::optional<std::u16string> Utf16Of(Bytes bytes) {
  if (bytes.size() % 2 != 0) return std::nullopt;
  std::u16string text;
  for (std::size_t i = 0; i < bytes.size(); i += 2) text += static_cast<char16_t>(LoadU16(&bytes[i]));
  return text;
}

std::string Bracketed(std::string text) { return "(" + std::move(text) + ")"; }

std::optional<std::string> ConditionWriter::Write() {
  while (!rest_.empty()) {
    // Padding to a multiple of four: no token has code 0.
    if (rest_.size() < 4 && std::ranges::all_of(rest_, [](std::uint8_t byte) { return byte == 0; })) break;
    if (!Step()) return std::nullopt;
  }
  if (stack_.size() != 1 || !stack_.back().IsTruth()) return std::nullopt;
  return Bracketed(std::move(stack_.back().text));
}

bool ConditionWriter::Step() {
  const std::uint8_t code = rest_[0];
  rest_ = rest_.subspan(1);
  if (code >= kLocalAttribute) return PushAttribute(code);
  if (code >= 0x80) return Operate(code);
  return PushLiteral(code);
}

bool ConditionWriter::Push(Kind kind, std::string text, int depth) {
  stack_.push_back({kind, std::move(text), depth});
  return depth < kMaxConditionDepth;
}

std::optional<Piece> ConditionWriter::Pop() {
  if (stack_.empty()) return std::nullopt;
  Piece piece = std::move(stack_.back());
  stack_.pop_back();
  return piece;
}

std::optional<Bytes> ConditionWriter::Take(std::size_t size) {
  if (rest_.size() < size) return std::nullopt;
  const Bytes taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return taken;
}

std::optional<Bytes> ConditionWriter::TakeSized() {
  const auto size = Take(4);
  return size ? Take(LoadU32(size->data())) : std::nullopt;
}

bool ConditionWriter::PushLiteral(std::uint8_t token) {
  if (token == kInt64) return PushInteger();
  if (token == kComposite) return PushList();
  const auto data = TakeSized();
  if (!data) return false;
  if (token == kString) {
    const auto text = Utf16Of(*data);
    return text && text->find(u'"') == std::u16string::npos && Push(Kind::kValue, '"' + ToWtf8(*text) + '"');
  }
  if (token == kOctets) {
    std::string text = "#";
    for (const std::uint8_t byte : *data) text += {kHexDigits[byte >> 4], kHexDigits[byte & 0xF]};
    return Push(Kind::kValue, std::move(text));
  }
  if (token != kSid) return false;
  const auto sid = Sid::FromBytes(*data);
  if (!sid || sid->Size() != data->size()) return false;
  const std::string_view alias = AliasOf(*sid);
  return Push(Kind::kSid, "SID(" + (alias.empty() ? sid->ToString() : std::string(alias)) + ")");
}

bool ConditionWriter::PushInteger() {
  const auto bytes = Take(kInt64Size);
  if (!bytes) return false;
  std::uint64_t value = LoadU32(bytes->data()) | static_cast<std::uint64_t>(LoadU32(bytes->data() + 4)) << 32;
  const std::uint8_t sign = (*bytes)[8], base = (*bytes)[9];
  std::string text = sign == kPlus ? "+" : sign == kMinus ? "-" : "";
  if (sign == kMinus) value = ~value + 1;
  std::string digits;
  const unsigned radix = base == kHex ? 16 : base == kOctal ? 8 : 10;
  do {
    digits += kHexDigits[value % radix];
    value /= radix;
  } while (value != 0);
  text += base == kHex ? "0x" : base == kOctal ? "0" : "";
  text.append(digits.rbegin(), digits.rend());
  return Push(Kind::kValue, std::move(text));
}

bool ConditionWriter::PushList() {
  const auto data = TakeSized();
  if (!data) return false;
  ConditionWriter inner(*data);
  std::string text = "{";
  while (!inner.rest_.empty()) {
    if (inner.rest_[0] == kComposite || inner.rest_[0] >= 0x80 || !inner.Step()) return false;
    if (text.size() > 1) text += ", ";
    text += inner.stack_.back().text;
  }
  return text.size() > 1 && Push(Kind::kList, text + "}");
}

bool ConditionWriter::PushAttribute(std::uint8_t token) {
  const ConditionSymbol* prefix = FindByCode(AttributePrefixes(), token);
  const auto data = TakeSized();
  const auto name = data ? Utf16Of(*data) : std::nullopt;
  if (!name || name->empty() || (prefix == nullptr && token != kLocalAttribute)) return false;
  std::string text(prefix == nullptr ? "" : prefix->text);
  for (const char16_t unit : *name) {
    const bool looks_prefixed = prefix == nullptr && text.empty() && unit == u'@';
    if (unit < 0x80 && IsNameCharacter(static_cast<char>(unit), prefix == nullptr) && !looks_prefixed) {
      text += static_cast<char>(unit);
    } else {
      text += '%';
      for (int shift = 12; shift >= 0; shift -= 4) text += kHexDigits[unit >> shift & 0xF];
    }
  }
  return Push(prefix == nullptr ? Kind::kLocal : Kind::kAttribute, std::move(text));
}

bool ConditionWriter::Operate(std::uint8_t code) {
  if (code == kAnd) return Join(Kind::kAnd, " && ");
  if (code == kOr) return Join(Kind::kOr, " || ");
  if (code == kNot) return Negate();
  if (const ConditionSymbol* symbol = FindByCode(Comparisons(), code)) return Compare(symbol->text);
  if (const ConditionSymbol* symbol = FindByCode(SetRelations(), code)) return Compare(symbol->text);
  const ConditionSymbol* membership = FindByCode(Memberships(), code);
  const ConditionSymbol* existence = FindByCode(Existences(), code);
  auto operand = Pop();
  if (!operand || (membership == nullptr && existence == nullptr)) return false;
  const bool fits =
      membership != nullptr ? operand->kind == Kind::kSid || operand->kind == Kind::kList : operand->IsAttribute();
  const std::string_view text = membership != nullptr ? membership->text : existence->text;
  return fits && Push(Kind::kRelation, std::string(text) + " " + operand->text);
}

bool ConditionWriter::Compare(std::string_view symbol) {
  auto right = Pop();
  auto left = Pop();
  if (!right || !left || !left->IsAttribute()) return false;
  if (right->kind == Kind::kLocal || right->kind >= Kind::kRelation) return false;
  return Push(Kind::kRelation, left->text + " " + std::string(symbol) + " " + right->text);
}

// A chain of one operator needs no brackets around its beginning, and so is written in linear time.
bool ConditionWriter::Join(Kind kind, std::string_view symbol) {
  auto right = Pop();
  auto left = Pop();
  if (!right || !left || !right->IsTruth() || !left->IsTruth()) return false;
  const int depth = std::max(left->kind == kind ? left->depth : left->depth + 1, right->depth + 1);
  std::string text = left->kind == kind ? std::move(left->text) : Bracketed(std::move(left->text));
  text += symbol;
  text += Bracketed(std::move(right->text));
  return Push(kind, std::move(text), depth);
}

bool ConditionWriter::Negate() {
  auto operand = Pop();
  if (!operand || !operand->IsTruth()) return false;
  return Push(Kind::kNot, "!" + Bracketed(std::move(operand->text)), operand->depth + 1);
}

}  // namespace

std::optional<std::string> WriteCondition(Bytes condition) {
  constexpr std::size_t kMagicSize = sizeof kConditionMagic;
  if (condition.size() < kMagicSize || !std::ranges::equal(condition.first(kMagicSize), kConditionMagic))
    return std::nullopt;
  auto text = ConditionWriter(condition.subspan(kMagicSize)).Write();
  if (!text) return std::nullopt;
  // Other encodings of the same meaning exist (shorter integers, other padding): they would not come back.
  Cursor cursor(*text);
  auto again = ReadCondition(cursor, {});
  if (!again || !cursor.AtEnd() || !std::ranges::equal(*again, condition)) return std::nullopt;
  return text;
}

}  // namespace acledger::security::sddl
