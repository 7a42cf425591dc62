// SPDX-License-Identifier: MIT
#include "tests/store/fault_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace acledger::store {
namespace {

FaultVfs* g_vfs = nullptr;  // SQLite's callbacks need it; one at a time.

struct ShimFile {
  sqlite3_file base;
  const char* name;  // SQLite keeps it while the file is open; null for a temporary one.
  sqlite3_file* real;
};

ShimFile& Shim(sqlite3_file* file) { return *reinterpret_cast<ShimFile*>(file); }
sqlite3_file* Real(sqlite3_file* file) { return Shim(file).real; }

std::string ReadRange(sqlite3_file* real, sqlite3_int64 offset, sqlite3_int64 size) {
  sqlite3_int64 file_size = 0;
  real->pMethods->xFileSize(real, &file_size);
  const auto there = std::clamp<sqlite3_int64>(file_size - offset, 0, size);
  std::string content(static_cast<std::size_t>(there), '\0');
  if (there > 0) real->pMethods->xRead(real, content.data(), static_cast<int>(there), offset);
  return content;
}

void Note(sqlite3_file* file, FaultVfs::Write write) {
  if (Shim(file).name == nullptr) return;
  sqlite3_file* real = Real(file);
  sqlite3_int64 size = 0;
  real->pMethods->xFileSize(real, &size);
  write.size_before = size;
  g_vfs->Unsynced()[Shim(file).name].push_back(std::move(write));
}

int Close(sqlite3_file* file) { return Real(file)->pMethods->xClose(Real(file)); }

int Read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), to, size, offset);
}

int WriteTo(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
  if (const int result = g_vfs->OnWrite(); result != SQLITE_OK) return result;
  Note(file, {offset, ReadRange(Real(file), offset, size),
              std::string(static_cast<const char*>(from), static_cast<std::size_t>(size)), 0, false});
  return Real(file)->pMethods->xWrite(Real(file), from, size, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int result = g_vfs->OnWrite(); result != SQLITE_OK) return result;
  sqlite3_int64 now = 0;
  Real(file)->pMethods->xFileSize(Real(file), &now);
  Note(file, {size, ReadRange(Real(file), size, now - size), "", 0, true});
  return Real(file)->pMethods->xTruncate(Real(file), size);
}

int Sync(sqlite3_file* file, int) {
  if (const int result = g_vfs->OnSync(); result != SQLITE_OK) return result;
  if (Shim(file).name != nullptr) g_vfs->Unsynced().erase(Shim(file).name);
  return SQLITE_OK;
}

int FileSize(sqlite3_file* file, sqlite3_int64* size) { return Real(file)->pMethods->xFileSize(Real(file), size); }
int Lock(sqlite3_file* file, int level) { return Real(file)->pMethods->xLock(Real(file), level); }
int Unlock(sqlite3_file* file, int level) { return Real(file)->pMethods->xUnlock(Real(file), level); }
int CheckReserved(sqlite3_file* file, int* out) { return Real(file)->pMethods->xCheckReservedLock(Real(file), out); }
int FileControl(sqlite3_file* file, int op, void* argument) {
  return Real(file)->pMethods->xFileControl(Real(file), op, argument);
}
int SectorSize(sqlite3_file* file) { return Real(file)->pMethods->xSectorSize(Real(file)); }
int Characteristics(sqlite3_file* file) { return Real(file)->pMethods->xDeviceCharacteristics(Real(file)); }
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int count, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, count, flags);
}
void ShmBarrier(sqlite3_file* file) { Real(file)->pMethods->xShmBarrier(Real(file)); }
int ShmUnmap(sqlite3_file* file, int remove) { return Real(file)->pMethods->xShmUnmap(Real(file), remove); }

constexpr sqlite3_io_methods kMethods{
    2,        Close,         Read,        WriteTo,    Truncate,        Sync,   FileSize, Lock,
    Unlock,   CheckReserved, FileControl, SectorSize, Characteristics, ShmMap, ShmLock,  ShmBarrier,
    ShmUnmap, nullptr,       nullptr};

int Open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  ShimFile& shim = Shim(file);
  shim = {};
  shim.name = name;
  shim.real = reinterpret_cast<sqlite3_file*>(&shim + 1);
  const int result = g_vfs->Below()->xOpen(g_vfs->Below(), name, shim.real, flags, out_flags);
  if (shim.real->pMethods != nullptr) shim.base.pMethods = &kMethods;
  return result;
}

int Delete(sqlite3_vfs*, const char* name, int sync_folder) {
  if (g_vfs->IsDead()) return SQLITE_IOERR_DELETE;
  g_vfs->Unsynced().erase(name);
  return g_vfs->Below()->xDelete(g_vfs->Below(), name, sync_folder);
}

sqlite3_vfs MakeShim(const sqlite3_vfs& below) {
  sqlite3_vfs shim = below;
  shim.szOsFile = static_cast<int>(sizeof(ShimFile)) + below.szOsFile;
  shim.zName = "fault";
  shim.pNext = nullptr;
  shim.xOpen = Open;
  shim.xDelete = Delete;
  return shim;
}

sqlite3_vfs g_shim;

void WriteInto(std::fstream& file, std::int64_t offset, const std::string& content) {
  file.seekp(offset);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
}

}  // namespace

FaultVfs::FaultVfs() : below_(sqlite3_vfs_find(nullptr)) {
  g_vfs = this;
  g_shim = MakeShim(*below_);
  sqlite3_vfs_register(&g_shim, 1);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&g_shim);
  g_vfs = nullptr;
}

void FaultVfs::Arm(Fault fault, std::uint64_t at) {
  fault_ = fault;
  at_ = at;
  calls_ = syncs_ = 0;
  struck_ = false;
  unsynced_.clear();
}

bool FaultVfs::Strikes() {
  const bool now = calls_++ >= at_;
  struck_ |= now && fault_ != Fault::kNone;
  return now;
}

int FaultVfs::OnWrite() {
  const bool now = Strikes();
  if (!now) return SQLITE_OK;
  switch (fault_) {
    case Fault::kWriteFails:
      fault_ = Fault::kNone;
      return SQLITE_IOERR_WRITE;
    case Fault::kDiskFull:
      return SQLITE_FULL;
    case Fault::kPowerCut:
      return SQLITE_IOERR_WRITE;
    default:
      return SQLITE_OK;
  }
}

int FaultVfs::OnSync() {
  ++syncs_;
  const bool now = Strikes();
  if (!now) return SQLITE_OK;
  if (fault_ == Fault::kPowerCut) return SQLITE_IOERR_FSYNC;
  if (fault_ != Fault::kSyncFails) return SQLITE_OK;
  fault_ = Fault::kNone;
  return SQLITE_IOERR_FSYNC;
}

void FaultVfs::LoseUnsynced(std::mt19937& random) {
  for (auto& [name, writes] : unsynced_) {
    if (!std::filesystem::exists(name)) continue;
    {
      std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
      for (auto write = writes.rbegin(); write != writes.rend(); ++write) WriteInto(file, write->offset, write->before);
    }
    auto size = writes.front().size_before;
    std::filesystem::resize_file(name, static_cast<std::uintmax_t>(size));
    for (const Write& write : writes) {
      if (random() % 2 == 0) continue;
      if (write.truncates) {
        std::filesystem::resize_file(name, static_cast<std::uintmax_t>(write.offset));
        continue;
      }
      std::fstream file(name, std::ios::in | std::ios::out | std::ios::binary);
      WriteInto(file, write.offset, write.after);
    }
  }
  unsynced_.clear();
}

}  // namespace acledger::store
