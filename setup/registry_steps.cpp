// SPDX-License-Identifier: MIT
#include "setup/registry_steps.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <ranges>
#include <string_view>

namespace acledger::setup {
namespace {

using Json = nlohmann::json;
using Kind = RegistryValue::Kind;

std::string ParentOf(const std::string& key) {
  const std::size_t end = key.rfind('\\');
  return end == std::string::npos ? std::string() : key.substr(0, end);
}

// From `key` upwards to `top`, as far as they are there and empty.
Expected<void> RemoveEmptyKeys(Registry& registry, const std::string& key, const std::string& top) {
  if (top.empty()) return {};
  for (std::string look = key; look.size() >= top.size(); look = ParentOf(look)) {
    const Expected<bool> there = registry.HasKey(look);
    if (!there) return std::unexpected(there.error());
    if (!*there) continue;
    const Expected<bool> empty = registry.IsEmpty(look);
    if (!empty) return std::unexpected(empty.error());
    if (!*empty) return {};
    if (const auto removed = registry.RemoveEmptyKey(look); !removed) return removed;
  }
  return {};
}

// Whether RemoveEmptyKeys() has something left to do.
Expected<bool> AreKeysLeft(Registry& registry, const std::string& key, const std::string& top) {
  if (top.empty()) return false;
  for (std::string look = key; look.size() >= top.size(); look = ParentOf(look)) {
    const Expected<bool> there = registry.HasKey(look);
    if (!there) return std::unexpected(there.error());
    if (*there) return registry.IsEmpty(look);
  }
  return false;
}

std::string Write(const std::optional<RegistryValue>& value) {
  if (!value) return "{}";
  return Json{{"kind", value->kind}, {"text", value->text}, {"number", value->number}}.dump();
}

using Earlier = std::optional<RegistryValue>;  // What was there before.

Expected<Earlier> Read(const std::string& before) {
  const std::unexpected<Error> bad = Fail(ErrorKind::kCorrupt, "read what was there before", "its record is damaged");
  try {
    const Json value = Json::parse(before);
    if (value.empty()) return Earlier();
    const auto kind = value.at("kind").get<std::uint8_t>();
    if (kind > static_cast<std::uint8_t>(Kind::kNumber)) return bad;
    return RegistryValue{static_cast<Kind>(kind), value.at("text").get<std::string>(),
                         value.at("number").get<std::uint32_t>()};
  } catch (const Json::exception&) {
    return bad;
  }
}

// What the steps here have in common: a place, and how it was.
class PlaceStep : public Step {
 public:
  PlaceStep(Registry& registry, std::string title, ValuePlace place, std::vector<std::string> needs)
      : registry_(registry), title_(std::move(title)), place_(std::move(place)), needs_(std::move(needs)) {}

  const std::string& Name() const override { return title_; }
  std::vector<std::string> Needs() const override { return needs_; }
  Expected<std::string> Before() override {
    const auto value = Now();
    if (!value) return std::unexpected(value.error());
    return Write(*value);
  }

 protected:
  Expected<std::optional<RegistryValue>> Now() { return registry_.Find(place_.key, place_.name); }
  Expected<void> Put(const RegistryValue& value) { return registry_.Put(place_.key, place_.name, value); }
  // The value as it was, and the keys.
  Expected<void> PutBack(const Earlier& earlier) {
    if (earlier) return Put(*earlier);
    const auto now = Now();
    if (!now) return std::unexpected(now.error());
    if (*now)
      if (const auto removed = registry_.RemoveValue(place_.key, place_.name); !removed) return removed;
    return PutBackKeys();
  }
  Expected<void> PutBackKeys() { return RemoveEmptyKeys(registry_, place_.key, place_.own_key); }
  Expected<Standing> CheckKeys() {
    const auto left = AreKeysLeft(registry_, place_.key, place_.own_key);
    if (!left) return std::unexpected(left.error());
    return *left ? Standing{false, "an empty key is left"} : Standing{true, {}};
  }
  std::string Where() const { return "HKLM\\" + place_.key + "\\" + place_.name; }
  Registry& TheRegistry() { return registry_; }
  const ValuePlace& Place() const { return place_; }

