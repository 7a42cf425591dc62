// SPDX-License-Identifier: MIT
#include "scanner/win32/usn_journal.h"

#include "security/win32/handle.h"
#include "security/win32/system_error.h"

// Behind windows.h, which it needs.
#include <winioctl.h>

namespace acledger::scanner {
namespace {

// Winioctl.h of mingw-w64 10 lacks both.
struct JournalData {  // USN_JOURNAL_DATA_V0: what every version begins with.
  std::uint64_t id;
  std::int64_t first, next, lowest_valid, max;
  std::uint64_t maximum_size, allocation_delta;
};
struct ReadData {  // READ_USN_JOURNAL_DATA_V1.
  std::int64_t start;
  std::uint32_t reasons;
  std::uint32_t only_on_close;
  std::uint64_t timeout, bytes_to_wait_for;
  std::uint64_t id;
  std::uint16_t lowest_version, highest_version;
};

class Win32UsnJournal final : public UsnJournal {
 public:
  explicit Win32UsnJournal(std::wstring device) : device_(std::move(device)) {}

  Expected<UsnJournalState> Query() override {
    if (Expected<void> opened = Open(); !opened) return std::unexpected(opened.error());
    // Newer versions are longer; the system fills in what fits, in steps of its versions.
    union {
      JournalData data;
      std::uint8_t room[256];
    } answer{};
    DWORD bytes = 0;
    if (!DeviceIoControl(volume_.Get(), FSCTL_QUERY_USN_JOURNAL, nullptr, 0, &answer, sizeof answer, &bytes, nullptr)) {
      const Error error = win32::LastError("ask for the change journal");
      // None is there, or it is being deleted; a file system without journals.
      return Fail(ErrorKind::kUnsupported, error.operation, error.reason, error.code);
    }
    if (bytes < sizeof(JournalData))
      return Fail(ErrorKind::kUnsupported, "ask for the change journal", "a short answer");
    return UsnJournalState{answer.data.id, answer.data.first, answer.data.next};
  }

  Expected<UsnRecords> Read(std::uint64_t id, std::int64_t from) override {
    if (Expected<void> opened = Open(); !opened) return std::unexpected(opened.error());
    ReadData read{from, kUsnThatMatter, 0, 0, 0, id, 2, 3};
    buffer_.resize(std::size_t{64} * 1024);
    const auto size = static_cast<DWORD>(buffer_.size());
    DWORD bytes = 0;
    BOOL done = DeviceIoControl(volume_.Get(), FSCTL_READ_USN_JOURNAL, &read, sizeof read, buffer_.data(), size, &bytes,
                                nullptr);
    // Before Windows 8 without the versions.
    if (!done && GetLastError() == ERROR_INVALID_PARAMETER)
      done = DeviceIoControl(volume_.Get(), FSCTL_READ_USN_JOURNAL, &read, offsetof(ReadData, lowest_version),
                             buffer_.data(), size, &bytes, nullptr);
    if (!done) {
      const Error error = win32::LastError("read the change journal");
      return Fail(ErrorKind::kMismatch, error.operation, error.reason, error.code);
    }
    return ReadUsnBuffer({buffer_.data(), bytes});
  }

 private:
  Expected<void> Open() {
    if (volume_) return {};
    volume_ = win32::FileHandle(CreateFileW(device_.c_str(), GENERIC_READ,
                                            FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, nullptr,
                                            OPEN_EXISTING, 0, nullptr));
    if (volume_) return {};
    const Error error = win32::LastError("open the volume");
    return Fail(ErrorKind::kUnsupported, error.operation, error.reason, error.code);
  }

  std::wstring device_;
  win32::FileHandle volume_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace

std::unique_ptr<UsnJournal> OpenWin32UsnJournal(const std::string& drive) {
  return std::make_unique<Win32UsnJournal>(L"\\\\.\\" + std::wstring(drive.begin(), drive.end()));
}

}  // namespace acledger::scanner
