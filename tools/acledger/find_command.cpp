// SPDX-License-Identifier: MIT
#include <memory>

#include "scanner/ntfs/index_search.h"
#include "scanner/ntfs/index_verdict.h"
#include "tools/acledger/answer.h"
#include "tools/acledger/console.h"
#include "tools/acledger/exit_code.h"
#include "tools/acledger/index_command.h"
#include "tools/acledger/index_target.h"

namespace acledger::tools {
namespace {

using namespace scanner::ntfs;

constexpr std::size_t kLinesAtOnce = 64 * 1024;

struct Words {
  IndexWords index;
  std::string glob, verdict;
  std::size_t limit = 1000;
};

// Lines as they come, written in large pieces; or the members of a JSON array.
class Printer {
 public:
  explicit Printer(bool json) : json_(json) {}

  void Take(const Hit& hit, std::optional<IndexVerdict> verdict) {
    ++hits_;
    const std::string id = FileReference{hit.object.id}.ToFileId().ToString();
    if (json_) {
      Json one = {{"path", hit.path}, {"id", id}, {"folder", hit.object.is_folder}};
      if (verdict) one["verdict"] = Name(*verdict);
      found_.push_back(std::move(one));
      return;
    }
    lines_ += hit.path + "  " + id;
    if (verdict) lines_ += std::string("  ") + Name(*verdict);
    lines_ += '\n';
    if (lines_.size() > kLinesAtOnce) Flush();
  }

  Expected<void> End(const Words& words, bool more, std::int64_t read_at) {
    if (json_) return Print({{"found", std::move(found_)}, {"more", more}, {"read_at", read_at}});
    if (hits_ == 0 && written_) return PrintText("Nothing found in the index of " + TimeText(read_at) + ".");
    Flush();
    if (written_ && more)
      written_ = PrintText("There may be more: " + std::to_string(words.limit) + " are shown (--limit N).");
    return written_;
  }

 private:
  void Flush() {
    if (written_) written_ = WriteOutput(lines_);
    lines_.clear();
  }

  bool json_;
  std::size_t hits_ = 0;
  Json found_ = Json::array();
  std::string lines_;
  Expected<void> written_;
};

Expected<int> Run(const Words& words) {
  const auto pattern = NamePattern::Parse(words.glob);
  if (!pattern) return std::unexpected(pattern.error());
  const auto principal = PrincipalOf(words.index);
  if (!principal) return std::unexpected(principal.error());
  const auto store = OpenIndexToRead(words.index.target);
  if (!store) return std::unexpected(store.error());
  auto pages = StoredPages::Open(**store);
  if (!pages) return std::unexpected(pages.error());
  const auto wanted = IndexVerdictFrom(words.verdict);
  if (wanted && !*principal)
    return Fail(ErrorKind::kInvalid, "--verdict " + words.verdict, "say for whom with --principal SID");
  const scanner::Judge judge(principal->value_or(store::Grant()));
  Verdicts verdicts(*pages, judge);
  std::optional<IndexVerdict> verdict;
  SearchRequest request;
  request.limit = words.limit;
  if (*principal) {
    request.wanted = [&](const store::IndexedObject& object) -> Expected<bool> {
      const auto judged = verdicts.Of(object.descriptor);
      if (!judged) return std::unexpected(judged.error());
      verdict = *judged;
      return !wanted || *judged == *wanted;
    };
  }
  Printer printer(words.index.target.json);
  const auto more = Search(*pages, *pattern, request, [&](const Hit& hit) { printer.Take(hit, verdict); });
  if (!more) return std::unexpected(more.error());
  if (const auto printed = printer.End(words, *more, pages->Index().read_at); !printed)
    return std::unexpected(printed.error());
  return kDone;
}

}  // namespace

void AddFindCommand(CLI::App& app, int& exit_code) {
  const auto words = std::make_shared<Words>();
  CLI::App& command = *app.add_subcommand("find", "Looks for names in the index that `acledger index` made");
  AddIndexOptions(command, words->index);
  command.add_option("glob", words->glob, "A name (*.pem), or with separators a path (\\Users\\**\\.ssh)")->required();
  command.add_option("--verdict", words->verdict, "Only what is readable, unreadable, denied or unknown")
      ->check(CLI::IsMember({"readable", "unreadable", "denied", "unknown"}));
  command.add_option("--limit", words->limit, "Stop after so many (default 1000)")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000'000));
  command.footer(
      "The index is as old as the last `acledger index`; verdicts are those of the descriptors that it saw.\n"
      "Example:\n  acledger find --image disk.img '*.pem' --verdict readable");
  command.callback([words, &exit_code] {
    const Expected<int> ended = Run(*words);
    exit_code = ended ? *ended : ExitFor(ended.error());
  });
}

}  // namespace acledger::tools
