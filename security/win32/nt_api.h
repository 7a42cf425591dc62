// SPDX-License-Identifier: MIT
#pragma once

// The Windows headers, and the part of the NT API that mingw-w64 10 does not declare; nothing else of ours declares
// any. Functions are imported from ntdll.dll. (MS-FSCC 2.4 for the structures, the WDK's ntifs.h for the functions)

// winnt.h and ntstatus.h both define a few status codes.
#define WIN32_NO_STATUS
#include <windows.h>
#undef WIN32_NO_STATUS

#include <ntstatus.h>
#include <winternl.h>

extern "C" {
NTSTATUS NTAPI NtQuerySecurityObject(HANDLE handle, SECURITY_INFORMATION parts, PSECURITY_DESCRIPTOR descriptor,
                                     ULONG size, PULONG needed);
NTSTATUS NTAPI NtSetSecurityObject(HANDLE handle, SECURITY_INFORMATION parts, PSECURITY_DESCRIPTOR descriptor);
NTSTATUS NTAPI NtQueryDirectoryFile(HANDLE file, HANDLE event, PIO_APC_ROUTINE routine, PVOID context,
                                    PIO_STATUS_BLOCK io, PVOID buffer, ULONG size, ULONG what, BOOLEAN single,
                                    PUNICODE_STRING mask, BOOLEAN restart);
HRESULT WINAPI WerSetFlags(DWORD flags);  // kernel32.dll; werapi.h of mingw-w64 10 does not compile.
NTSTATUS NTAPI NtFlushBuffersFile(HANDLE file, PIO_STATUS_BLOCK io);
}

namespace acledger::win32 {

inline constexpr auto kStatusReparsePointEncountered = static_cast<NTSTATUS>(0xC000050B);

inline constexpr DWORD kWerNoHeap = 1;  // WER_FAULT_REPORTING_FLAG_NOHEAP

// FILE_INFORMATION_CLASS as a number: the header's enumeration ends before 60 and cannot hold what comes after.
using FileInformationClass = ULONG;
inline constexpr FileInformationClass kFileHardLinkInformation = 46;
inline constexpr FileInformationClass kFileIdInformation = 59;
inline constexpr FileInformationClass kFileIdExtdDirectoryInformation = 60;
inline constexpr FileInformationClass kFileStatInformation = 68;  // Windows 10 1709.

inline NTSTATUS QueryInformationFile(HANDLE file, PIO_STATUS_BLOCK io, PVOID buffer, ULONG size,
                                     FileInformationClass what) {
  const auto query = reinterpret_cast<NTSTATUS(NTAPI*)(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, FileInformationClass)>(
      &NtQueryInformationFile);
  return query(file, io, buffer, size, what);
}

// FILE_ID_INFORMATION (MS-FSCC 2.4.26).
struct FileIdInformation {
  ULONGLONG volume_serial;
  ULONGLONG id_low, id_high;
};

// FILE_STAT_INFORMATION (ntifs.h): identity, attributes, tag and link count in one call.
struct FileStatInformation {
  LARGE_INTEGER id;
  LARGE_INTEGER creation, last_access, last_write, change;
  LARGE_INTEGER allocation, end_of_file;
  ULONG attributes;
  ULONG reparse_tag;
  ULONG links;
  ACCESS_MASK effective_access;
};

// FILE_FS_DEVICE_INFORMATION (MS-FSCC 2.5.10).
inline constexpr auto kFileFsDeviceInformation = static_cast<FS_INFORMATION_CLASS>(4);
struct FileFsDeviceInformation {
  ULONG device_type;
  ULONG characteristics;
};
inline constexpr ULONG kRemoteDevice = 0x10;  // FILE_REMOTE_DEVICE

}  // namespace acledger::win32
