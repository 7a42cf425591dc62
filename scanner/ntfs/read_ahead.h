// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <span>
#include <thread>

#include "scanner/ntfs/stream.h"

namespace acledger::scanner::ntfs {

// Reads a stream from its begin in pieces: the next one on a thread of its own while the caller is busy with the last.
// A stream of one piece needs no thread. Used by one thread.
class ReadAhead {
 public:
  // The stream must outlive it. `bytes` of it are read, in pieces of `piece_bytes` (> 0), the last one shorter.
  ReadAhead(const Stream& stream, std::uint64_t bytes, std::size_t piece_bytes);
  ~ReadAhead();  // Waits for a read that is under way.
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  struct Piece {
    std::span<std::uint8_t> bytes;  // The caller's until it asks for the next one. Empty: the end.
    Expected<void> read;            // A failure concerns this piece alone.
  };
  Piece Next();

 private:
  struct Slot {
    std::unique_ptr<std::uint8_t[]> room;
    std::size_t size = 0;
    Expected<void> read;
    bool is_full = false;
  };
  void Run();
  void Fill(Slot& slot, std::uint64_t offset);

  const Stream& stream_;
  const std::uint64_t bytes_;
  const std::size_t piece_bytes_;
  std::uint64_t given_ = 0;  // Bytes of the pieces that Next() gave.

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<Slot, 2> slots_;  // Taken and filled in turn. Of a slot that is not full the reader is the owner.
  bool is_over_ = false;
  std::thread reader_;  // Last: it uses all of the above.
};

}  // namespace acledger::scanner::ntfs
