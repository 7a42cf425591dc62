// SPDX-License-Identifier: MIT
#include <algorithm>

#include "store/content_hash.h"
#include "store/sqlite/database.h"
#include "store/sqlite/query.h"
#include "store/volume_store.h"

namespace acledger::store {
namespace {

// NTFS numbers its objects with 32 bits.
constexpr std::int64_t kMostPages = (std::int64_t{1} << 32) / kObjectsAPage;

// A page is worth nothing in another's place: its number is part of the hash.
std::uint64_t PageHash(std::uint32_t page, security::Bytes bytes) {
  return ContentHash(bytes) ^ (std::uint64_t{page} + 1) * 0x9E3779B97F4A7C15u;
}

std::uint64_t RowHash(const VolumeIndex& index) {
  std::string text = index.name;
  for (const std::uint64_t number :
       {index.serial, static_cast<std::uint64_t>(index.read_at), index.objects, index.names, index.damaged})
    text += "\n" + std::to_string(number);
  return ContentHash({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// The next row; of damage it says what to do about it.
Expected<bool> Next(sqlite::Query& query) {
  auto row = query.Next();
  if (!row && row.error().kind == ErrorKind::kCorrupt) row.error().reason += kIndexMakesAgain;
  return row;
}

std::string PageText(std::int64_t page) { return "page " + std::to_string(page); }

}  // namespace

Expected<std::optional<VolumeIndex>> VolumeStore::Index() {
  VolumeIndex index;
  auto query = db_->Use("SELECT serial, name, read_at, objects, names, damaged, hash FROM volume");
  auto row = Next(query);
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const auto number = [&query](int column) { return static_cast<std::uint64_t>(query.Int(column)); };
  index.serial = number(0), index.name = query.Text(1), index.read_at = query.Int(2);
  index.objects = number(3), index.names = number(4), index.damaged = number(5);
  if (number(6) != RowHash(index)) return Damaged("the head");
  // The length of a blob is in its row's head: its bytes are not read.
  auto size = db_->Use("SELECT count(*), coalesce(sum(length(names) + length(facts)), 0) FROM page");
  if (auto counted = Next(size); !counted) return std::unexpected(counted.error());
  index.pages = static_cast<std::uint64_t>(size.Int(0));
  index.bytes = static_cast<std::uint64_t>(size.Int(1));
  return index;
}

Expected<void> VolumeStore::SetIndex(const VolumeIndex& index) {
  return db_
      ->Use(
          "INSERT OR REPLACE INTO volume(id, serial, name, read_at, objects, names, damaged, hash) "
          "VALUES(1, ?, ?, ?, ?, ?, ?, ?)")
      .With(index.serial, std::string_view(index.name), index.read_at, index.objects, index.names, index.damaged,
            RowHash(index))
      .Run();
}

Expected<DescriptorId> VolumeStore::Intern(security::Bytes descriptor) {
  const std::uint64_t hash = ContentHash(descriptor);
  {
    auto query = db_->Use("SELECT id, bytes FROM descriptor WHERE hash = ?");
    query.With(hash);
    for (;;) {
      auto row = Next(query);
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      // Two contents may share a hash, and damaged bytes no longer match: neither is the one that is wanted.
      if (std::ranges::equal(query.Blob(1), descriptor)) return query.Int(0);
    }
  }
  auto done = db_->Use("INSERT INTO descriptor(hash, bytes) VALUES(?, ?)").With(hash, descriptor).Run();
  if (!done) return std::unexpected(done.error());
  return db_->LastInsertId();
}

Expected<security::DescriptorBytes> VolumeStore::Descriptor(DescriptorId id) {
  auto query = db_->Use("SELECT hash, bytes FROM descriptor WHERE id = ?");
  auto row = Next(query.With(id));
  if (!row) return std::unexpected(row.error());
  if (!*row) return Damaged("descriptor " + std::to_string(id));
  const security::Bytes bytes = query.Blob(1);
  if (ContentHash(bytes) != static_cast<std::uint64_t>(query.Int(0)))
    return Damaged("descriptor " + std::to_string(id));
  return security::DescriptorBytes(bytes.begin(), bytes.end());
}

Expected<bool> VolumeStore::PutPage(const VolumePageWriter& page) {
  if (page.IsEmpty()) {
    if (auto done = db_->Use("DELETE FROM page WHERE number = ?").With(page.Page()).Run(); !done)
      return std::unexpected(done.error());
    return db_->Changed() > 0;
  }
  const std::uint64_t names_hash = PageHash(page.Page(), page.Names()),
                      facts_hash = PageHash(page.Page(), page.Facts());
  {
    // The bytes themselves: a page whose hash alone is still right is put right too.
    auto query = db_->Use("SELECT names_hash, facts_hash, names, facts FROM page WHERE number = ?");
    auto row = Next(query.With(page.Page()));
    if (!row) return std::unexpected(row.error());
    const auto hash = [&query](int column) { return static_cast<std::uint64_t>(query.Int(column)); };
    if (*row && std::ranges::equal(query.Blob(2), page.Names()) && std::ranges::equal(query.Blob(3), page.Facts()) &&
        hash(0) == names_hash && hash(1) == facts_hash) {
      return false;
    }
  }
  auto done =
      db_->Use("INSERT OR REPLACE INTO page(number, names_hash, facts_hash, names, facts) VALUES(?, ?, ?, ?, ?)")
          .With(page.Page(), names_hash, facts_hash, page.Names(), page.Facts())
          .Run();
  if (!done) return std::unexpected(done.error());
  return true;
}

Expected<std::uint64_t> VolumeStore::DropPagesFrom(std::uint32_t first) {
  auto done = db_->Use("DELETE FROM page WHERE number < 0 OR number >= ?").With(first).Run();
  if (!done) return std::unexpected(done.error());
  return static_cast<std::uint64_t>(db_->Changed());
}

Expected<std::optional<VolumePage>> VolumeStore::ReadPage(std::uint32_t page) {
  auto query = db_->Use("SELECT names_hash, names, facts_hash, facts FROM page WHERE number = ?");
  auto row = Next(query.With(page));
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  const security::Bytes names = query.Blob(1), facts = query.Blob(3);
  if (PageHash(page, names) != static_cast<std::uint64_t>(query.Int(0)) ||
      PageHash(page, facts) != static_cast<std::uint64_t>(query.Int(2))) {
    return Damaged(PageText(page));
  }
  auto decoded = VolumePage::Decode(page, names, facts);
  if (!decoded) return std::unexpected(std::move(decoded.error()).At(path_));
  return std::optional(*std::move(decoded));
}

Expected<std::uint32_t> VolumeStore::PagesEnd() {
  const auto last = db_->Number("SELECT coalesce(max(number), -1) FROM page");
  if (!last) return std::unexpected(last.error());
  const auto negative = db_->Number("SELECT coalesce(min(number), 0) FROM page");
  if (!negative) return std::unexpected(negative.error());
  if (*negative < 0) return Damaged(PageText(*negative));
  if (*last >= kMostPages) return Damaged(PageText(*last));
  return static_cast<std::uint32_t>(*last + 1);
}

Expected<void> VolumeStore::ScanNames(const TakeNames& take) {
  auto query = db_->Use("SELECT number, names_hash, names FROM page ORDER BY number");
  for (;;) {
    auto row = Next(query);
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    const std::int64_t number = query.Int(0);
    if (number < 0 || number >= kMostPages) return Damaged(PageText(number));
    const auto page = static_cast<std::uint32_t>(number);
    const security::Bytes names = query.Blob(2);
    if (PageHash(page, names) != static_cast<std::uint64_t>(query.Int(1))) return Damaged(PageText(page));
    const auto more = take(page, {reinterpret_cast<const char*>(names.data()), names.size()});
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

}  // namespace acledger::store
