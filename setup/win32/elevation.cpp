// SPDX-License-Identifier: MIT
// From an ordinary process to one of an administrator: the command goes there in a file, whose hash stands on the
// command line that the user allows; its lines come back by a pipe that only administrators can open.
#include <windows.h>
// After windows.h.
#include <bcrypt.h>
#include <shellapi.h>

#include <array>

#include "security/sddl.h"
#include "security/win32/convert.h"
#include "security/win32/handle.h"
#include "security/win32/system_error.h"
#include "setup/program/run.h"
#include "setup/program/this_system.h"
#include "setup/win32/random.h"
#include "setup/win32/wide.h"
#include "setup/win32/win32_host.h"

namespace acledger::setup {
namespace {

using win32::FileHandle;
using win32::LastError;
using win32::NtHandle;

constexpr char kPipePrefix[] = "\\\\.\\pipe\\acledger-setup-";
constexpr char kPipeSddl[] = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";
constexpr DWORD kBuffer = 64 << 10;

std::string Hex(std::span<const std::uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) text += {kDigits[byte >> 4], kDigits[byte & 15]};
  return text;
}

Expected<std::string> Sha256(const std::string& text) {
  const auto failed = [](NTSTATUS status) { return std::unexpected(win32::StatusError("hash the request", status)); };
  BCRYPT_ALG_HANDLE algorithm = nullptr;
  if (const NTSTATUS status = BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, nullptr, 0); status != 0)
    return failed(status);
  std::array<std::uint8_t, 32> digest{};
  std::string copy = text;  // The function does not write to it, though its declaration says so.
  BCRYPT_HASH_HANDLE hash = nullptr;
  NTSTATUS status = BCryptCreateHash(algorithm, &hash, nullptr, 0, nullptr, 0, 0);
  if (status == 0)
    status = BCryptHashData(hash, reinterpret_cast<PUCHAR>(copy.data()), static_cast<ULONG>(copy.size()), 0);
  if (status == 0) status = BCryptFinishHash(hash, digest.data(), digest.size(), 0);
  if (hash != nullptr) BCryptDestroyHash(hash);
  BCryptCloseAlgorithmProvider(algorithm, 0);
  if (status != 0) return failed(status);
  return Hex(digest);
}

Expected<std::string> RandomName() {
  std::array<std::uint8_t, 16> bytes{};
  if (const auto filled = FillWithSystemRandom(bytes); !filled) return std::unexpected(filled.error());
  return Hex(bytes);
}

// Gone when it goes.
class TemporaryFile {
 public:
  static Expected<TemporaryFile> Make(const std::string& name, const std::string& text) {
    std::array<wchar_t, MAX_PATH + 2> folder{};
    if (GetTempPathW(folder.size(), folder.data()) == 0)
      return std::unexpected(LastError("ask for the temporary folder"));
    TemporaryFile file(std::wstring(folder.data()) + std::wstring(name.begin(), name.end()));
    const FileHandle handle(CreateFileW(file.path_.c_str(), GENERIC_WRITE, FILE_SHARE_READ, nullptr, CREATE_NEW,
                                        FILE_ATTRIBUTE_TEMPORARY, nullptr));
    DWORD written = 0;
    if (!handle || !WriteFile(handle.Get(), text.data(), static_cast<DWORD>(text.size()), &written, nullptr) ||
        written != text.size())
      return std::unexpected(LastError("write the request").At(FromWide(file.path_)));
    return file;
  }
  TemporaryFile(TemporaryFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (!path_.empty()) DeleteFileW(path_.c_str());
  }
  const std::wstring& Path() const { return path_; }

 private:
  explicit TemporaryFile(std::wstring path) : path_(std::move(path)) {}
  std::wstring path_;
};

Expected<FileHandle> MakePipe(const std::string& name) {
  const auto wide = ToWide(name);
  const auto descriptor = security::FromSddl(kPipeSddl);
  if (!wide || !descriptor) return std::unexpected(wide ? descriptor.error() : wide.error());
  SECURITY_ATTRIBUTES attributes{sizeof attributes, win32::AsDescriptor(*descriptor), FALSE};
  FileHandle pipe(
      CreateNamedPipeW(wide->c_str(), PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE | FILE_FLAG_OVERLAPPED,
                       PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1, 0, kBuffer, 0, &attributes));
  if (!pipe) return std::unexpected(LastError("make a pipe for the answer"));
  return pipe;
}

