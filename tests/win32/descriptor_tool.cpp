// SPDX-License-Identifier: MIT
// The live volume for scripts that look at the result from outside. One command a line on stdin, one answer a line:
//   read PATH            the descriptor as hex
//   write PATH HEX       writes its DACL: "done"
//   probe PATH           "done"
// PATH is tab-separated from what follows and has no drive: it is on the drive given as the argument.
#include <iostream>
#include <string>

#include "scanner/path.h"
#include "scanner/win32/win32_volume.h"

namespace {

using namespace acledger;
using scanner::Access;

std::string ToHex(security::Bytes bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const std::uint8_t byte : bytes) hex += {kDigits[byte >> 4], kDigits[byte & 15]};
  return hex;
}

security::DescriptorBytes FromHex(std::string_view hex) {
  security::DescriptorBytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

Expected<std::unique_ptr<scanner::Object>> Open(scanner::Volume& volume, std::string_view path, Access access) {
  const auto parsed = scanner::ParsePath(path);
  if (!parsed) return std::unexpected(parsed.error());
  auto at = volume.OpenRoot(Access::kRead);
  for (std::size_t i = 0; at && i < parsed->components.size(); ++i)
    at = (*at)->OpenChild(parsed->components[i], i + 1 == parsed->components.size() ? access : Access::kRead);
  return at;
}

Expected<std::string> Answer(scanner::Volume& volume, std::string_view line) {
  const std::size_t space = line.find(' '), tab = line.find('\t');
  const std::string_view command = line.substr(0, space), path = line.substr(space + 1, tab - space - 1);
  const auto object = Open(volume, path, command == "write" ? Access::kWrite : Access::kRead);
  if (!object) return std::unexpected(object.error());
  security::DescriptorBytes bytes;
  Expected<void> done;
  if (command == "read") {
    done = (*object)->ReadDescriptor(bytes);
    if (done) return ToHex(bytes);
  } else if (command == "write") {
    done = (*object)->WriteDacl(FromHex(line.substr(tab + 1)));
  } else if (command == "probe") {
    done = volume.ProbeDescriptors(**object);
  } else {
    return Fail(ErrorKind::kInvalid, "read a command", "not one of read, write, probe");
  }
  if (!done) return std::unexpected(done.error());
  return "done";
}

}  // namespace

int main(int argc, char** argv) {
  const auto volume = scanner::OpenWin32Volume(argc > 1 ? argv[1] : "C:");
  if (!volume) {
    std::cerr << volume.error().ToString() << "\n";
    return 3;
  }
  for (std::string line; std::getline(std::cin, line);) {
    if (line.ends_with('\r')) line.pop_back();
    const Expected<std::string> answer = Answer(**volume, line);
    std::cout << (answer ? *answer : "error: " + answer.error().ToString()) << std::endl;
  }
}
