// SPDX-License-Identifier: MIT
#include "tests/store/ledger_fixture.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <random>

#include "store/sqlite/database.h"

namespace acledger::store {
namespace {

std::filesystem::path NewFolder() {
  static std::atomic<unsigned> number{0};
  std::random_device random;
  const auto folder = std::filesystem::temp_directory_path() /
                      ("acledger-store-" + std::to_string(random()) + "-" + std::to_string(++number));
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace

LedgerTest::LedgerTest() : folder_(NewFolder()), path_(PathTo("ledger.db")) {}

LedgerTest::~LedgerTest() {
  std::error_code ignored;
  std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, ignored);
  std::filesystem::remove_all(folder_, ignored);
}

std::string LedgerTest::PathTo(std::string_view name) const {
  const std::u8string path = (folder_ / name).u8string();
  return {path.begin(), path.end()};
}

std::vector<std::string> LedgerTest::FilesInFolder() const {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    names.push_back(entry.path().filename().string());
  }
  std::ranges::sort(names);
  return names;
}

void LedgerTest::WriteFile(std::string_view name, std::string_view content) const {
  std::ofstream file(folder_ / name, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  ASSERT_TRUE(file.good());
}

std::string LedgerTest::ReadFile(std::string_view name) const {
  std::ifstream file(folder_ / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void LedgerTest::RunSql(std::string_view name, const std::string& sql) const {
  auto database = sqlite::Database::Open(PathTo(name), sqlite::OpenMode::kCreate);
  ASSERT_THAT(database, IsOk());
  ASSERT_THAT((*database)->Execute(sql.c_str(), "test"), IsOk());
}

OpenOptions LedgerTest::Writer() { return {.volume_serial = kSerial, .volume_name = "test.img"}; }

OpenOptions LedgerTest::Reader() { return {.read_only = true, .volume_serial = kSerial, .volume_name = "test.img"}; }

Expected<std::unique_ptr<Ledger>> LedgerTest::TryOpen(const OpenOptions& options) const {
  return Ledger::Open(path_, options);
}

std::unique_ptr<Ledger> LedgerTest::Open(const OpenOptions& options) const { return Take(TryOpen(options)); }

Grant MakeGrant(std::string root) {
  Grant grant;
  grant.principal = security::Sid::Users();
  grant.root = std::move(root);
  grant.root_id = {5, 0};
  return grant;
}

Node MakeNode(std::string name, std::uint64_t id, Verdict verdict) {
  Node node;
  node.name = std::move(name);
  node.file_id = {id, 0};
  node.verdict = verdict;
  return node;
}

Node MakeFolder(std::string name, std::uint64_t id, Verdict verdict) {
  Node node = MakeNode(std::move(name), id, verdict);
  node.is_folder = true;
  return node;
}

security::DescriptorBytes SomeBytes(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  security::DescriptorBytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

}  // namespace acledger::store
