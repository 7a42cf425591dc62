// SPDX-License-Identifier: MIT
#include "store/config.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <toml++/toml.hpp>
#include <utility>

#include "store/config_keys.h"

namespace acledger::store {
namespace {

using config::Key;
using config::Problem;

constexpr std::int64_t kVersion = 1;
constexpr std::uintmax_t kMaxBytes = 1024 * 1024;

// --- values

// `read` gives what is wrong with one text.
template <class Read>
Problem EachText(const toml::node& node, const Read& read) {
  const toml::array* array = node.as_array();
  if (array == nullptr) return "a list of strings is wanted";
  for (const toml::node& element : *array) {
    const auto* text = element.as_string();
    if (text == nullptr) return "a list of strings is wanted";
    if (text->get().empty()) return "an empty string means nothing here";
    if (Problem problem = read(text->get())) return problem;
  }
  return {};
}

// Collects plain texts that pass `check`.
template <class Check>
Problem Texts(const toml::node& node, std::vector<std::string>& out, const Check& check) {
  return EachText(node, [&](const std::string& text) -> Problem {
    const bool control = std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    if (control) return "'" + text + "' has a control character in it";
    if (Problem problem = check(text)) return problem;
    out.push_back(text);
    return {};
  });
}

Problem AnyText(const std::string&) { return {}; }

Problem IsRoot(const std::string& text) {
  const bool from_root = text[0] == '\\' || text[0] == '/';
  const bool from_drive = text.size() > 2 && text[1] == ':' && (text[2] == '\\' || text[2] == '/');
  if (from_root || from_drive) return {};
  return "'" + text + "' is not an absolute path";
}

Problem IsName(const std::string& text) {
  if (text.find_first_of("\\/:") == std::string::npos) return {};
  return "'" + text + "' is a path; a single name is wanted";
}

Problem IsBelowAppData(const std::string& text) {
  const bool absolute = text[0] == '\\' || text[0] == '/' || text.find(':') != std::string::npos;
  if (!absolute && text.find("..") == std::string::npos) return {};
  return "'" + text + "' is not a path relative to AppData";
}

Expected<security::Sid> ParseSid(const std::string& text) { return security::Sid::FromString(text); }

Problem BadSid(const std::string& text, const Error& error) { return "'" + text + "' is not a SID: " + error.reason; }

Problem NotEmpty(const std::vector<std::string>& list) {
  if (!list.empty()) return {};
  return "an empty list would not turn it off; leave the key out for the built-in list";
}

// --- keys

Problem TakeVersion(const toml::node&, Config&) { return {}; }  // Looked at first, apart.

Problem TakePrincipal(const toml::node& node, Config& config) {
  const auto* text = node.as_string();
  if (text == nullptr) return "a string is wanted, such as \"S-1-5-21-1-2-3-1001\"";
  auto sid = ParseSid(text->get());
  if (!sid) return BadSid(text->get(), sid.error());
  config.principal = *sid;
  return {};
}

Problem TakeMask(const toml::node& node, Config& config) {
  const auto* number = node.as_integer();
  if (number == nullptr) return "a number is wanted, such as 0x1200A9";
  if (number->get() < 1 || number->get() > 0xFFFFFFFF) return "an access mask is between 1 and 0xFFFFFFFF";
  config.mask = static_cast<security::AccessMask>(number->get());
  return {};
}

Problem TakeProtected(const toml::node& node, Config& config) {
  const auto* text = node.as_string();
  if (text != nullptr && text->get() == "report") {
    config.protected_policy = ProtectedPolicy::kReport;
  } else if (text != nullptr && text->get() == "grant") {
    config.protected_policy = ProtectedPolicy::kGrant;
  } else {
    return R"("report" or "grant" is wanted)";
  }
  return {};
}

Problem TakeTokenSids(const toml::node& node, Config& config) {
  return EachText(node, [&](const std::string& text) -> Problem {
    auto sid = ParseSid(text);
    if (!sid) return BadSid(text, sid.error());
    config.token_sids.push_back(*sid);
    return {};
  });
}

Problem TakeRoots(const toml::node& node, Config& config) { return Texts(node, config.roots, IsRoot); }

Problem TakeExclude(const toml::node& node, Config& config) { return Texts(node, config.excludes, AnyText); }

Problem TakeSensitiveNames(const toml::node& node, Config& config) {
  if (Problem problem = Texts(node, config.sensitive_names, IsName)) return problem;
  return NotEmpty(config.sensitive_names);
}

Problem TakeAppDataAllowed(const toml::node& node, Config& config) {
  if (Problem problem = Texts(node, config.appdata_allowed, IsBelowAppData)) return problem;
  return NotEmpty(config.appdata_allowed);
}

Problem TakeUsers(const toml::node& node, Config& config) {
  const toml::table* users = node.as_table();
  if (users == nullptr) return "a table of users is wanted, each with a list of SIDs";
  for (const auto& [name, list] : *users) {
    const std::string user(name.str());
    const auto sid = ParseSid(user);
    if (!sid) return BadSid(user, sid.error());
    Problem problem = EachText(list, [&](const std::string& text) -> Problem {
      auto principal = ParseSid(text);
      if (!principal) return BadSid(text, principal.error());
      config.users[sid->ToString()].push_back(*principal);
      return {};
    });
    if (problem) return user + ": " + *problem;
  }
  return {};
}

constexpr std::array kKeys{
    Key<Config>{"version", TakeVersion},
    Key<Config>{"principal", TakePrincipal},
    Key<Config>{"roots", TakeRoots},
    Key<Config>{"exclude", TakeExclude},
    Key<Config>{"mask", TakeMask},
    Key<Config>{"protected", TakeProtected},
    Key<Config>{"token_sids", TakeTokenSids},
    Key<Config>{"sensitive_names", TakeSensitiveNames},
    Key<Config>{"appdata_allowed", TakeAppDataAllowed},
    Key<Config>{"daemon", config::TakeDaemon},
    Key<Config>{"users", TakeUsers},
};

// --- the file

std::unexpected<Error> Refuse(ErrorKind kind, const std::string& path, std::int64_t line, std::string reason) {
  return std::unexpected(Error{kind, "read configuration", path + ":" + std::to_string(line), 0, std::move(reason)});
}

Expected<void> CheckVersion(const toml::table& table, const std::string& path) {
  const toml::node* node = table.get("version");
  if (node == nullptr) return Refuse(ErrorKind::kInvalid, path, 1, "'version = 1' is missing");
  const auto line = static_cast<std::int64_t>(node->source().begin.line);
  const auto* version = node->as_integer();
  if (version == nullptr || version->get() < 1) return Refuse(ErrorKind::kInvalid, path, line, "version: 1 is wanted");
  if (version->get() == kVersion) return {};
  return Refuse(ErrorKind::kUnsupported, path, line,
                "version " + std::to_string(version->get()) + " is newer than this program, which knows version 1");
}

Expected<std::string> ReadText(const std::filesystem::path& file, const std::string& path) {
  const auto refuse = [&](ErrorKind kind, std::string reason) {
    return std::unexpected(Error{kind, "read configuration", path, 0, std::move(reason)});
  };
  std::error_code code;
  const auto size = std::filesystem::file_size(file, code);
  if (code == std::errc::no_such_file_or_directory) return refuse(ErrorKind::kNotFound, "there is no such file");
  if (code == std::errc::permission_denied) return refuse(ErrorKind::kDenied, code.message());
  if (code) return refuse(ErrorKind::kIo, code.message());
  if (size > kMaxBytes) return refuse(ErrorKind::kTooLarge, "a configuration has at most 1 MiB");
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return refuse(ErrorKind::kDenied, "it cannot be opened");
  std::string text(static_cast<std::size_t>(size), '\0');
  stream.read(text.data(), static_cast<std::streamsize>(size));
  if (stream.gcount() != static_cast<std::streamsize>(size)) return refuse(ErrorKind::kIo, "it cannot be read whole");
  return text;
}

}  // namespace

const char* Name(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "error";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kDebug:
      return "debug";
  }
  return "?";
}

Expected<Config> ParseConfig(std::string_view text, const std::string& path) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Refuse(ErrorKind::kInvalid, path, error.source().begin.line, std::string(error.description()));
  }
  if (auto version = CheckVersion(parsed.table(), path); !version) return std::unexpected(version.error());
  Config config;
  if (auto first = config::TakeKeys<Config>(parsed.table(), kKeys, "", config))
    return Refuse(ErrorKind::kInvalid, path, first->line, first->reason);
  return config;
}

Expected<Config> ReadConfig(const std::optional<std::string>& named_path, const std::string& default_path) {
  const std::string& path = named_path ? *named_path : default_path;
  auto text = ReadText(std::u8string(path.begin(), path.end()), path);
  if (text) return ParseConfig(*text, path);
  if (!named_path && text.error().kind == ErrorKind::kNotFound) return Config();
  return std::unexpected(text.error());
}

}  // namespace acledger::store
