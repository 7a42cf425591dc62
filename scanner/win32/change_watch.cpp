// SPDX-License-Identifier: MIT
#include "scanner/win32/change_watch.h"

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "scanner/notify_records.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"
#include "security/wtf8.h"

namespace acledger::scanner {
namespace {

// Attributes: a file that becomes a reparse point or a cloud placeholder. Contents and times are of no interest.
constexpr DWORD kFilter = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_DIR_NAME | FILE_NOTIFY_CHANGE_ATTRIBUTES |
                          FILE_NOTIFY_CHANGE_SECURITY;
constexpr std::size_t kBelowBuffer = 256 * 1024, kBesideBuffer = 16 * 1024;

// One folder that is watched. Lives until its last request has come back.
struct Directory {
  OVERLAPPED overlapped{};
  win32::FileHandle handle;
  std::vector<std::uint32_t> buffer;  // The system wants it aligned.
  PathComponents path;
  PathComponents root;     // The watched root that it serves.
  bool is_beside = false;  // The parent of the root, without what is below.
  bool closing = false;
};

class Win32ChangeWatch final : public ChangeWatch {
 public:
  explicit Win32ChangeWatch(std::string drive) : drive_(std::move(drive)) {}
  ~Win32ChangeWatch() override;

  Expected<void> Start();
  void SetReceiver(OnChanges on_changes) override {
    const std::lock_guard lock(receiver_mutex_);
    on_changes_ = std::move(on_changes);
  }
  Expected<void> Watch(const PathComponents& root) override;
  void Unwatch(const PathComponents& root) override;

 private:
  Expected<void> Add(const PathComponents& root, bool is_beside);
  bool Ask(Directory& directory);
  void Close(Directory& directory);
  void Loop();
  void Completed(Directory& directory, bool succeeded, DWORD error, DWORD bytes);
  Changes Read(const Directory& directory, DWORD bytes) const;

  std::string drive_;
  std::mutex receiver_mutex_;  // Held while it is called.
  OnChanges on_changes_;
  win32::NtHandle port_;
  std::mutex mutex_;
  std::list<Directory> directories_;
  bool ending_ = false;
  std::thread thread_;
};

std::wstring Absolute(const std::string& drive, const PathComponents& path) {
  std::wstring absolute = L"\\\\?\\" + std::wstring(drive.begin(), drive.end());
  if (path.empty()) absolute += L'\\';
  for (const std::u16string& component : path) {
    absolute += L'\\';
    absolute.append(component.begin(), component.end());
  }
  return absolute;
}

Expected<void> Win32ChangeWatch::Start() {
  port_ = win32::NtHandle(CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 1));
  if (!port_) return std::unexpected(win32::LastError("make a completion port"));
  thread_ = std::thread([this] { Loop(); });
  return {};
}

Win32ChangeWatch::~Win32ChangeWatch() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (Directory& directory : directories_) Close(directory);
  }
  PostQueuedCompletionStatus(port_.Get(), 0, 0, nullptr);
  thread_.join();
}

// With the lock held. The request comes back to the thread, which then drops the directory.
void Win32ChangeWatch::Close(Directory& directory) {
  directory.closing = true;
  CancelIoEx(directory.handle.Get(), &directory.overlapped);
}

bool Win32ChangeWatch::Ask(Directory& directory) {
  directory.overlapped = {};
  const auto bytes = static_cast<DWORD>(directory.buffer.size() * sizeof(std::uint32_t));
  return ReadDirectoryChangesW(directory.handle.Get(), directory.buffer.data(), bytes, !directory.is_beside, kFilter,
                               nullptr, &directory.overlapped, nullptr) != 0;
}