 private:
  Registry& registry_;
  const std::string title_;
  const ValuePlace place_;
  const std::vector<std::string> needs_;
};

class ValueStep final : public PlaceStep {
 public:
  ValueStep(Registry& registry, std::string title, ValuePlace place, RegistryValue value,
            std::vector<std::string> needs)
      : PlaceStep(registry, std::move(title), std::move(place), std::move(needs)), wanted_(std::move(value)) {}

  std::string Intent() const override { return "set " + Where(); }
  Expected<Standing> Check() override {
    const auto now = Now();
    if (!now) return std::unexpected(now.error());
    if (*now && **now == wanted_) return Standing{true, {}};
    return Standing{false, *now ? Where() + " has another value" : Where() + " is not there"};
  }
  Expected<void> Apply(const std::string&) override { return Put(wanted_); }
  Expected<void> Undo(const std::string& before) override {
    const auto earlier = Read(before);
    const auto now = Now();
    if (!earlier || !now) return std::unexpected(earlier ? now.error() : earlier.error());
    if (*now && **now != wanted_) return {};  // Somebody else's by now.
    return PutBack(*earlier);
  }
  Expected<Standing> CheckUndone(const std::string& before) override {
    const auto earlier = Read(before);
    const auto now = Now();
    if (!earlier || !now) return std::unexpected(earlier ? now.error() : earlier.error());
    if (*now && **now == wanted_ && *now != (*earlier)) return Standing{false, "it is still there"};
    if (!*now && (*earlier)) return Standing{false, "what was there before is missing"};
    return CheckKeys();
  }

 private:
  const RegistryValue wanted_;
};

char Lower(char letter) { return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter; }

bool IsFolder(std::string_view one, std::string_view other) {
  while (one.ends_with('\\')) one.remove_suffix(1);
  while (other.ends_with('\\')) other.remove_suffix(1);
  return std::ranges::equal(one, other, {}, Lower, Lower);
}

std::vector<std::string> Split(const std::string& list) {
  std::vector<std::string> folders;
  for (const auto folder : std::views::split(std::string_view(list), ';'))
    folders.emplace_back(std::string_view(folder.begin(), folder.end()));
  return folders;
}

// With only the one folder more, or less: nothing else of the text is written anew.
class ListedFolderStep final : public PlaceStep {
 public:
  ListedFolderStep(Registry& registry, std::string title, ValuePlace place, std::string folder,
                   std::vector<std::string> needs)
      : PlaceStep(registry, std::move(title), std::move(place), std::move(needs)), folder_(std::move(folder)) {}

  std::string Intent() const override { return "put " + folder_ + " into " + Where(); }
  Expected<Standing> Check() override {
    const auto now = Now();
    if (!now) return std::unexpected(now.error());
    return Lists(*now) ? Standing{true, {}} : Standing{false, folder_ + " is not in " + Where()};
  }
  Expected<void> Apply(const std::string&) override {
    const auto now = Now();
    if (!now) return std::unexpected(now.error());
    if (!*now) return Put({Kind::kExpandText, folder_, 0});
    if (Lists(*now)) return {};
    if ((*now)->kind == Kind::kNumber)
      return std::unexpected(Error{ErrorKind::kUnsupported, "add to the list", Where(), 0, "it is no text"});
    const char* separator = (*now)->text.empty() || (*now)->text.ends_with(';') ? "" : ";";
    return Put({(*now)->kind, (*now)->text + separator + folder_, 0});
  }
  Expected<void> Undo(const std::string& before) override {
    const auto earlier = Read(before);
    const auto now = Now();
    if (!earlier || !now) return std::unexpected(earlier ? now.error() : earlier.error());
    if (Lists((*earlier))) return {};  // Somebody else put it there.
    if (!*now || !Lists(*now)) return *now ? Expected<void>() : PutBackKeys();
    std::vector<std::string> folders = Split((*now)->text);
    std::erase_if(folders, [this](const std::string& one) { return IsFolder(one, folder_); });
    std::string text;
    for (const std::string& one : folders) text += text.empty() && &one == &folders.front() ? one : ";" + one;
    if ((*earlier) && (*earlier)->text == text + ";") text += ";";  // It ended so.
    if (text.empty() && !(*earlier)) return PutBack(*earlier);
    return Put({(*now)->kind, text, 0});
  }
  Expected<Standing> CheckUndone(const std::string& before) override {
    const auto earlier = Read(before);
    const auto now = Now();
    if (!earlier || !now) return std::unexpected(earlier ? now.error() : earlier.error());
    if (Lists(*now) && !Lists((*earlier))) return Standing{false, "it is still in " + Where()};
    return CheckKeys();
  }

