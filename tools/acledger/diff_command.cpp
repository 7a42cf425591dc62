// SPDX-License-Identifier: MIT
#include <array>
#include <functional>
#include <memory>
#include <string_view>

#include "daemon/answers/index.h"
#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/index_diff.h"
#include "security/sddl.h"
#include "store/clock.h"
#include "tools/acledger/answer.h"
#include "tools/acledger/exit_code.h"
#include "tools/acledger/index_command.h"
#include "tools/acledger/index_target.h"
#include "tools/acledger/read_progress.h"
#include "tools/acledger/sddl_difference.h"

namespace acledger::tools {
namespace {

using namespace scanner::ntfs;

struct Words {
  std::string before, after;
  unsigned partition = 0;
  std::size_t limit = 1000;
  bool force = false, json = false;
};

// One of the two: a stored index, or a volume read now. What is behind `pages` lives here too.
struct Side {
  std::unique_ptr<store::VolumeStore> store;
  scanner::DescriptorPool pool;
  std::optional<Catalog> catalog;
  std::unique_ptr<IndexPages> pages;
  std::uint64_t serial = 0, damaged = 0;
  std::int64_t read_at = 0;
};

// By the header of every SQLite file (https://sqlite.org/fileformat.html): its first bytes, and whose it is at 68.
enum class Held : std::uint8_t { kNothing, kLedger, kDatabase, kOther };
Expected<Held> WhatIsIn(const std::string& path) {
  // Closed before SQLite opens it: closing a file drops the locks that this process has on it.
  const auto device = OpenBlockDevice(path);
  if (!device && device.error().kind == ErrorKind::kNotFound) return Held::kNothing;
  if (!device) return std::unexpected(device.error());
  std::array<std::uint8_t, 72> head{};
  if ((*device)->Size() < head.size()) return Held::kOther;
  if (auto read = (*device)->Read(0, head); !read) return std::unexpected(read.error());
  const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
  if (!text.starts_with("SQLite format 3")) return Held::kOther;
  return text.ends_with("ACLG") ? Held::kLedger : Held::kDatabase;
}

// The index that is meant by this path: itself, or the one beside a ledger. Empty: it is an image.
Expected<std::string> IndexAt(const std::string& path) {
  const auto held = WhatIsIn(path);
  if (!held) return std::unexpected(held.error());
  if (*held == Held::kDatabase) return path;
  if (*held == Held::kLedger) return store::IndexPath(path);
  if (*held == Held::kOther) return "";
  // An index needs no ledger beside it.
  const auto beside = WhatIsIn(store::IndexPath(path));
  return beside && *beside == Held::kDatabase ? store::IndexPath(path) : "";
}

Expected<void> OpenIndexed(const std::string& path, Side& side) {
  auto store = store::VolumeStore::OpenToRead(path);
  if (!store) return std::unexpected(store.error());
  side.store = *std::move(store);
  auto pages = StoredPages::Open(*side.store);
  if (!pages) return std::unexpected(pages.error());
  side.serial = pages->Index().serial;
  side.damaged = pages->Index().damaged;
  side.read_at = pages->Index().read_at;
  side.pages = std::make_unique<StoredPages>(*std::move(pages));
  return {};
}

Expected<void> ReadNow(const std::string& path, const Words& words, Side& side) {
  const auto device = OpenToIndex(path, words.partition, words.force);
  if (!device) return std::unexpected(device.error());
  const auto info = InfoOf(**device, path);
  if (!info) return std::unexpected(info.error());
  side.serial = info->serial;
  side.read_at = store::SecondsNow();
  ReadProgress progress(**device);
  auto catalog = ReadCatalog(progress, side.pool);
  if (!catalog) return std::unexpected(catalog.error());
  side.catalog.emplace(*std::move(catalog));
  if (const auto& error = side.catalog->Report().secure_error) return std::unexpected(*error);
  side.damaged = side.catalog->Report().damage.Count(DamageKind::kRecord);
  side.pages = std::make_unique<CatalogPages>(*side.catalog, side.pool);
  return {};
}

Expected<void> OpenSide(const std::string& path, const Words& words, Side& side) {
  const auto index = IndexAt(path);
  if (!index) return std::unexpected(index.error());
  return index->empty() ? ReadNow(path, words, side) : OpenIndexed(*index, side);
}

std::string SddlOf(IndexPages& pages, store::DescriptorId id) {
  const auto bytes = pages.Descriptor(id);
  const auto view = bytes ? security::DescriptorView::Parse(*bytes) : std::unexpected(bytes.error());
  const auto text = view ? security::ToSddl(*view) : std::unexpected(view.error());
  return text ? *text : "?";
}

Json ToJson(const Difference& difference, Side& before, Side& after) {
  Json one = {
      {"kind", Name(difference.kind)}, {"id", difference.id.ToFileId().ToString()}, {"folder", difference.is_folder}};
  if (!difference.before.empty()) one["before"] = difference.before;
  if (!difference.after.empty()) one["after"] = difference.after;
  if (difference.kind == DifferenceKind::kDescriptor) {
    one["descriptor_before"] = SddlOf(*before.pages, difference.descriptor_before);
    one["descriptor_after"] = SddlOf(*after.pages, difference.descriptor_after);
  }
  return one;
}

std::string Joined(const Json& paths) {
  std::string text;
  for (const Json& path : paths) text += (text.empty() ? "" : ", ") + path.get<std::string>();
  return text.empty() ? "(no name)" : text;
}

std::string LineOf(const Json& one) {
  const auto kind = one["kind"].get<std::string>();
  const std::string id = "  " + one["id"].get<std::string>();
  const Json none = Json::array();
  const std::string was = Joined(one.value("before", none)), is = Joined(one.value("after", none));
  if (kind == "added") return "added       " + is + id;
  if (kind == "removed") return "removed     " + was + id;
  if (kind == "renamed") return "renamed     " + was + " -> " + is + id;
  const auto [before, after] =
      SddlDifference(one["descriptor_before"].get<std::string>(), one["descriptor_after"].get<std::string>());
  return "descriptor  " + is + id + "\n  before: " + before + "\n  after:  " + after;
}

// An index that somebody writes meanwhile stays as it was.
Expected<DiffReport> AtOneMoment(Side& side, const std::function<Expected<DiffReport>()>& compare) {
  if (!side.store) return compare();
  Expected<DiffReport> report;
  const auto done = side.store->InTransaction([&]() -> Expected<void> {
    report = compare();
    return report ? Expected<void>() : std::unexpected(report.error());
  });
  return done ? report : std::unexpected(done.error());
}

Expected<int> Run(const Words& words) {
  Side before, after;
  if (auto opened = OpenSide(words.before, words, before); !opened) return std::unexpected(opened.error());
  if (auto opened = OpenSide(words.after, words, after); !opened) return std::unexpected(opened.error());
  if (before.serial != after.serial)
    return std::unexpected(Error{ErrorKind::kMismatch, "compare with " + words.before, words.after, 0,
                                 "two volumes: " + daemon::SerialText(before.serial) + " and " +
                                     daemon::SerialText(after.serial) + "; ids mean nothing across them"});
  Json told = Json::array();
  const auto report = AtOneMoment(before, [&] {
    return AtOneMoment(after, [&] {
      return Diff(*before.pages, *after.pages, words.limit,
                  [&](const Difference& difference) { told.push_back(ToJson(difference, before, after)); });
    });
  });
  if (!report) return std::unexpected(report.error());
  Json answer = {{"same", report->same}, {"not_judged", report->not_judged}};
  for (std::size_t kind = 0; kind < kDifferenceKinds; ++kind)
    answer[Name(static_cast<DifferenceKind>(kind))] = report->counts[kind];
  answer["damaged"] = before.damaged + after.damaged;
  answer["more"] = report->Total() > told.size();
  std::string text;
  if (!words.json) {
    for (const Json& one : told) text += LineOf(one) + "\n";
    if (answer["more"].get<bool>())
      text +=
          "... " + std::to_string(told.size()) + " of " + std::to_string(report->Total()) + " are shown (--limit N)\n";
    text += answer["added"].dump() + " added, " + answer["removed"].dump() + " removed, " + answer["renamed"].dump() +
            " renamed, " + answer["descriptor"].dump() + " with another descriptor, " + answer["same"].dump() +
            " the same";
    if (report->not_judged > 0)
      text += "\n" + answer["not_judged"].dump() +
              " could not be compared: descriptor or names are not known for sure on one side";
    if (answer["damaged"] != 0)
      text += "\n" + answer["damaged"].dump() +
              " records could not be read on one side: their objects count as added or removed";
  }
  answer["differences"] = std::move(told);
  const auto printed = words.json ? Print(answer) : PrintText(text);
  if (!printed) return std::unexpected(printed.error());
  return report->not_judged > 0 || answer["damaged"] != 0 ? kFailuresListed : kDone;
}

}  // namespace

void AddDiffCommand(CLI::App& app, int& exit_code) {
  const auto words = std::make_shared<Words>();
  CLI::App& command = *app.add_subcommand("diff", "Compares two indexes of a volume, or an index and the volume now");
  command.add_option("before", words->before, "Index, its ledger, or an image")->required()->type_name("FILE");
  command.add_option("after", words->after, "Index, its ledger, or an image")->required()->type_name("FILE");
  command.add_option("--partition", words->partition, "Which partition of an image of a disk")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  command.add_option("--limit", words->limit, "List so many at most (default 1000); all are counted")
      ->type_name("N")
      ->check(CLI::Range(0, 100'000'000));
  command.add_flag("--force", words->force, "Also an image that was not cleanly unmounted, as far as its tables know");
  command.add_flag("--json", words->json, "Answer as JSON on standard output");
  command.footer("Example:\n  acledger diff disk.img.acledger disk.img");
  command.callback([words, &exit_code] {
    const Expected<int> ended = Run(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
}

}  // namespace acledger::tools
