// SPDX-License-Identifier: MIT
#include "tests/scanner/engine_fixture.h"

#include <atomic>
#include <map>
#include <random>

#include "security/edit.h"
#include "security/sddl.h"
#include "security/wtf8.h"
#include "store/sqlite/database.h"

namespace acledger::scanner {
namespace {

std::filesystem::path NewFolder() {
  static std::atomic<unsigned> number{0};
  std::random_device random;
  const auto folder = std::filesystem::temp_directory_path() /
                      ("acledger-engine-" + std::to_string(random()) + "-" + std::to_string(++number));
  std::filesystem::create_directories(folder);
  return folder;
}

void ReplaceAll(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != text.npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

}  // namespace

security::Sid SidOf(const char* text) { return Must(security::Sid::FromString(text)); }

EngineTest::EngineTest(const fakes::FakeVolumeOptions& options) : folder_(NewFolder()), volume_(options) {
  request_.principal = SidOf(kPrincipal);
  OpenLedger();
}

EngineTest::~EngineTest() {
  ledger_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void EngineTest::OpenLedger() {
  ledger_.reset();
  ledger_ = Must(store::Ledger::Open(LedgerPath(), {.volume_serial = volume_.Info().serial, .volume_name = "F:"}));
}

Environment EngineTest::MakeEnvironment() {
  return {.volume = volume_,
          .ledger = *ledger_,
          .progress = progress_,
          .stop = stop_,
          .readers = readers_,
          .batch = batch_};
}

GrantRequest EngineTest::RequestFor(const std::string& root) const {
  GrantRequest request = request_;
  request.roots = {root};
  return request;
}

ProvisionReport EngineTest::Provision(const std::string& root) { return Provision(RequestFor(root)); }

ProvisionReport EngineTest::Provision(const GrantRequest& request) {
  Engine engine(MakeEnvironment());
  Must(engine.Settle());
  return Must(engine.Provision(Must(engine.Register(request, notes_))));
}

RollbackReport EngineTest::Rollback(const std::optional<std::string>& root) {
  Engine engine(MakeEnvironment());
  Must(engine.Settle());
  return Must(engine.Rollback(root));
}

VerifyReport EngineTest::Verify() {
  Engine engine(MakeEnvironment());
  Must(engine.Settle());
  return Must(engine.Verify(Must(ledger_->Grants())));
}

SettleReport EngineTest::Settle() { return Must(Engine(MakeEnvironment()).Settle()); }

bool EngineTest::RunAndDie(const std::function<void()>& work) {
  bool killed = false;
  try {
    work();
  } catch (const Killed&) {
    killed = true;
  }
  volume_.SetHook({});
  OpenLedger();
  return killed;
}

void EngineTest::KillBeforeCall(unsigned nth) {
  volume_.SetHook([left = nth](fakes::Call, const std::u16string&) mutable {
    if (left > 0 && --left == 0) throw Killed{};
  });
}

void EngineTest::KillBeforeCall(fakes::Call call, unsigned nth) {
  volume_.SetHook([left = nth, call](fakes::Call now, const std::u16string&) mutable {
    if (now == call && left > 0 && --left == 0) throw Killed{};
  });
}

void EngineTest::RefuseResults(unsigned nth) {
  volume_.SetHook([this, left = nth](fakes::Call call, const std::u16string&) mutable {
    if (call != fakes::Call::kWriteDacl || left == 0 || --left > 0) return;
    RunSql("UPDATE change SET id = id + 1000000 WHERE state IN (0, 3)");  // It does not find them.
  });
}

void EngineTest::TakeResults() {
  volume_.SetHook({});
  RunSql("UPDATE change SET id = id - 1000000 WHERE id > 1000000");
}

void EngineTest::RunSql(const std::string& sql) const {
  const auto database = Must(store::sqlite::Database::Open(LedgerPath(), store::sqlite::OpenMode::kWrite));
  Must(database->Execute(sql.c_str(), "test"));
}

store::Node EngineTest::NodeOf(const std::string& path) {
  std::vector<std::string> components;
  for (const std::u16string& component : Must(ParsePath(path)).components) components.push_back(ToWtf8(component));
  const auto found = Must(ledger_->Find(components));
  if (found.empty()) throw std::runtime_error("not in the index: " + path);
  return found.front().node;
}

std::string EngineTest::VerdictOf(const std::string& path) {
  try {
    const store::Node node = NodeOf(path);
    const std::string verdict = store::Name(node.verdict);
    return node.reason == store::Reason::kNone ? verdict : verdict + ": " + store::Name(node.reason);
  } catch (const std::runtime_error&) {
    return "(not in the index)";
  }
}

std::string EngineTest::DaclOf(std::u16string_view path) const {
  std::string text = volume_.Sddl(path);
  const std::size_t dacl = text.find("D:");
  if (dacl == text.npos) return "no DACL";
  const std::size_t sacl = text.find("S:", dacl);
  text = text.substr(dacl, sacl == text.npos ? text.npos : sacl - dacl);
  if (text[text.size() - 1] == ':') return text;
  ReplaceAll(text, kPrincipal, "we");
  ReplaceAll(text, kOtherPrincipal, "they");
  ReplaceAll(text, "0x1200a9", "RX");
  return text;
}

store::Counts EngineTest::Total() {
  store::Counts total;
  for (const store::Grant& grant : Must(ledger_->Grants())) {
    const auto folders = Must(ledger_->Folders(grant.id));
    if (!folders.empty()) total += folders.front().counts;
  }
  return total;
}

std::vector<store::Failure> EngineTest::Failures() { return Must(ledger_->Failures()); }

std::vector<store::Change> EngineTest::ChangesIn(std::initializer_list<store::ChangeState> states) {
  std::vector<store::Change> all;
  for (const store::Grant& grant : Must(ledger_->AllGrants())) {
    const auto changes = Must(ledger_->Changes(grant.id, {states.begin(), states.size()}));
    all.insert(all.end(), changes.begin(), changes.end());
  }
  return all;
}

void EngineTest::ExpectTrueRollUps() {
  for (const store::Grant& grant : Must(ledger_->Grants())) {
    const std::vector<store::Folder> folders = Must(ledger_->Folders(grant.id));
    std::map<store::FolderId, store::Counts> counts;
    std::map<std::pair<store::FolderId, std::string>, store::FolderId> by_name;
    for (const store::Folder& folder : folders) by_name[{folder.parent, folder.self.name}] = folder.id;
    std::uint64_t rows = 0;
    for (auto folder = folders.rbegin(); folder != folders.rend(); ++folder) {
      std::vector<store::Node> nodes;
      Must(ledger_->Nodes(folder->id, nodes));
      rows += nodes.size();
      for (const store::Node& node : nodes) {
        const auto own = by_name.find({folder->id, node.name});
        if (node.is_folder && own != by_name.end()) {
          ++counts[own->second][node.verdict];
          counts[folder->id] += counts[own->second];
        } else {
          ++counts[folder->id][node.verdict];
        }
      }
    }
    if (folders.empty()) continue;
    ++counts[folders.front().id][folders.front().self.verdict];
    for (const store::Folder& folder : folders)
      EXPECT_EQ(folder.counts, counts[folder.id]) << "roll-up of " << Must(ledger_->PathOf(folder.id));
    EXPECT_EQ(folders.front().counts.Objects(), rows + 1);
  }
}

void EngineTest::ExpectAsBefore(const std::map<std::string, std::uint32_t>& before) {
  EXPECT_EQ(volume_.SecurityIds(), before);
}

}  // namespace acledger::scanner
