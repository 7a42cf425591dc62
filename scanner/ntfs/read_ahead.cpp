// SPDX-License-Identifier: MIT
#include "scanner/ntfs/read_ahead.h"

#include <algorithm>

namespace acledger::scanner::ntfs {

ReadAhead::ReadAhead(const Stream& stream, std::uint64_t bytes, std::size_t piece_bytes)
    : stream_(stream), bytes_(bytes), piece_bytes_(piece_bytes) {
  if (bytes_ > piece_bytes_) reader_ = std::thread([this] { Run(); });
}

ReadAhead::~ReadAhead() {
  if (!reader_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  reader_.join();
}

void ReadAhead::Fill(Slot& slot, std::uint64_t offset) {
  slot.size = static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes_, bytes_ - offset));
  if (!slot.room) slot.room = std::make_unique_for_overwrite<std::uint8_t[]>(slot.size);  // None after it is longer.
  slot.read = stream_.Read(offset, {slot.room.get(), slot.size});
}

void ReadAhead::Run() {
  std::size_t turn = 0;
  for (std::uint64_t offset = 0; offset < bytes_; offset += piece_bytes_) {
    Slot& slot = slots_[turn++ % slots_.size()];
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return is_over_ || !slot.is_full; });
      if (is_over_) return;
    }
    Fill(slot, offset);
    {
      const std::lock_guard lock(mutex_);
      slot.is_full = true;
    }
    changed_.notify_all();
  }
}

ReadAhead::Piece ReadAhead::Next() {
  const auto turn = static_cast<std::size_t>(given_ / piece_bytes_);
  Slot& slot = slots_[turn % slots_.size()];
  if (given_ >= bytes_) return {};
  if (!reader_.joinable()) {
    Fill(slot, 0);
  } else {
    std::unique_lock lock(mutex_);
    if (turn > 0) slots_[(turn - 1) % slots_.size()].is_full = false;
    changed_.notify_all();
    changed_.wait(lock, [&] { return slot.is_full; });
  }
  given_ += slot.size;
  return {{slot.room.get(), slot.size}, slot.read};
}

}  // namespace acledger::scanner::ntfs
