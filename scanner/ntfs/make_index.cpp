// SPDX-License-Identifier: MIT
#include "scanner/ntfs/make_index.h"

#include <algorithm>
#include <chrono>

#include "scanner/ntfs/catalog_builder.h"
#include "scanner/ntfs/judgement.h"

namespace acledger::scanner::ntfs {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begun) { return std::chrono::duration<double>(Clock::now() - begun).count(); }

std::uint64_t DistinctOf(const Catalog& catalog) {
  std::vector<bool> used(DescriptorsEnd(catalog));
  catalog.ForEach([&used](const CatalogObject& object) {
    if (object.descriptor != DescriptorPool::kNone) used[object.descriptor] = true;
  });
  return static_cast<std::uint64_t>(std::ranges::count(used, true));
}

std::array<std::uint64_t, kIndexVerdicts> VerdictsOf(const Catalog& catalog, const DescriptorPool& pool,
                                                     const Judge& judge) {
  const Judgement judgement(catalog, pool, judge);
  std::array<std::uint64_t, kIndexVerdicts> counts{};
  catalog.ForEach(
      [&](const CatalogObject& object) { ++counts[static_cast<std::size_t>(VerdictOf(judgement.Of(object)))]; });
  return counts;
}

}  // namespace

Expected<IndexReport> MakeIndex(const IndexWork& work) {
  IndexReport report;
  DescriptorPool pool;
  const auto begun = Clock::now();
  const auto catalog = ReadCatalog(work.device, pool);
  if (work.stop && *work.stop) return Fail(ErrorKind::kBusy, "make the volume's index", "stopped");
  if (!catalog) return std::unexpected(catalog.error());
  report.read = catalog->Report();
  report.distinct = DistinctOf(*catalog);
  if (work.judge) report.verdicts = VerdictsOf(*catalog, pool, *work.judge);
  report.read_seconds = SecondsSince(begun);
  if (!work.store) return report;
  const auto storing = Clock::now();
  auto stored = StoreIndex(*catalog, pool, work.volume, *work.store, work.stored);
  if (!stored) return std::unexpected(stored.error());
  report.stored = *std::move(stored);
  report.store_seconds = SecondsSince(storing);
  return report;
}

}  // namespace acledger::scanner::ntfs
