// SPDX-License-Identifier: MIT
#include "tests/ntfs/test_image.h"

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "security/sddl.h"

#if defined(__SANITIZE_ADDRESS__)
// libntfs-3g loses memory where it gives up on a damaged volume.
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libntfs-3g.so"; }
#endif

namespace acledger::scanner {
namespace {

constexpr std::uint64_t kImageBytes = 64 << 20;
constexpr std::uint64_t kSerial = 0x1122334455667788;

}  // namespace

security::DescriptorBytes Sddl(std::string_view text) { return Must(security::FromSddl(text)); }

std::string RunCommand(const std::string& command, int* exit_code) {
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error("cannot run " + command);
  std::string text;
  std::array<char, 4096> chunk;
  for (std::size_t got; (got = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) text.append(chunk.data(), got);
  const int status = pclose(pipe);
  if (exit_code != nullptr) *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return text;
}

security::DescriptorBytes Read(Object& object) {
  security::DescriptorBytes bytes;
  Must(object.ReadDescriptor(bytes));
  return bytes;
}

TestImage::TestImage() {
  std::string name = (std::filesystem::temp_directory_path() / "acledger-ntfs-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
}

TestImage::~TestImage() {
  builder_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

fixtures::ImageBuilder& TestImage::Builder() {
  if (!builder_) {
    builder_ = Must(std::filesystem::exists(Path()) ? fixtures::ImageBuilder::Open(Path())
                                                    : fixtures::ImageBuilder::Create(Path(), kImageBytes, kSerial));
  }
  return *builder_;
}

FileId TestImage::AddFile(std::u16string_view name, security::Bytes descriptor) {
  return Must(Builder().AddFile(Builder().Root(), name, Must(Builder().Intern(descriptor))));
}

FileId TestImage::AddFolder(std::u16string_view name, security::Bytes descriptor) {
  return Must(Builder().AddFolder(Builder().Root(), name, Must(Builder().Intern(descriptor))));
}

std::unique_ptr<Volume> TestImage::OpenVolume(bool read_only) {
  Finish();
  return Must(OpenNtfsImage(Path(), read_only));
}

void TestImage::WriteOnce(FileId id, security::Bytes descriptor) {
  const auto volume = OpenVolume();
  Must(Must(volume->OpenById(id, Access::kWrite))->WriteDacl(descriptor));
}

std::string TestImage::SecurityIds() {
  Finish();
  int exit_code = -1;
  std::string text = RunCommand(std::string(SECURITY_IDS_PROGRAM) + " " + Path() + " 2>&1", &exit_code);
  if (exit_code != 0) throw std::runtime_error("security_ids: " + text);
  return text;
}

std::uint32_t TestImage::SecurityIdOf(FileId id) {
  const std::string number = std::to_string(id.low & 0x0000FFFFFFFFFFFF) + " ";
  std::istringstream lines(SecurityIds());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(number))
      return static_cast<std::uint32_t>(std::stoul(line.substr(line.find(' ', number.size()))));
  }
  throw std::runtime_error("no such file in the image");
}

TestImage::Audit TestImage::SecAudit() {
  Finish();
  Audit audit;
  audit.text = RunCommand("ntfssecaudit -a " + Path() + " 2>&1", &audit.exit_code);
  return audit;
}

}  // namespace acledger::scanner
