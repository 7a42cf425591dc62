// SPDX-License-Identifier: MIT
#include "daemon/answers/index.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

#include "daemon/answers/answer.h"
#include "daemon/answers/mask.h"
#include "security/sddl.h"

namespace acledger::daemon {

using namespace scanner::ntfs;

namespace {

Json DamageJson(const CatalogReport& report) {
  Json damage = {{"total", report.damage.Total()}, {"examples", Json::array()}};
  for (std::size_t kind = 0; kind < kDamageKinds; ++kind) {
    std::string name = Name(static_cast<DamageKind>(kind));
    std::ranges::replace(name, ' ', '_');
    damage[name] = report.damage.Count(static_cast<DamageKind>(kind));
  }
  for (const Damage& one : report.damage.Examples())
    damage["examples"].push_back({{"kind", Name(one.kind)}, {"record", one.record}, {"what", one.what}});
  damage["descriptors_lost"] = report.secure.damaged + report.secure.ambiguous;
  damage["descriptors_repaired"] = report.secure.repaired;
  if (report.secure_error) damage["secure"] = report.secure_error->ToString();
  if (report.mft_error) damage["mft"] = report.mft_error->ToString();
  return damage;
}

}  // namespace

Json IndexJson(const IndexedVolume& volume, const IndexReport& report, const std::optional<store::Grant>& principal,
               const std::string& path) {
  Json answer = {{"volume", volume.name},
                 {"serial", SerialText(volume.serial)},
                 {"objects", report.read.objects},
                 {"names", report.read.names},
                 {"distinct", report.distinct}};
  if (principal && report.verdicts) {
    answer["principal"] = principal->principal.ToString();
    answer["mask"] = Hex(principal->mask);
    for (std::size_t i = 0; i < kIndexVerdicts; ++i) answer[Name(static_cast<IndexVerdict>(i))] = (*report.verdicts)[i];
  }
  const double seconds = report.read_seconds;
  answer["seconds"] = seconds;
  answer["objects_per_second"] =
      seconds > 0 ? static_cast<std::uint64_t>(static_cast<double>(report.read.objects) / seconds) : 0;
  answer["damage"] = DamageJson(report.read);
  if (!report.stored) return answer;
  answer["index"] = path;
  answer["pages_written"] = report.stored->written;
  answer["pages_unchanged"] = report.stored->unchanged;
  answer["store_seconds"] = report.store_seconds;
  if (!report.stored->dropped.empty()) answer["dropped"] = report.stored->dropped;
  return answer;
}

bool IsWhole(const Json& index) {
  const Json& damage = index["damage"];
  return damage["total"] == 0 && damage["descriptors_lost"] == 0 && !damage.contains("secure");
}

Expected<Json> IndexListJson(const std::string& path) {
  Json answer = {{"indexes", Json::array()}};
  const auto store = store::VolumeStore::OpenToRead(path);
  if (!store && store.error().kind == ErrorKind::kNotFound) return answer;
  if (!store) return std::unexpected(store.error());
  const auto index = (*store)->Index();
  if (!index) return std::unexpected(index.error());
  if (!*index) return answer;
  const store::VolumeIndex& one = **index;
  answer["indexes"].push_back({{"volume", one.name},
                               {"serial", SerialText(one.serial)},
                               {"read_at", one.read_at},
                               {"objects", one.objects},
                               {"names", one.names},
                               {"damaged", one.damaged},
                               {"pages", one.pages},
                               {"bytes", one.bytes}});
  return answer;
}

Expected<std::optional<store::Grant>> WhoseVerdicts(const JudgeWords& words, store::Ledger* ledger) {
  store::Grant wanted;
  if (!words.mask.empty()) {
    const auto mask = ParseMask(words.mask);
    if (!mask) return std::unexpected(mask.error());
    wanted.mask = *mask;
  }
  for (const std::string& word : words.token_sids) {
    const auto sid = security::SidFromSddl(word);
    if (!sid)
      return Fail(ErrorKind::kInvalid, "judge with the token's SID " + word, "not a SID: " + sid.error().reason);
    wanted.token_sids.push_back(*sid);
  }
  if (!words.principal.empty()) {
    const auto sid = security::SidFromSddl(words.principal);
    if (!sid) return Fail(ErrorKind::kInvalid, "judge for " + words.principal, "not a SID: " + sid.error().reason);
    wanted.principal = *sid;
    return wanted;
  }
  if (ledger == nullptr) return std::nullopt;
  const auto grants = ledger->Grants();
  if (!grants) return std::unexpected(grants.error());
  if (grants->empty()) return std::nullopt;
  const store::Grant& first = grants->front();
  const bool one = std::ranges::all_of(*grants, [&first](const store::Grant& grant) {
    return grant.principal == first.principal && grant.mask == first.mask && grant.token_sids == first.token_sids;
  });
  if (!one) return std::nullopt;
  wanted.principal = first.principal;
  if (words.mask.empty()) wanted.mask = first.mask;
  if (words.token_sids.empty()) wanted.token_sids = first.token_sids;
  return wanted;
}

std::string SerialText(std::uint64_t serial) {
  char text[20];
  std::snprintf(text, sizeof text, "%016" PRIX64, serial);
  return text;
}

}  // namespace acledger::daemon
