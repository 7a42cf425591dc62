// SPDX-License-Identifier: MIT
// Stands in for acledger-setup.exe in an MSI (package_test.py): writes down what it is told, one line a call with the
// words behind each other, and returns what C:\stand-in\VERB says.
#include <cstdio>
#include <string>

int main(int argc, char** argv) {
  if (std::FILE* calls = std::fopen("C:\\stand-in\\calls", "ab")) {
    for (int i = 1; i < argc; ++i) std::fprintf(calls, "%s%s", i == 1 ? "" : "|", argv[i]);
    std::fputc('\n', calls);
    std::fclose(calls);
  }
  int code = 0;
  if (std::FILE* file = std::fopen((std::string("C:\\stand-in\\") + (argc > 1 ? argv[1] : "")).c_str(), "rb")) {
    if (std::fscanf(file, "%d", &code) != 1) code = 99;
    std::fclose(file);
  }
  return code;
}
