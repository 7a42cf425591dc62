// SPDX-License-Identifier: MIT
#include "scanner/ntfs/unclean.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "scanner/ntfs/mft.h"

namespace acledger::scanner::ntfs {
namespace {

constexpr std::uint64_t kLogFileRecord = 2, kVolumeRecord = 3;

std::unexpected<Error> Unclean(const BlockDevice& device, const char* reason) {
  return std::unexpected(Error{ErrorKind::kUnsupported, "read the volume", device.Name(), 0, reason});
}

// Nothing: that cannot be read.
std::optional<bool> IsMarkedDirty(const Mft& mft) {
  constexpr std::size_t kFlags = 10;
  std::vector<std::uint8_t> room(mft.Boot().record_bytes);
  const auto record = mft.Read(kVolumeRecord, room);
  if (!record) return std::nullopt;
  for (const AttributeView& attribute : *record) {
    if (attribute.Type() != AttributeType::kVolumeInformation || !attribute.IsResident()) continue;
    const Bytes value = attribute.Value();
    if (value.size() >= kFlags + 2) return (LoadU16(&value[kFlags]) & 1) != 0;
  }
  return std::nullopt;
}

// One of the two restart pages at the head of the journal. The places that are looked at lie in the first sector,
// before what its fix-up stands for.
struct RestartPage {
  std::uint64_t last_written = 0;
  bool is_open = false;  // Who wrote last said so.

  // Nothing: it is none. Where chkdsk wrote it ("CHKD") or a tool emptied it (0xFF), it is closed.
  static std::optional<RestartPage> Parse(Bytes page) {
    constexpr std::uint16_t kNobody = 0xFFFF, kVolumeIsClean = 2;
    if (std::ranges::all_of(page, [](std::uint8_t byte) { return byte == 0xFF; })) return RestartPage();
    if (std::memcmp(page.data(), "CHKD", 4) == 0) return RestartPage();
    const std::size_t area = LoadU16(&page[24]);
    if (std::memcmp(page.data(), "RSTR", 4) != 0 || area < 32 || area + 16 > 510) return std::nullopt;
    const bool is_clean = LoadU16(&page[area + 12]) == kNobody || (LoadU16(&page[area + 14]) & kVolumeIsClean) != 0;
    return RestartPage{LoadU64(&page[area]), !is_clean};
  }
};

// The newer of the two pages counts.
std::optional<bool> IsJournalOpen(const Mft& mft) {
  constexpr std::size_t kPageBytes = 4096;
  std::vector<std::uint8_t> room(mft.Boot().record_bytes);
  const auto record = mft.Read(kLogFileRecord, room);
  if (!record) return std::nullopt;
  for (const AttributeView& attribute : *record) {
    if (attribute.Type() != AttributeType::kData || attribute.IsResident() || attribute.HasName()) continue;
    Stream journal(mft.Device(), mft.Boot());
    std::array<std::uint8_t, 2 * kPageBytes> pages{};
    if (!journal.Append(attribute) || !journal.Read(0, pages)) return std::nullopt;
    const auto first = RestartPage::Parse(Bytes(pages).first(kPageBytes));
    const auto second = RestartPage::Parse(Bytes(pages).subspan(kPageBytes));
    if (!first && !second) return std::nullopt;
    return !first || (second && second->last_written > first->last_written) ? second->is_open : first->is_open;
  }
  return std::nullopt;
}

}  // namespace

Expected<void> CheckClean(BlockDevice& device) {
  const auto mft = Mft::Open(device);
  if (!mft) return {};  // Whoever reads it says why.
  const std::optional<bool> dirty = IsMarkedDirty(*mft), open = IsJournalOpen(*mft);
  if (!dirty || !open)
    return Unclean(device, "whether it was cleanly unmounted cannot be read: run chkdsk on it first");
  if (*dirty) return Unclean(device, "it is marked dirty: run chkdsk on it first");
  if (*open)
    return Unclean(device, "it was not cleanly unmounted: its journal is not empty. Let Windows or chkdsk replay it");
  return {};
}

}  // namespace acledger::scanner::ntfs