// Nothing: the user said no.
Expected<std::optional<NtHandle>> StartElevated(const std::wstring& words) {
  std::wstring program(32'768, L'\0');
  const DWORD size = GetModuleFileNameW(nullptr, program.data(), static_cast<DWORD>(program.size()));
  if (size == 0 || size == program.size()) return std::unexpected(LastError("ask where this program is"));
  SHELLEXECUTEINFOW info{};
  info.cbSize = sizeof info;
  info.fMask = SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC | SEE_MASK_FLAG_NO_UI;
  info.lpVerb = L"runas";
  info.lpFile = program.c_str();
  info.lpParameters = words.c_str();
  info.nShow = SW_HIDE;
  if (ShellExecuteExW(&info)) return std::optional(NtHandle(info.hProcess));
  if (GetLastError() == ERROR_CANCELLED) return std::optional<NtHandle>();
  return std::unexpected(LastError("start it as administrator"));
}

// Waits for one overlapped call on the pipe, or for the end of the process. False: it failed, or the process ended.
Expected<bool> WaitForPipe(HANDLE pipe, HANDLE process, OVERLAPPED& call, bool is_done) {
  if (!is_done) {
    const DWORD error = GetLastError();
    if (error == ERROR_PIPE_CONNECTED) return true;
    if (error == ERROR_BROKEN_PIPE || error == ERROR_NO_DATA) return false;
    if (error != ERROR_IO_PENDING) return std::unexpected(win32::Win32Error("listen for the answer", error));
  }
  const std::array<HANDLE, 2> either = {call.hEvent, process};
  const DWORD waited = WaitForMultipleObjects(either.size(), either.data(), FALSE, INFINITE);
  if (waited == WAIT_FAILED) return std::unexpected(LastError("wait for the answer"));
  DWORD size = 0;
  if (waited != WAIT_OBJECT_0 && !HasOverlappedIoCompleted(&call)) {
    CancelIoEx(pipe, &call);
    GetOverlappedResult(pipe, &call, &size, TRUE);  // The buffer is not ours before it has ended.
    return false;
  }
  return GetOverlappedResult(pipe, &call, &size, TRUE) != FALSE;
}

Expected<void> Relay(HANDLE pipe, HANDLE process, const Host::Show& show) {
  const NtHandle event(CreateEventW(nullptr, TRUE, FALSE, nullptr));
  if (!event) return std::unexpected(LastError("make an event"));
  OVERLAPPED call{};
  call.hEvent = event.Get();
  const BOOL connected = ConnectNamedPipe(pipe, &call);
  auto goes_on = WaitForPipe(pipe, process, call, connected != FALSE);
  std::vector<char> buffer(kBuffer);
  std::string text;
  while (goes_on && *goes_on) {
    call = {};
    call.hEvent = event.Get();
    ResetEvent(event.Get());
    const BOOL read = ReadFile(pipe, buffer.data(), kBuffer, nullptr, &call);
    goes_on = WaitForPipe(pipe, process, call, read != FALSE);
    DWORD size = 0;
    if (!goes_on || !*goes_on || !GetOverlappedResult(pipe, &call, &size, FALSE)) break;
    text.append(buffer.data(), size);
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) {
      show(text.substr(0, end));
      text.erase(0, end + 1);
    }
  }
  if (!text.empty()) show(text);
  return goes_on ? Expected<void>() : std::unexpected(goes_on.error());
}

// At most one byte more than a request may have, so that a longer one is refused.
Expected<std::string> ReadRequestFile(const std::string& path) {
  const auto wide = ToWide(path);
  if (!wide) return std::unexpected(wide.error());
  const FileHandle file(CreateFileW(wide->c_str(), GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                                    nullptr, OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
  std::string text(kMostRequestBytes + 1, '\0');
  DWORD size = 0;
  if (!file || !ReadFile(file.Get(), text.data(), static_cast<DWORD>(text.size()), &size, nullptr))
    return std::unexpected(LastError("read the request").At(path));
  text.resize(size);
  return text;
}

Expected<FileHandle> OpenPipe(const std::string& name) {
  const auto wide = ToWide(name);
  if (!wide || !name.starts_with(kPipePrefix))
    return std::unexpected(Error{ErrorKind::kInvalid, "open the pipe for the answer", name, 0, "it is none of ours"});
  // Whoever serves there cannot act as this process.
  FileHandle pipe(CreateFileW(wide->c_str(), GENERIC_WRITE, 0, nullptr, OPEN_EXISTING,
                              SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS, nullptr));
  if (!pipe) return std::unexpected(LastError("open the pipe for the answer").At(name));
  return pipe;
}

Expected<Request> TakeRequest(const RequestFile& file) {
  const auto text = ReadRequestFile(file.path);
  const auto digest = text ? Sha256(*text) : text;
  return digest ? ReadRequest(*text, *digest, file.sha256) : std::unexpected(digest.error());
}

}  // namespace

Expected<std::optional<int>> Win32Host::RunElevated(const Command& command, const Show& show) {
  const auto name = RandomName();
  if (!name) return std::unexpected(name.error());
  const std::string text = Write(Request{command, kPipePrefix + *name});
  const auto digest = Sha256(text);
  const auto pipe = MakePipe(kPipePrefix + *name);
  if (!digest || !pipe) return std::unexpected(digest ? pipe.error() : digest.error());
  const auto file = TemporaryFile::Make("acledger-setup-" + *name + ".json", text);
  if (!file) return std::unexpected(file.error());
  const auto process =
      StartElevated(L"--request \"" + file->Path() + L"\" --sha256 " + std::wstring(digest->begin(), digest->end()));
  if (!process) return std::unexpected(process.error());
  if (!*process) return std::optional<int>();
  if (const auto relayed = Relay(pipe->Get(), (*process)->Get(), show); !relayed)
    return std::unexpected(relayed.error());
  DWORD code = 0;
  if (WaitForSingleObject((*process)->Get(), INFINITE) == WAIT_FAILED || !GetExitCodeProcess((*process)->Get(), &code))
    return std::unexpected(LastError("wait for the administrator's process"));
  return std::optional(static_cast<int>(code));
}

int RunRequest(const RequestFile& file, Host& host) {
  const auto request = TakeRequest(file);
  const auto pipe = request ? OpenPipe(request->pipe) : std::unexpected(request.error());
  if (!pipe) {
    ShowOnConsole("acledger-setup: " + pipe.error().ToString());
    return kUsage;
  }
  const auto show = [&pipe](const std::string& line) {
    DWORD written = 0;  // Where nobody listens any more, the work goes on all the same: it is recorded.
    WriteFile(pipe->Get(), (line + "\n").data(), static_cast<DWORD>(line.size() + 1), &written, nullptr);
  };
  const auto elevated = host.IsElevated();
  if (elevated && *elevated) return Run(request->command, host, show);
  show("acledger-setup: it was started to work as administrator, and is none");
  return kNotPossible;
}

}  // namespace acledger::setup
