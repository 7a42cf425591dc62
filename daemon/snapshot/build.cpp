// SPDX-License-Identifier: MIT
#include "daemon/snapshot/build.h"

#include <algorithm>
#include <unordered_set>

#include "daemon/answers/visible_counts.h"
#include "daemon/snapshot/format.h"
#include "store/rows.h"
#include "store/sqlite/image.h"

namespace acledger::daemon::snapshot {

using store::Folder;
using store::Grant;
using store::Node;
using store::Verdict;
using store::sqlite::Database;

namespace {

class Builder {
 public:
  Builder(store::Ledger& ledger, const Viewer& viewer, Database& database)
      : ledger_(ledger), viewer_(viewer), database_(database) {}

  Expected<void> Run(const About& about) {
    if (Expected<void> made = database_.Execute(kSchema, "make a snapshot"); !made) return made;
    if (Expected<void> begun = database_.Execute("BEGIN", "make a snapshot"); !begun) return begun;
    // One moment of the ledger for all that is in it.
    const Expected<void> built = ledger_.InTransaction([&]() -> Expected<void> {
      const Expected<std::vector<Grant>> grants = ledger_.Grants();
      if (!grants) return std::unexpected(grants.error());
      for (const Grant& grant : *grants) {
        if (grant.state == store::GrantState::kPartOf) continue;  // The one above it tells.
        if (Expected<void> added = Add(grant); !added) return added;
      }
      return {};
    });
    if (!built) return built;
    if (Expected<void> told = Tell(about); !told) return told;
    return database_.Execute("COMMIT", "make a snapshot");
  }

 private:
  Expected<void> Tell(const About& about) {
    const std::pair<std::string_view, std::string> lines[] = {{"ledger", about.ledger},
                                                              {"volume", about.volume},
                                                              {"user", about.user},
                                                              {"daemon", about.daemon_ended ? "ended" : "running"},
                                                              {"state", is_stale_     ? "stale"
                                                                        : is_working_ ? "working"
                                                                                      : "complete"},
                                                              {"written", std::to_string(about.written)}};
    for (const auto& [name, value] : lines) {
      auto insert = database_.Use("INSERT INTO meta VALUES(?, ?)");
      if (Expected<void> done = insert.With(name, std::string_view(value)).Run(); !done) return done;
    }
    return {};
  }

  Expected<void> Add(const Grant& grant) {
    const Viewer everything;
    const bool is_own = viewer_.Owns(grant);
    const Expected<VisibleFolders> folders = VisibleFolders::Load(ledger_, grant.id, is_own ? everything : viewer_);
    if (!folders) return std::unexpected(folders.error());
    const std::vector<Folder>& entries = folders->Entries();
    if (entries.empty() && !is_own) return {};
    const Expected<std::optional<Folder>> root = ledger_.Root(grant.id);
    if (!root) return std::unexpected(root.error());
    is_stale_ = is_stale_ || grant.is_stale;
    is_working_ = is_working_ || grant.state != store::GrantState::kComplete;
    if (Expected<void> added = AddGrant(grant, *root); !added) return added;
    // Roll-ups are made by the plan: before it they tell of hidden places too.
    const bool is_counted =
        is_own || (grant.state != store::GrantState::kScanning && grant.state != store::GrantState::kPlanning);
    listed_.clear();
    for (const Folder& folder : entries) listed_.insert({folder.parent, folder.self.name});
    for (const Folder& folder : entries)
      if (Expected<void> added = AddFolder(folder, is_counted); !added) return added;
    return {};
  }

  Expected<void> AddGrant(const Grant& grant, const std::optional<Folder>& root) {
    const std::string principal = grant.principal.ToString();
    const std::int64_t self = root ? store::PackStatus(root->self) : -1, folder = root ? root->id : 0;
    const std::int64_t state = static_cast<std::int64_t>(grant.state), mask = grant.mask, stale = grant.is_stale;
    Checksum sum;
    sum << grant.id << std::string_view(principal) << std::string_view(grant.root) << mask << state << stale << self
        << folder;
    auto insert = database_.Use("INSERT INTO grant_ VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)");
    insert.With(grant.id, std::string_view(principal), std::string_view(grant.root), mask, state, stale, self, folder,
                sum.Value());
    return insert.Run();
  }

  Expected<void> AddFolder(const Folder& folder, bool is_counted) {
    if (Expected<void> loaded = ledger_.Nodes(folder.id, nodes_); !loaded) return loaded;
    keys_.clear();
    for (const Node& node : nodes_) {
      if (node.is_folder && listed_.contains({folder.id, node.name})) continue;  // Has a row of its own.
      const bool is_covered = node.verdict == Verdict::kCovered;
      if (!node.is_folder && (is_covered || node.verdict == Verdict::kReadable))
        keys_.push_back(NameKey(node.name, is_covered));
      else if (Expected<void> added = AddNode(folder.id, node); !added)
        return added;
    }
    std::ranges::sort(keys_);
    names_.clear();
    for (const std::uint64_t key : keys_) AppendKey(names_, key);
    store::Counts counts = folder.counts;
    if (!is_counted) {
      counts = {};
      ++counts[folder.self.verdict];
    }
    const security::DescriptorBytes packed = PackCounts(counts);
    const std::int64_t status = store::PackStatus(folder.self);
    Checksum sum;
    sum << folder.id << folder.parent << std::string_view(folder.self.name) << status << security::Bytes(packed)
        << security::Bytes(names_);
    auto insert = database_.Use("INSERT INTO folder VALUES(?, ?, ?, ?, ?, ?, ?)");
    insert.With(folder.id, folder.parent, std::string_view(folder.self.name), status, security::Bytes(packed),
                security::Bytes(names_), sum.Value());
    return insert.Run();
  }

  // `twin`: names that differ in case only.
  Expected<void> AddNode(store::FolderId folder, const Node& node) {
    const std::int64_t status = store::PackStatus(node), twin = ++twins_;
    Checksum sum;
    sum << folder << std::string_view(node.name) << twin << status;
    auto insert = database_.Use("INSERT INTO node VALUES(?, ?, ?, ?, ?)");
    return insert.With(folder, std::string_view(node.name), twin, status, sum.Value()).Run();
  }

  struct PlaceHash {
    std::size_t operator()(const std::pair<store::FolderId, std::string>& place) const {
      return std::hash<std::string>()(place.second) ^ static_cast<std::size_t>(place.first * 0x9E3779B97F4A7C15);
    }
  };

  store::Ledger& ledger_;
  const Viewer& viewer_;
  Database& database_;
  bool is_stale_ = false, is_working_ = false;
  std::unordered_set<std::pair<store::FolderId, std::string>, PlaceHash> listed_;
  std::vector<Node> nodes_;
  std::vector<std::uint64_t> keys_;
  security::DescriptorBytes names_;
  std::int64_t twins_ = 0;
};

}  // namespace

Expected<security::DescriptorBytes> Build(store::Ledger& ledger, const Viewer& viewer, const About& about) {
  const Expected<std::unique_ptr<Database>> database = store::sqlite::OpenInMemory();
  if (!database) return std::unexpected(database.error());
  if (Expected<void> built = Builder(ledger, viewer, **database).Run(about); !built)
    return std::unexpected(built.error());
  return store::sqlite::ToFileBytes(**database);
}

}  // namespace acledger::daemon::snapshot
