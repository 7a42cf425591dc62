// SPDX-License-Identifier: MIT
#include <algorithm>

#include "store/content_hash.h"
#include "store/ledger_impl.h"
#include "store/volume_page.h"

namespace acledger::store {
namespace {

// NTFS numbers its objects with 32 bits.
constexpr std::int64_t kMostPages = (std::int64_t{1} << 32) / kObjectsAPage;

// A page is worth nothing in another's place: its number is part of the hash.
std::uint64_t PageHash(std::uint32_t page, security::Bytes bytes) {
  return ContentHash(bytes) ^ (std::uint64_t{page} + 1) * 0x9E3779B97F4A7C15u;
}

// Not Query::Damaged(): the rest of the ledger is as good as before.
std::unexpected<Error> DamagedPage(const std::string& ledger, std::uint32_t page) {
  return std::unexpected(Error{ErrorKind::kCorrupt, "read page " + std::to_string(page) + " of the volume's index",
                               ledger, 0, "it is not the one that was stored (acledger index makes it again)"});
}

}  // namespace

Expected<std::optional<VolumeIndex>> Ledger::GetVolumeIndex() {
  VolumeIndex index;
  bool there = false;
  auto asked = impl_->AtOneMoment([&]() -> Expected<void> {
    auto query = impl_->db.Use(
        "SELECT serial, read_at, objects, names, damaged FROM volume_index JOIN volume ON volume.id = volume_index.id");
    auto row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    there = true;
    const auto number = [&query](int column) { return static_cast<std::uint64_t>(query.Int(column)); };
    index = {number(0), query.Int(1), number(2), number(3), number(4)};
    // The length of a blob is in its row's head: its bytes are not read.
    auto size = impl_->db.Use("SELECT count(*), coalesce(sum(length(names) + length(facts)), 0) FROM volume_page");
    if (auto counted = size.Next(); !counted) return std::unexpected(counted.error());
    index.pages = static_cast<std::uint64_t>(size.Int(0));
    index.bytes = static_cast<std::uint64_t>(size.Int(1));
    return {};
  });
  if (!asked) return std::unexpected(asked.error());
  return there ? std::optional(index) : std::nullopt;
}

Expected<void> Ledger::SetVolumeIndex(const VolumeIndex& index) {
  auto query =
      impl_->db.Use("INSERT OR REPLACE INTO volume_index(id, read_at, objects, names, damaged) VALUES(1, ?, ?, ?, ?)");
  query.With(index.read_at, index.objects, index.names, index.damaged);
  return impl_->Write(query);
}

Expected<bool> Ledger::PutVolumePage(const VolumePageWriter& page) {
  if (page.IsEmpty()) {
    auto dropped = DropVolumePages(page.Page(), page.Page() + 1);
    if (!dropped) return std::unexpected(dropped.error());
    return *dropped > 0;
  }
  {
    // The bytes themselves: a page whose hash alone is still right is put right too.
    auto query = impl_->db.Use("SELECT names_hash, facts_hash, names, facts FROM volume_page WHERE number = ?");
    auto row = query.With(page.Page()).Next();
    if (!row) return std::unexpected(row.error());
    const auto hash = [&query](int column) { return static_cast<std::uint64_t>(query.Int(column)); };
    if (*row && std::ranges::equal(query.Blob(2), page.Names()) && std::ranges::equal(query.Blob(3), page.Facts()) &&
        hash(0) == PageHash(page.Page(), page.Names()) && hash(1) == PageHash(page.Page(), page.Facts())) {
      return false;
    }
  }
  auto insert = impl_->db.Use(
      "INSERT OR REPLACE INTO volume_page(number, names_hash, facts_hash, names, facts) VALUES(?, ?, ?, ?, ?)");
  insert.With(page.Page(), PageHash(page.Page(), page.Names()), PageHash(page.Page(), page.Facts()), page.Names(),
              page.Facts());
  if (auto done = impl_->Write(insert); !done) return std::unexpected(done.error());
  return true;
}

Expected<std::uint64_t> Ledger::DropVolumePages(std::uint32_t first, std::uint32_t end) {
  auto query = impl_->db.Use("DELETE FROM volume_page WHERE number >= ? AND number < ?");
  if (auto done = impl_->Write(query.With(first, end)); !done) return std::unexpected(done.error());
  return static_cast<std::uint64_t>(impl_->db.Changed());
}

Expected<std::optional<VolumePage>> Ledger::ReadVolumePage(std::uint32_t page) {
  auto query = impl_->db.Use("SELECT names_hash, names, facts_hash, facts FROM volume_page WHERE number = ?");
  auto row = query.With(page).Next();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const security::Bytes names = query.Blob(1), facts = query.Blob(3);
  if (PageHash(page, names) != static_cast<std::uint64_t>(query.Int(0)) ||
      PageHash(page, facts) != static_cast<std::uint64_t>(query.Int(2))) {
    return DamagedPage(impl_->Path(), page);
  }
  auto decoded = VolumePage::Decode(page, names, facts);
  if (!decoded) return std::unexpected(std::move(decoded.error()).At(impl_->Path()));
  return std::optional(*std::move(decoded));
}

Expected<std::uint32_t> Ledger::VolumePagesEnd() {
  const auto last = impl_->db.Number("SELECT coalesce(max(number), -1) FROM volume_page");
  if (!last) return std::unexpected(last.error());
  const auto negative = impl_->db.Number("SELECT coalesce(min(number), 0) FROM volume_page");
  if (!negative) return std::unexpected(negative.error());
  if (*negative < 0) return DamagedPage(impl_->Path(), static_cast<std::uint32_t>(*negative));
  if (*last >= kMostPages) return DamagedPage(impl_->Path(), static_cast<std::uint32_t>(*last));
  return static_cast<std::uint32_t>(*last + 1);
}

Expected<void> Ledger::ScanVolumeNames(const TakeNames& take) {
  auto query = impl_->db.Use("SELECT number, names_hash, names FROM volume_page ORDER BY number");
  for (;;) {
    auto row = query.Next();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    const auto page = static_cast<std::uint32_t>(query.Int(0));
    const security::Bytes names = query.Blob(2);
    if (query.Int(0) < 0 || query.Int(0) >= kMostPages) return DamagedPage(impl_->Path(), page);
    if (PageHash(page, names) != static_cast<std::uint64_t>(query.Int(1))) return DamagedPage(impl_->Path(), page);
    const auto more = take(page, {reinterpret_cast<const char*>(names.data()), names.size()});
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

}  // namespace acledger::store
