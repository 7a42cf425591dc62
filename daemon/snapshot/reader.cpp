// SPDX-License-Identifier: MIT
#include "daemon/snapshot/reader.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>

#include "daemon/answers/answer.h"
#include "daemon/snapshot/format.h"
#include "daemon/snapshot/place.h"
#include "scanner/path.h"
#include "security/wtf8.h"
#include "store/rows.h"
#include "store/sqlite/image.h"
#include "store/sqlite/query.h"

namespace acledger::daemon {

using snapshot::Checksum;
using store::Counts;
using store::Node;
using store::Verdict;
using store::sqlite::Database;

struct Snapshot::Grant {
  store::Grant grant;
  std::optional<Node> self;
  store::FolderId root_folder = 0;
};

struct Snapshot::Place {
  store::FolderId id = 0;
  Node self;
  Counts counts;
  security::DescriptorBytes names;  // Sorted keys.
};

namespace {

constexpr auto kLastState = store::GrantState::kPartOf;
constexpr char kFolderNamed[] =
    "SELECT id, parent, name, status, counts, names, checksum FROM folder WHERE parent = ? AND name = ?";
constexpr char kFoldersIn[] = "SELECT id, parent, name, status, counts, names, checksum FROM folder WHERE parent = ?";

std::vector<std::string> Names(const scanner::PathComponents& components) {
  std::vector<std::string> names;
  for (const std::u16string& component : components) names.push_back(ToWtf8(component));
  return names;
}

bool SameName(const std::string& left, std::string_view right) {
  return left == right || FoldWtf8(left) == FoldWtf8(right);
}

// Readable or covered, as the keys say it; empty: it is none of them. Names that differ in case only may be both: then
// neither is said.
std::optional<Verdict> ListedVerdict(security::Bytes names, const std::string& name) {
  const std::size_t count = names.size() / snapshot::kKeyBytes;
  const std::uint64_t readable = snapshot::NameKey(name, false);
  std::size_t first = 0;
  for (std::size_t left = count; left > 0;) {
    const std::size_t half = left / 2;
    const bool is_below = snapshot::KeyAt(names, first + half) < readable;
    first += is_below ? half + 1 : 0;
    left = is_below ? left - half - 1 : half;
  }
  bool is_readable = false, is_covered = false;
  for (std::size_t i = first; i < count && (snapshot::KeyAt(names, i) | 1) == (readable | 1); ++i)
    (snapshot::KeyAt(names, i) == readable ? is_readable : is_covered) = true;
  if (is_readable && is_covered) return Verdict::kUnknown;
  if (is_readable) return Verdict::kReadable;
  return is_covered ? std::optional(Verdict::kCovered) : std::nullopt;
}

}  // namespace

Snapshot::Snapshot(std::string path, std::unique_ptr<Database> database)
    : path_(std::move(path)), database_(std::move(database)) {}
Snapshot::~Snapshot() = default;
Snapshot::Snapshot(Snapshot&&) noexcept = default;
Snapshot& Snapshot::operator=(Snapshot&&) noexcept = default;

Error Snapshot::Damaged(std::string reason) const {
  return {ErrorKind::kCorrupt, "read the snapshot", path_, 0, std::move(reason)};
}

Expected<Snapshot> Snapshot::Open(const std::string& path) {
  const Expected<security::DescriptorBytes> bytes = snapshot::ReadWhole(path);
  if (!bytes) return std::unexpected(bytes.error());
  return FromBytes(*bytes, path);
}

Expected<Snapshot> Snapshot::FromBytes(security::Bytes bytes, const std::string& path) {
  Expected<std::unique_ptr<Database>> database = store::sqlite::FromFileBytes(bytes);
  if (!database) return std::unexpected(Error(database.error()).At(path));
  Snapshot opened(path, std::move(*database));
  if (Expected<void> read = opened.ReadHead(); !read) {
    Error error = read.error();
    error.path = path;
    return std::unexpected(std::move(error));
  }
  return opened;
}

Expected<void> Snapshot::ReadHead() {
  const Expected<std::int64_t> application = database_->Number("PRAGMA application_id");
  if (!application || *application != snapshot::kApplicationId)
    return std::unexpected(Damaged("it is no snapshot of acledger, or it is damaged"));
  const Expected<std::int64_t> format = database_->Number("PRAGMA user_version");
  if (!format) return std::unexpected(format.error());
  if (*format != snapshot::kFormat)
    return Fail(
        ErrorKind::kUnsupported, "read the snapshot",
        "its format is " + std::to_string(*format) + ", this program knows " + std::to_string(snapshot::kFormat));
  std::map<std::string, std::string, std::less<>> lines;
  auto query = database_->Use("SELECT name, value FROM meta");
  const Expected<void> read = query.Each([&]() -> Expected<void> {
    lines.emplace(query.Text(0), query.Text(1));
    return {};
  });
  if (!read) return read;
  const std::string& written = lines["written"];
  const auto [end, wrong] = std::from_chars(written.data(), written.data() + written.size(), head_.written);
  if (wrong != std::errc() || end != written.data() + written.size() || lines["user"].empty())
    return std::unexpected(Damaged("it does not say whose it is and when it was written"));
  head_.ledger = lines["ledger"];
  head_.volume = lines["volume"];
  head_.user = lines["user"];
  head_.daemon_ended = lines["daemon"] != "running";
  head_.state = lines["state"];
  return {};
}

Expected<void> Snapshot::CheckIsOf(const std::string& ledger, const std::string& user) const {
  const auto native = [](const std::string& path) {
    return std::filesystem::path(std::u8string(path.begin(), path.end()));
  };
  std::error_code ignored;  // What cannot be looked at is known by its name alone.
  const bool same =
      ledger == head_.ledger || std::filesystem::equivalent(native(ledger), native(head_.ledger), ignored);
  if (same && user == head_.user) return {};
  return std::unexpected(Error{ErrorKind::kMismatch, "read the snapshot", path_, 0,
                               "it is of " + head_.user + " and of the ledger " + head_.ledger});
}

Expected<std::vector<Snapshot::Grant>> Snapshot::Grants() {
  std::vector<Grant> grants;
  auto row = database_->Use(
      "SELECT id, principal, root, mask, state, stale, self, root_folder, checksum FROM grant_ ORDER BY id");
  const Expected<void> read = row.Each([&]() -> Expected<void> {
    Checksum sum;
    sum << row.Int(0) << row.Text(1) << row.Text(2) << row.Int(3) << row.Int(4) << row.Int(5) << row.Int(6)
        << row.Int(7);
    Grant one{{}, Node{}, row.Int(7)};
    const Expected<security::Sid> principal = security::Sid::FromString(row.Text(1));
    const bool is_state = row.Int(4) >= 0 && row.Int(4) <= static_cast<std::int64_t>(kLastState);
    if (sum.Value() != row.Int(8) || !principal || !is_state || row.Int(6) < -1)
      return std::unexpected(Damaged("what it says of a grant contradicts itself"));
    if (row.Int(6) == -1)
      one.self.reset();
    else if (!store::UnpackStatus(row.Int(6), *one.self))
      return std::unexpected(Damaged("what it says of a root contradicts itself"));
    one.grant.id = row.Int(0);
    one.grant.principal = *principal;
    one.grant.root = row.Text(2);
    one.grant.mask = static_cast<security::AccessMask>(row.Int(3));
    one.grant.state = static_cast<store::GrantState>(row.Int(4));
    one.grant.is_stale = row.Int(5) != 0;
    grants.push_back(std::move(one));
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return grants;
}

Expected<Snapshot::Place> Snapshot::ReadPlace(const store::sqlite::Query& row) const {
  Checksum sum;
  sum << row.Int(0) << row.Int(1) << row.Text(2) << row.Int(3) << row.Blob(4) << row.Blob(5);
  Place place;
  place.id = row.Int(0);
  place.names.assign(row.Blob(5).begin(), row.Blob(5).end());
  if (sum.Value() == row.Int(6) && store::UnpackStatus(row.Int(3), place.self) &&
      snapshot::UnpackCounts(row.Blob(4), place.counts) && place.names.size() % snapshot::kKeyBytes == 0)
    return place;
  return std::unexpected(Damaged("what it says of the folder " + std::string(row.Text(2)) + " contradicts itself"));
}

Expected<std::optional<Snapshot::Place>> Snapshot::RootOf(const Grant& grant) {
  auto row = database_->Use(
      "SELECT id, parent, name, status, counts, names, checksum FROM folder WHERE id = ? AND parent = 0");
  const Expected<bool> there = row.With(grant.root_folder).Next();
  if (!there) return std::unexpected(there.error());
  if (!*there) return std::nullopt;  // A file, or what the user may not list.
  Expected<Place> place = ReadPlace(row);
  if (!place) return std::unexpected(place.error());
  return std::move(*place);
}

// By the index where the name is ASCII; else each folder in it is looked at.
Expected<std::optional<Snapshot::Place>> Snapshot::FolderAt(store::FolderId parent, const std::string& name) {
  std::optional<Place> place;
  const bool is_ascii = std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  auto row = database_->Use(is_ascii ? kFolderNamed : kFoldersIn);
  row.With(parent);
  if (is_ascii) row.Bind(2, std::string_view(name));
  const Expected<void> read = row.Each([&]() -> Expected<void> {
    // The exact name counts where there are several.
    if (!SameName(name, row.Text(2)) || (place && row.Text(2) != name)) return {};
    Expected<Place> found = ReadPlace(row);
    if (!found) return std::unexpected(found.error());
    place = std::move(*found);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return place;
}

Expected<std::optional<Node>> Snapshot::NodeAt(store::FolderId folder, const std::string& name) {
  std::optional<Node> node;
  auto row = database_->Use("SELECT name, twin, status, checksum FROM node WHERE folder = ?");
  row.With(folder);
  const Expected<void> read = row.Each([&]() -> Expected<void> {
    if (!SameName(name, row.Text(0)) || (node && row.Text(0) != name)) return {};
    Checksum sum;
    sum << folder << row.Text(0) << row.Int(1) << row.Int(2);
    Node found;
    if (sum.Value() != row.Int(3) || !store::UnpackStatus(row.Int(2), found))
      return std::unexpected(Damaged("what it says of " + std::string(row.Text(0)) + " contradicts itself"));
    node = found;
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return node;
}

Expected<std::optional<Snapshot::Answer>> Snapshot::Find(const Grant& grant, std::span<const std::string> names) {
  const auto give = [&](Node node, const Counts* counts) -> std::optional<Answer> {
    if (grant.grant.is_stale) node = {};
    Answer answer{grant.grant, node, {}};
    if (counts && !grant.grant.is_stale)
      answer.counts = *counts;
    else
      ++answer.counts[node.verdict];
    return answer;
  };
  if (!grant.self) return std::nullopt;
  Expected<std::optional<Place>> folder = RootOf(grant);
  if (!folder) return std::unexpected(folder.error());
  if (names.empty()) return give(*grant.self, *folder ? &(*folder)->counts : nullptr);
  for (; *folder && names.size() > 1; names = names.subspan(1)) {
    folder = FolderAt((*folder)->id, names.front());
    if (!folder) return std::unexpected(folder.error());
  }
  if (!*folder) return std::nullopt;
  const Expected<std::optional<Place>> as_folder = FolderAt((*folder)->id, names.front());
  if (!as_folder) return std::unexpected(as_folder.error());
  if (*as_folder) return give((*as_folder)->self, &(*as_folder)->counts);
  const Expected<std::optional<Node>> node = NodeAt((*folder)->id, names.front());
  if (!node) return std::unexpected(node.error());
  if (*node) return give(**node, nullptr);
  Node listed;
  const std::optional<Verdict> verdict = ListedVerdict((*folder)->names, names.front());
  if (!verdict) return std::nullopt;
  listed.verdict = *verdict;
  return give(listed, nullptr);
}

Expected<std::vector<Snapshot::Answer>> Snapshot::Coverage(const std::string& path) {
  const Expected<scanner::ParsedPath> parsed = scanner::ParsePath(path);
  if (!parsed) return std::unexpected(parsed.error());
  const Expected<std::vector<Grant>> grants = Grants();
  if (!grants) return std::unexpected(grants.error());
  std::vector<Answer> answers;
  for (const Grant& grant : *grants) {
    const Expected<scanner::ParsedPath> root = scanner::ParsePath(grant.grant.root);
    if (!root) return std::unexpected(Damaged("the root of a grant is no path"));
    if (!scanner::IsAtOrBelow(parsed->components, root->components)) continue;
    const std::vector<std::string> names = Names(parsed->components);
    Expected<std::optional<Answer>> answer = Find(grant, std::span(names).subspan(root->components.size()));
    if (!answer) return std::unexpected(answer.error());
    if (*answer) answers.push_back(std::move(**answer));
  }
  return answers;
}

Expected<Json> Snapshot::CoverageJson(const std::string& path) {
  const Expected<std::vector<Answer>> answers = Coverage(path);
  if (!answers) return std::unexpected(answers.error());
  if (answers->empty()) return std::unexpected(NotInTheIndex(path));
  Json listed = Json::array();
  for (const Answer& answer : *answers) listed.push_back(CoverageOf(path, answer.grant, answer.node, answer.counts));
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  const auto now = duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  return Json{{"coverage", std::move(listed)},
              {"snapshot",
               {{"written", head_.written},
                {"age_seconds", (now - head_.written) / 1000},
                {"daemon", head_.daemon_ended ? "ended" : "running"},
                {"state", head_.state}}}};
}

}  // namespace acledger::daemon
