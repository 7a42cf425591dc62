// SPDX-License-Identifier: MIT
#include "bench/echo_server.h"

#include <windows.h>

#include <thread>

namespace acledger::bench {
namespace {

void Echo(HANDLE pipe) {
  char buffer[4096];
  DWORD size = 0, written = 0;
  while (ReadFile(pipe, buffer, sizeof buffer, &size, nullptr) && WriteFile(pipe, buffer, size, &written, nullptr)) {
  }
  CloseHandle(pipe);
}

}  // namespace

bool ServeEcho(const std::string& endpoint) {
  for (;;) {
    HANDLE pipe =
        CreateNamedPipeA(endpoint.c_str(), PIPE_ACCESS_DUPLEX, PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT,
                         PIPE_UNLIMITED_INSTANCES, 64 << 10, 64 << 10, 0, nullptr);
    if (pipe == INVALID_HANDLE_VALUE) return false;
    if (ConnectNamedPipe(pipe, nullptr) || GetLastError() == ERROR_PIPE_CONNECTED)
      std::thread(Echo, pipe).detach();
    else
      CloseHandle(pipe);
  }
}

}  // namespace acledger::bench
