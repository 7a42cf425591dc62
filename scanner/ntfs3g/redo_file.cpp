// SPDX-License-Identifier: MIT
#include "scanner/ntfs3g/redo_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "scanner/ntfs3g/bytes.h"
#include "scanner/ntfs3g/library.h"

namespace acledger::scanner::ntfs3g {
namespace {

constexpr char kMagic[] = "ACLRDO01";
constexpr std::size_t kHeaderBytes = 24, kWriteBytes = 16, kTrailerBytes = 8;

std::unexpected<Error> RedoError(const std::string& path, int code) {
  return std::unexpected(Error{KindOf(code), "write", path, static_cast<std::uint32_t>(code), std::strerror(code)});
}

std::uint64_t Fnv1a(std::span<const std::uint8_t> bytes) {
  std::uint64_t hash = 0xCBF29CE484222325ull;
  for (const std::uint8_t byte : bytes) hash = (hash ^ byte) * 0x100000001B3ull;
  return hash;
}

void Append(std::vector<std::uint8_t>& to, std::uint64_t value) {
  to.resize(to.size() + 8);
  Store<std::uint64_t>(to, to.size() - 8, value);
}

std::vector<std::uint8_t> Serialise(std::span<const RedoWrite> writes, std::uint64_t serial) {
  std::vector<std::uint8_t> bytes(kMagic, kMagic + 8);
  Append(bytes, serial);
  Append(bytes, writes.size());
  for (const RedoWrite& write : writes) {
    Append(bytes, static_cast<std::uint64_t>(write.offset));
    Append(bytes, write.after.size());
    bytes.insert(bytes.end(), write.before.begin(), write.before.end());
    bytes.insert(bytes.end(), write.after.begin(), write.after.end());
  }
  Append(bytes, Fnv1a(bytes));
  return bytes;
}

// The checksum has been checked: what does not add up now was not written by us.
std::vector<RedoWrite> Deserialise(std::span<const std::uint8_t> bytes) {
  std::vector<RedoWrite> writes;
  bytes = bytes.first(bytes.size() - kTrailerBytes).subspan(kHeaderBytes);
  while (bytes.size() >= kWriteBytes) {
    RedoWrite write;
    write.offset = Load<std::int64_t>(bytes, 0);
    const auto size = Load<std::uint64_t>(bytes, 8);
    bytes = bytes.subspan(kWriteBytes);
    if (size > bytes.size() / 2) return {};
    write.before.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    write.after.assign(bytes.begin() + static_cast<std::ptrdiff_t>(size),
                       bytes.begin() + static_cast<std::ptrdiff_t>(2 * size));
    bytes = bytes.subspan(2 * size);
    writes.push_back(std::move(write));
  }
  return writes;
}

}  // namespace

RedoFile::~RedoFile() { Close(); }

void RedoFile::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

Expected<std::vector<RedoWrite>> RedoFile::Load() const {
  std::ifstream file(path_, std::ios::binary);
  const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (bytes.size() < kHeaderBytes + kTrailerBytes || std::memcmp(bytes.data(), kMagic, 8) != 0) {
    return std::vector<RedoWrite>{};
  }
  const std::size_t end = bytes.size() - kTrailerBytes;
  if (Fnv1a(std::span(bytes).first(end)) != ntfs3g::Load<std::uint64_t>(bytes, end)) return std::vector<RedoWrite>{};
  if (ntfs3g::Load<std::uint64_t>(bytes, 8) != serial_) {
    return std::unexpected(Error{ErrorKind::kMismatch, "finish the change of", path_, 0, "it is of another volume"});
  }
  return Deserialise(bytes);
}

// A new file is found after a power cut only if its folder has reached the disk too.
Expected<void> RedoFile::Create() {
  fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd_ < 0) return RedoError(path_, errno);
  const std::filesystem::path parent = std::filesystem::absolute(path_).parent_path();
  const int folder = open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return RedoError(parent, errno);
  const bool synced = fsync(folder) == 0;
  const int code = errno;
  close(folder);
  if (!synced) return RedoError(parent, code);
  return {};
}

Expected<void> RedoFile::Record(std::span<const RedoWrite> writes) {
  if (fd_ < 0)
    if (Expected<void> created = Create(); !created) return created;
  const std::vector<std::uint8_t> bytes = Serialise(writes, serial_);
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t put = pwrite(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return RedoError(path_, errno);
    done += static_cast<std::size_t>(put);
  }
  if (fsync(fd_) != 0) return RedoError(path_, errno);
  return {};
}

Expected<void> RedoFile::Forget() {
  if (fd_ >= 0 && ftruncate(fd_, 0) != 0) return RedoError(path_, errno);
  return {};
}

void RedoFile::Remove() {
  Close();  // The next change makes a new file, not one without a name.
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace acledger::scanner::ntfs3g