Expected<void> Win32ChangeWatch::Add(const PathComponents& root, bool is_beside) {
  Directory directory;
  directory.root = directory.path = root;
  directory.is_beside = is_beside;
  if (is_beside) directory.path.pop_back();
  directory.buffer.resize((is_beside ? kBesideBuffer : kBelowBuffer) / sizeof(std::uint32_t));
  directory.handle = win32::FileHandle(
      CreateFileW(Absolute(drive_, directory.path).c_str(), FILE_LIST_DIRECTORY,
                  FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr, OPEN_EXISTING,
                  FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  if (!directory.handle) return std::unexpected(win32::LastError("watch").At(FormatPath(directory.path)));
  directories_.push_back(std::move(directory));
  Directory& added = directories_.back();
  const auto key = reinterpret_cast<ULONG_PTR>(&added);
  if (!CreateIoCompletionPort(added.handle.Get(), port_.Get(), key, 0) || !Ask(added)) {
    Error error = win32::LastError("watch").At(FormatPath(root));
    directories_.pop_back();
    return std::unexpected(std::move(error));
  }
  return {};
}

Expected<void> Win32ChangeWatch::Watch(const PathComponents& root) {
  const std::lock_guard lock(mutex_);
  for (const Directory& directory : directories_)
    if (!directory.closing && !directory.is_beside && SamePath(directory.root, root)) return {};
  if (Expected<void> added = Add(root, false); !added) return added;
  // Without a right to list the parent the root's own descriptor is left to the verify.
  if (!root.empty()) static_cast<void>(Add(root, true));
  return {};
}

void Win32ChangeWatch::Unwatch(const PathComponents& root) {
  const std::lock_guard lock(mutex_);
  for (Directory& directory : directories_)
    if (SamePath(directory.root, root)) Close(directory);
}

Changes Win32ChangeWatch::Read(const Directory& directory, DWORD bytes) const {
  Changes changes;
  // No bytes: more happened than the buffer holds, and all of it is dropped.
  const auto* data = reinterpret_cast<const std::uint8_t*>(directory.buffer.data());
  const auto names = bytes == 0 ? std::nullopt : NamesInNotifyBuffer({data, bytes});
  if (!names) {
    changes.missed = true;
    return changes;
  }
  for (const std::u16string& name : *names) {
    if (directory.is_beside) {
      if (SameName(name, directory.root.back())) changes.folders = {directory.path};
      continue;
    }
    PathComponents folder = directory.path;
    const std::size_t last = name.rfind(u'\\');
    for (std::size_t at = 0; last != name.npos && at <= last;) {
      const std::size_t end = name.find(u'\\', at);
      folder.push_back(name.substr(at, end - at));
      at = end + 1;
    }
    if (changes.folders.empty() || changes.folders.back() != folder) changes.folders.push_back(std::move(folder));
  }
  return changes;
}

void Win32ChangeWatch::Completed(Directory& directory, bool succeeded, DWORD error, DWORD bytes) {
  Changes changes;
  PathComponents root;
  {
    const std::lock_guard lock(mutex_);
    const auto drop = [&] { directories_.remove_if([&](const Directory& one) { return &one == &directory; }); };
    if (directory.closing) return drop();
    root = directory.root;
    const bool is_beside = directory.is_beside;
    if (succeeded)
      changes = Read(directory, bytes);
    else
      changes.missed = true;
    // ERROR_NOTIFY_ENUM_DIR: as no bytes. Any other error: the folder is gone, or the volume.
    if ((!succeeded && error != ERROR_NOTIFY_ENUM_DIR) || !Ask(directory)) {
      changes.missed = changes.root_lost = true;
      drop();
    }
    if (is_beside && changes.missed) changes = {{PathComponents(root.begin(), root.end() - 1)}, false, false};
  }
  if (!changes.missed && changes.folders.empty()) return;
  const std::lock_guard lock(receiver_mutex_);
  if (on_changes_) on_changes_(root, std::move(changes));
}

void Win32ChangeWatch::Loop() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (ending_ && directories_.empty()) return;
    }
    DWORD bytes = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* overlapped = nullptr;
    const BOOL succeeded = GetQueuedCompletionStatus(port_.Get(), &bytes, &key, &overlapped, INFINITE);
    const DWORD error = succeeded ? 0 : GetLastError();
    if (overlapped) Completed(*reinterpret_cast<Directory*>(key), succeeded != 0, error, bytes);
  }
}

}  // namespace

Expected<std::unique_ptr<ChangeWatch>> MakeWin32ChangeWatch(const std::string& drive) {
  auto watch = std::make_unique<Win32ChangeWatch>(drive);
  if (Expected<void> started = watch->Start(); !started) return std::unexpected(started.error());
  return watch;
}

}  // namespace acledger::scanner
