// SPDX-License-Identifier: MIT
#include "scanner/win32/change_watch.h"

#include <algorithm>
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
constexpr std::size_t kBelowBuffer = 256 * 1024, kAboveBuffer = 16 * 1024;

// One folder that is watched. Lives until its last request has come back.
struct Directory {
  OVERLAPPED overlapped{};
  win32::FileHandle handle;
  std::vector<std::uint32_t> buffer;  // The system wants it aligned.
  PathComponents path;
  PathComponents root;  // The watched root that it serves.
  bool closing = false;

  // A folder above the root, without what is below: it tells when the way to the root changes.
  bool IsAbove() const { return path.size() < root.size(); }
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
  Expected<void> Add(const PathComponents& root, std::size_t depth);
  Directory* Find(const PathComponents& root, std::size_t depth);
  bool LeadsToRoot(const PathComponents& root);
  void WayChanged(const Directory& above, Changes& changes);
  bool Ask(Directory& directory);
  void Close(Directory& directory);
  void Loop();
  void Completed(Directory& directory, bool succeeded, DWORD error, DWORD bytes);
  Changes Read(const Directory& directory, DWORD bytes);

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
  return ReadDirectoryChangesW(directory.handle.Get(), directory.buffer.data(), bytes, !directory.IsAbove(), kFilter,
                               nullptr, &directory.overlapped, nullptr) != 0;
}

// With the lock held. The folder on the way to the root that has so many components.
Expected<void> Win32ChangeWatch::Add(const PathComponents& root, std::size_t depth) {
  Directory directory;
  directory.root = root;
  directory.path.assign(root.begin(), root.begin() + static_cast<std::ptrdiff_t>(depth));
  directory.buffer.resize((directory.IsAbove() ? kAboveBuffer : kBelowBuffer) / sizeof(std::uint32_t));
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
  // From above, so that a folder which comes after we looked for it is told. Without a right to list one of them what
  // happens to the next is left to the verify. They stay where the root cannot be watched: they tell when it comes.
  for (std::size_t depth = 0; depth < root.size(); ++depth)
    if (!Find(root, depth)) static_cast<void>(Add(root, depth));
  return Find(root, root.size()) ? Expected<void>{} : Add(root, root.size());
}

// With the lock held.
Directory* Win32ChangeWatch::Find(const PathComponents& root, std::size_t depth) {
  const auto found = std::ranges::find_if(directories_, [&](const Directory& one) {
    return !one.closing && one.path.size() == depth && SamePath(one.root, root);
  });
  return found == directories_.end() ? nullptr : &*found;
}

// With the lock held. Whether the root's path leads to the folder that is watched. A handle stays with its folder,
// whatever becomes of the name.
bool Win32ChangeWatch::LeadsToRoot(const PathComponents& root) {
  Directory* watched = Find(root, root.size());
  if (!watched) return false;
  const win32::FileHandle now(CreateFileW(
      Absolute(drive_, root).c_str(), FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
      nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  BY_HANDLE_FILE_INFORMATION ours{}, theirs{};
  if (!now || !GetFileInformationByHandle(watched->handle.Get(), &ours) ||
      !GetFileInformationByHandle(now.Get(), &theirs))
    return false;  // Who cannot tell looks once more.
  return ours.nFileIndexHigh == theirs.nFileIndexHigh && ours.nFileIndexLow == theirs.nFileIndexLow;
}

// With the lock held. A name on the way to the root came, went or changed its descriptor.
void Win32ChangeWatch::WayChanged(const Directory& above, Changes& changes) {
  const bool is_parent = above.path.size() + 1 == above.root.size();
  if (LeadsToRoot(above.root)) {
    if (is_parent) changes.folders = {above.path};
    return;
  }
  // What is watched below is another tree's by now, or gone.
  for (Directory& one : directories_)
    if (!one.closing && one.path.size() > above.path.size() && SamePath(one.root, above.root)) {
      changes.missed = changes.root_lost = changes.missed || !one.IsAbove();
      Close(one);
    }
  if (!changes.missed) changes.folders = {above.path};
}

void Win32ChangeWatch::Unwatch(const PathComponents& root) {
  const std::lock_guard lock(mutex_);
  for (Directory& directory : directories_)
    if (SamePath(directory.root, root)) Close(directory);
}

Changes Win32ChangeWatch::Read(const Directory& directory, DWORD bytes) {
  Changes changes;
  // No bytes: more happened than the buffer holds, and all of it is dropped.
  const auto* data = reinterpret_cast<const std::uint8_t*>(directory.buffer.data());
  const auto names = bytes == 0 ? std::nullopt : NamesInNotifyBuffer({data, bytes});
  if (!names) {
    changes.missed = !directory.IsAbove();
    if (directory.IsAbove()) WayChanged(directory, changes);
    return changes;
  }
  if (directory.IsAbove()) {
    const std::u16string& next = directory.root[directory.path.size()];
    if (std::ranges::any_of(*names, [&](const std::u16string& name) { return SameName(name, next); }))
      WayChanged(directory, changes);
    return changes;
  }
  for (const std::u16string& name : *names) {
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
    const bool is_above = directory.IsAbove();
    // ERROR_NOTIFY_ENUM_DIR: as no bytes. Any other error: the folder is gone, or the volume.
    const bool is_told = succeeded || error == ERROR_NOTIFY_ENUM_DIR;
    if (is_told) changes = Read(directory, succeeded ? bytes : 0);
    if (!is_told || !Ask(directory)) {
      if (is_above)
        WayChanged(directory, changes);
      else
        changes.missed = changes.root_lost = true;
      drop();
    }
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
