// SPDX-License-Identifier: MIT
#include "scanner/path.h"

#include <algorithm>
#include <optional>

#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

constexpr std::size_t kMaxComponent = 255;

bool IsSeparator(char16_t unit) { return unit == u'\\' || unit == u'/'; }
bool IsAsciiLetter(char16_t unit) { return (unit | 0x20) >= u'a' && (unit | 0x20) <= u'z'; }

// CON, NUL, COM1 and so on, also with an extension: Win32 takes these for devices in any folder, and a tool that is
// handed such a root would open the device.
bool IsDeviceName(std::u16string_view name) {
  std::u16string base = FoldName(name.substr(0, name.find(u'.')));
  while (base.ends_with(u' ')) base.pop_back();
  for (std::u16string_view device : {u"CON", u"PRN", u"AUX", u"NUL", u"CONIN$", u"CONOUT$"}) {
    if (base == device) return true;
  }
  bool is_port = base.starts_with(u"COM") || base.starts_with(u"LPT");
  return is_port && base.size() == 4 && base[3] >= u'1' && base[3] <= u'9';
}

std::optional<std::string> WhyNotComponent(std::u16string_view name) {
  if (name.empty()) return "an empty component";
  if (name == u"." || name == u"..") return "'.' and '..' are not resolved";
  if (name.find(u':') != name.npos) return "':' names a stream";
  if (std::ranges::any_of(name, [](char16_t unit) { return unit < 0x20 || unit == 0x7F; }))
    return "a control character";
  if (name.size() > kMaxComponent) return "a component longer than 255 characters";
  return std::nullopt;
}

// Takes the drive or prefix off the front of `rest`, which then starts with a separator.
std::optional<std::string> TakePrefix(std::u16string_view& rest, char& drive) {
  if (rest.size() >= 2 && IsSeparator(rest[0]) && IsSeparator(rest[1])) {
    if (rest.size() < 4 || !IsSeparator(rest[3])) return "a network path";
    if (rest[2] == u'.') return "a device path";
    if (rest[2] != u'?') return "a network path";
    rest.remove_prefix(4);
    if (rest.size() < 2 || rest[1] != u':') return R"(only a drive may follow \\?\)";
  }
  if (rest.size() >= 2 && rest[1] == u':' && IsAsciiLetter(rest[0])) {
    drive = static_cast<char>(UpCase(rest[0]));
    rest.remove_prefix(2);
    if (rest.empty()) return "relative to the drive's current folder: write C:\\ for its root";
  }
  if (rest.empty() || !IsSeparator(rest[0])) return "not an absolute path";
  return std::nullopt;
}

}  // namespace

Expected<ParsedPath> ParsePath(std::string_view text) {
  auto refuse = [&](std::string reason) {
    return std::unexpected(Error{ErrorKind::kInvalid, "read path", std::string(text), 0, std::move(reason)});
  };
  Expected<std::u16string> wide = FromWtf8(text);
  if (!wide) return refuse("not UTF-8: " + wide.error().reason);
  ParsedPath parsed;
  std::u16string_view rest = *wide;
  if (auto why = TakePrefix(rest, parsed.drive)) return refuse(*why);

  rest.remove_prefix(1);
  while (!rest.empty()) {
    std::size_t end = std::min(rest.find_first_of(u"\\/"), rest.size());
    std::u16string_view name = rest.substr(0, end);
    if (auto why = WhyNotComponent(name)) return refuse(*why);
    parsed.components.emplace_back(name);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (!parsed.components.empty() && IsDeviceName(parsed.components.front())) return refuse("the name of a device");
  return parsed;
}

std::string FormatPath(const PathComponents& components, char drive) {
  std::string text;
  if (drive != 0) text = {drive, ':'};
  if (components.empty()) return text + "\\";
  for (const std::u16string& component : components) {
    text.push_back('\\');
    AppendWtf8(component, text);
  }
  return text;
}

bool SamePath(const PathComponents& left, const PathComponents& right) {
  return std::ranges::equal(left, right, [](const auto& a, const auto& b) { return SameName(a, b); });
}

bool IsAtOrBelow(const PathComponents& path, const PathComponents& folder) {
  return path.size() >= folder.size() && std::equal(folder.begin(), folder.end(), path.begin(),
                                                    [](const auto& a, const auto& b) { return SameName(a, b); });
}

}  // namespace acledger::scanner