 private:
  bool Lists(const std::optional<RegistryValue>& value) const {
    if (!value || value->kind == Kind::kNumber) return false;
    return std::ranges::any_of(Split(value->text), [this](const auto& one) { return IsFolder(one, folder_); });
  }

  const std::string folder_;
};

constexpr std::size_t kSubAuthorities = 4;  // 21 and three numbers.

bool IsAuthority(const security::Sid& sid) {
  return sid.Authority() == 5 && sid.SubAuthorityCount() == kSubAuthorities && sid.SubAuthority(0) == 21;
}

class SidsStep final : public PlaceStep {
 public:
  SidsStep(Registry& registry, ValuePlace place, FillRandom random)
      : PlaceStep(registry, "synthetic SIDs", std::move(place), {}), random_(std::move(random)) {}

  std::string Intent() const override { return "make an authority for the sandbox's own SIDs, kept in " + Where(); }
  Expected<Standing> Check() override {
    const auto found = ReadSids(TheRegistry(), Place());
    if (found) return Standing{true, {}};
    if (found.error().kind == ErrorKind::kNotFound) return Standing{false, "there is none"};
    return std::unexpected(found.error());
  }
  Expected<void> Apply(const std::string&) override {
    std::array<std::uint8_t, 12> bytes{};
    if (const auto filled = random_(bytes); !filled) return filled;
    std::string text = "S-1-5-21";
    for (std::size_t i = 0; i < bytes.size(); i += 4)
      text += "-" + std::to_string(bytes[i] | bytes[i + 1] << 8 | bytes[i + 2] << 16 |
                                   static_cast<std::uint32_t>(bytes[i + 3]) << 24);
    return Put({Kind::kText, text, 0});
  }
  Expected<void> Undo(const std::string& before) override {
    const auto earlier = Read(before);
    if (!earlier) return std::unexpected(earlier.error());
    return *earlier ? Expected<void>() : PutBack(*earlier);
  }
  Expected<Standing> CheckUndone(const std::string& before) override {
    const auto earlier = Read(before);
    const auto now = Now();
    if (!earlier || !now) return std::unexpected(earlier ? now.error() : earlier.error());
    if (*now && !(*earlier)) return Standing{false, "it is still there"};
    return CheckKeys();
  }

 private:
  const FillRandom random_;
};

}  // namespace

std::unique_ptr<Step> MakeValueStep(Registry& registry, std::string title, ValuePlace place, RegistryValue value,
                                    std::vector<std::string> needs) {
  return std::make_unique<ValueStep>(registry, std::move(title), std::move(place), std::move(value), std::move(needs));
}

std::unique_ptr<Step> MakeListedFolderStep(Registry& registry, std::string title, ValuePlace place, std::string folder,
                                           std::vector<std::string> needs) {
  return std::make_unique<ListedFolderStep>(registry, std::move(title), std::move(place), std::move(folder),
                                            std::move(needs));
}

std::unique_ptr<Step> MakeSidsStep(Registry& registry, ValuePlace place, FillRandom random) {
  return std::make_unique<SidsStep>(registry, std::move(place), std::move(random));
}

Expected<security::Sid> ReadSids(Registry& registry, const ValuePlace& place) {
  const auto value = registry.Find(place.key, place.name);
  if (!value) return std::unexpected(value.error());
  const std::string where = "HKLM\\" + place.key + "\\" + place.name;
  if (!*value)
    return std::unexpected(
        Error{ErrorKind::kNotFound, "look for the authority of the sandbox's SIDs", where, 0, "it is not there"});
  if ((*value)->kind == Kind::kText)
    if (auto sid = security::Sid::FromString((*value)->text); sid && IsAuthority(*sid)) return *std::move(sid);
  return std::unexpected(
      Error{ErrorKind::kCorrupt, "read the authority of the sandbox's SIDs", where, 0, "it is none: delete it"});
}

}  // namespace acledger::setup
