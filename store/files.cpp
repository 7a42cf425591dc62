// SPDX-License-Identifier: MIT
#include "store/files.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace acledger::store {
namespace {

namespace fs = std::filesystem;

constexpr std::array kCompanions{"", "-wal", "-shm", "-journal"};

fs::path Native(const std::string& path) { return {std::u8string(path.begin(), path.end())}; }

std::unexpected<Error> Fail(const char* operation, const std::string& path, const std::error_code& code) {
  ErrorKind kind = ErrorKind::kIo;
  if (code == std::errc::no_such_file_or_directory || code == std::errc::not_a_directory) kind = ErrorKind::kNotFound;
  if (code == std::errc::permission_denied || code == std::errc::operation_not_permitted) kind = ErrorKind::kDenied;
  if (code == std::errc::read_only_file_system) kind = ErrorKind::kReadOnly;
  if (code == std::errc::no_space_on_device) kind = ErrorKind::kNoSpace;
  if (code == std::errc::device_or_resource_busy || code == std::errc::text_file_busy) kind = ErrorKind::kBusy;
  return std::unexpected(Error{kind, operation, path, static_cast<std::uint32_t>(code.value()), code.message()});
}

Expected<fs::file_status> StatusOf(const std::string& path) {
  std::error_code code;
  const fs::file_status status = fs::symlink_status(Native(path), code);
  if (status.type() == fs::file_type::none) return Fail("look at", path, code);
  return status;
}

Expected<bool> IsFree(const std::string& path) {
  for (const char* companion : kCompanions) {
    const auto there = Exists(path + companion);
    if (!there) return std::unexpected(there.error());
    if (*there) return false;
  }
  return true;
}

// The first name that is free, and the one before it, which is empty if the first of all is free.
struct Names {
  std::string last, free;
};

Expected<Names> NamesAside(const std::string& path) {
  Names names;
  for (int number = 1;; ++number) {
    names.free = path + ".damaged-" + std::to_string(number);
    const auto free = IsFree(names.free);
    if (!free) return std::unexpected(free.error());
    if (*free) return names;
    names.last = names.free;
  }
}

}  // namespace

Expected<bool> Exists(const std::string& path) {
  const auto status = StatusOf(path);
  if (!status) return std::unexpected(status.error());
  return fs::exists(*status);
}

Expected<std::uint64_t> SizeOf(const std::string& path) {
  std::error_code code;
  const auto size = fs::file_size(Native(path), code);
  if (!code) return size;
  if (code == std::errc::no_such_file_or_directory) return 0;
  return Fail("look at", path, code);
}

Expected<void> CheckPlace(const std::string& path) {
  const fs::path folder = Native(path).parent_path();
  std::error_code code;
  if (!folder.empty() && !fs::is_directory(folder, code)) {
    const std::u8string name = folder.u8string();
    return std::unexpected(Error{ErrorKind::kNotFound, "open ledger", path, static_cast<std::uint32_t>(code.value()),
                                 "there is no folder " + std::string(name.begin(), name.end())});
  }
  for (const char* companion : {"", "-wal", "-shm", "-journal", ".lock", ".new", ".damaged"}) {
    const auto status = StatusOf(path + companion);
    if (!status) return std::unexpected(status.error());
    if (fs::exists(*status) && !fs::is_regular_file(*status)) {
      return std::unexpected(Error{ErrorKind::kInvalid, "open ledger", path + companion, 0,
                                   "it is a folder, a link or a device, not a plain file"});
    }
  }
  return {};
}

Expected<std::string> MoveAside(const std::string& path) {
  const auto names = NamesAside(path);
  if (!names) return std::unexpected(names.error());
  bool any = false;
  for (const char* companion : kCompanions) {
    const auto there = Exists(path + companion);
    if (!there) return std::unexpected(there.error());
    if (!*there) continue;
    if (auto moved = Rename(path + companion, names->free + companion); !moved) return std::unexpected(moved.error());
    any = true;
  }
  return any ? names->free : names->last;
}

Expected<void> Rename(const std::string& from, const std::string& to) {
  std::error_code code;
  fs::rename(Native(from), Native(to), code);
  if (code) return Fail("rename", from, code);
  return {};
}

Expected<void> Remove(const std::string& path) {
  std::error_code code;
  fs::remove(Native(path), code);
  if (code) return Fail("remove", path, code);
  return {};
}

void RemoveOthers(const std::string& prefix, const std::string& but) {
  const fs::path wanted = Native(prefix), kept = Native(but).filename();
  const auto begins = [](const fs::path& name, const fs::path& with) {
    return name.native().starts_with(with.native());
  };
  std::error_code code;
  const fs::path folder = wanted.has_parent_path() ? wanted.parent_path() : fs::path(".");
  std::vector<fs::path> left;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    const fs::path name = at->path().filename();
    if (begins(name, wanted.filename()) && (kept.empty() || !begins(name, kept))) left.push_back(at->path());
  }
  for (const fs::path& one : left) fs::remove(one, code);
}

Expected<void> Touch(const std::string& path) {
  errno = 0;
  if (std::ofstream(Native(path), std::ios::app).is_open()) return {};
  return Fail("make", path, std::error_code(errno != 0 ? errno : EIO, std::generic_category()));
}

Expected<void> MakePrivate(const std::string& path) {
  std::error_code code;
  fs::permissions(Native(path), fs::perms::owner_read | fs::perms::owner_write, code);
  if (code) return Fail("make private", path, code);
  return {};
}

}  // namespace acledger::store
