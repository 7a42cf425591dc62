// SPDX-License-Identifier: MIT
#include "tools/acledger/sd_answer.h"

#include <nlohmann/json.hpp>
#include <utility>

namespace acledger::tools {
namespace {

using security::Bytes;
using security::DescriptorBytes;
using security::DescriptorView;

constexpr char kHexDigits[] = "0123456789abcdef";

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Expected<DescriptorBytes> FromHex(std::string_view text) {
  DescriptorBytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = i + 1 < text.size() ? HexValue(text[i + 1]) : -1;
    if (high < 0 || low < 0) {
      const std::size_t position = high < 0 ? i : i + 1;
      return Fail(ErrorKind::kInvalid, "read hex",
                  "position " + std::to_string(position) +
                      (position < text.size() ? ": not a hex digit (SDDL has a ':')" : ": an odd number of digits"));
    }
    bytes.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return bytes;
}

void AppendHex(std::string& text, Bytes bytes) {
  text.reserve(text.size() + 2 * bytes.size() + 1);
  for (const std::uint8_t byte : bytes) {
    text += kHexDigits[byte >> 4];
    text += kHexDigits[byte & 0xF];
  }
}

void AppendMask(std::string& text, security::AccessMask mask) {
  text += "0x";
  int shift = 28;
  while (shift > 0 && mask >> shift == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) text += kHexDigits[mask >> shift & 0xF];
}

std::string Quoted(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// The bytes of a line and the view of them.
struct Descriptor {
  DescriptorBytes bytes;
  DescriptorView view;
};

Expected<Descriptor> ParseLine(std::string_view line, const security::SddlOptions& sddl) {
  auto bytes = ReadDescriptor(line, sddl);
  if (!bytes) return std::unexpected(std::move(bytes.error()));
  auto view = DescriptorView::Parse(*bytes);
  if (!view) return std::unexpected(std::move(view.error()));
  // Moving a vector leaves its bytes, and so the view, where they are.
  return Descriptor{std::move(*bytes), *view};
}

}  // namespace

Expected<DescriptorBytes> ReadDescriptor(std::string_view line, const security::SddlOptions& sddl) {
  line = Trimmed(line);
  if (line.empty()) return Fail(ErrorKind::kInvalid, "read descriptor", "an empty line");
  if (line.find(':') != std::string_view::npos) return security::FromSddl(line, sddl);
  return FromHex(line);
}

void SdAnswers::Sddl(std::string_view text) {
  if (json_) {
    text_ += "{\"sddl\":" + Quoted(text) + "}\n";
  } else {
    text_ += text;
    text_ += '\n';
  }
}

void SdAnswers::Descriptor(Bytes bytes, std::string_view outcome) {
  if (json_) text_ += "{\"descriptor\":\"";
  AppendHex(text_, bytes);
  if (json_) {
    text_ += '"';
    if (!outcome.empty()) text_ += ",\"outcome\":" + Quoted(outcome);
    text_ += '}';
  }
  text_ += '\n';
}

void SdAnswers::Access(const security::AccessResult& result) {
  if (json_) {
    text_ += result.granted ? "{\"granted\":true,\"access\":\"" : "{\"granted\":false,\"missing\":\"";
  } else {
    text_ += result.granted ? "granted " : "denied ";
  }
  AppendMask(text_, result.granted ? result.access : result.missing);
  text_ += json_ ? "\"}\n" : "\n";
}

void SdAnswers::Refusal(const Error& error) {
  if (json_) {
    text_ += "{\"error\":{\"kind\":" + Quoted(Name(error.kind)) + ",\"reason\":" + Quoted(error.ToString()) + "}}\n";
    return;
  }
  text_ += "error: ";
  text_ += error.ToString();
  text_ += '\n';
}

Expected<void> ToSddlCommand::Answer(std::string_view line, SdAnswers& answers) const {
  auto descriptor = ParseLine(line, sddl);
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  auto text = security::ToSddl(descriptor->view);
  if (!text) return std::unexpected(std::move(text.error()));
  answers.Sddl(*text);
  return {};
}

Expected<void> FromSddlCommand::Answer(std::string_view line, SdAnswers& answers) const {
  auto descriptor = ParseLine(line, sddl);
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  answers.Descriptor(descriptor->bytes);
  return {};
}

Expected<void> CheckCommand::Answer(std::string_view line, SdAnswers& answers) const {
  auto descriptor = ParseLine(line, sddl);
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  answers.Access(security::CheckAccess(descriptor->view, token, wanted));
  return {};
}

Expected<void> InheritCommand::Answer(std::string_view line, SdAnswers& answers) const {
  const std::size_t tab = line.find('\t');
  auto parent = ParseLine(line.substr(0, tab), sddl);
  if (!parent) return std::unexpected(std::move(parent.error()));
  const std::string_view child_text = tab == std::string_view::npos ? "" : Trimmed(line.substr(tab + 1));
  Expected<DescriptorBytes> made;
  if (child_text.empty()) {
    const auto& new_owner = owner ? owner : parent->view.Owner();
    const auto& new_group = group ? group : parent->view.Group();
    if (!new_owner || !new_group) {
      return Fail(ErrorKind::kInvalid, "inherit",
                  "the parent has no owner or group, and --owner and --group are absent");
    }
    made = security::CreateInherited(parent->view, type, {*new_owner, *new_group});
  } else {
    auto child = ParseLine(child_text, sddl);
    if (!child) return std::unexpected(std::move(child.error()));
    made = security::Recompute(parent->view, child->view, type);
  }
  if (!made) return std::unexpected(std::move(made.error()));
  answers.Descriptor(*made);
  return {};
}

Expected<void> GrantCommand::Answer(std::string_view line, SdAnswers& answers) const {
  auto descriptor = ReadDescriptor(line, sddl);
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  auto added = security::AddEntry(*descriptor, entry);
  if (!added) return std::unexpected(std::move(added.error()));
  answers.Descriptor(added->bytes, added->outcome == security::AddOutcome::kAdded ? "added" : "present");
  return {};
}

Expected<void> RevokeCommand::Answer(std::string_view line, SdAnswers& answers) const {
  auto descriptor = ReadDescriptor(line, sddl);
  if (!descriptor) return std::unexpected(std::move(descriptor.error()));
  auto removed = security::RemoveEntry(*descriptor, entry);
  if (!removed) return std::unexpected(std::move(removed.error()));
  answers.Descriptor(removed->bytes, removed->outcome == security::RemoveOutcome::kRemoved ? "removed" : "absent");
  return {};
}

}  // namespace acledger::tools
