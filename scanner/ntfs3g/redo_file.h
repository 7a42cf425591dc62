// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "security/error.h"

namespace acledger::scanner::ntfs3g {

// One write of a change: the bytes before and after. As long as each other.
struct RedoWrite {
  std::int64_t offset = 0;
  std::vector<std::uint8_t> before, after;
};

// A change to $Secure touches several blocks of the image (an index block that is split, its parent, the MFT record)
// which make sense only together. They are written to this file beside the image first, IMAGE.acledger-redo, so that
// whoever opens the image next can finish what a killed process or a power cut left half done.
//
// Format, little-endian: "ACLRDO01", volume serial (8), number of writes (8); for each offset (8), size (8), bytes
// before, bytes after; FNV-1a of all that (8). An incomplete file was never acted upon and counts as none.
class RedoFile {
 public:
  RedoFile(std::string path, std::uint64_t serial) : path_(std::move(path)), serial_(serial) {}
  ~RedoFile();
  RedoFile(const RedoFile&) = delete;
  RedoFile& operator=(const RedoFile&) = delete;

  // What the file holds; empty where there is none or it is incomplete. kMismatch: it belongs to another volume.
  Expected<std::vector<RedoWrite>> Load() const;

  // Durable when this returns.
  Expected<void> Record(std::span<const RedoWrite> writes);

  // The change is on the volume, durably.
  Expected<void> Forget();
  // Takes the file away. At the end, or after what Load() gave was done.
  void Remove();

  const std::string& Path() const { return path_; }

 private:
  Expected<void> Create();
  void Close();

  std::string path_;
  std::uint64_t serial_;
  int fd_ = -1;
};

}  // namespace acledger::scanner::ntfs3g
