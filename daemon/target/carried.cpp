// SPDX-License-Identifier: MIT
#include "daemon/target/carried.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "daemon/target/live_volume.h"
#include "scanner/adoption.h"
#include "scanner/carried_ledger.h"
#include "store/carried.h"
#include "store/files.h"

namespace acledger::daemon {
namespace {

constexpr char kYes[] = "yes";

// A file of SQLite's that is ours alone, with what it may have left beside it.
void Discard(const std::string& path) {
  for (const char* companion : {"", "-wal", "-shm", "-journal"}) static_cast<void>(store::Remove(path + companion));
}

std::filesystem::path Native(const std::string& path) { return {std::u8string(path.begin(), path.end())}; }

Expected<void> WriteFile(const std::string& path, const std::string& bytes) {
  Discard(path);
  if (Expected<void> made = store::Touch(path); !made) return made;
  if (Expected<void> kept = store::MakePrivate(path); !kept) return kept;
  std::ofstream file(Native(path), std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (file) return {};
  Discard(path);
  return std::unexpected(
      Error{ErrorKind::kIo, "copy the ledger that the volume carries", path, 0, "it was not written"});
}

bool Holds(const std::string& path, const std::string& bytes) {
  std::ifstream file(Native(path), std::ios::binary);
  return file && std::string(std::istreambuf_iterator<char>(file), {}) == bytes;
}

// Beside the ledger, under a name that nothing else has; one that is there already is that one.
Expected<std::string> Keep(const std::string& ledger, const std::string& bytes) {
  for (int number = 1;; ++number) {
    std::string path = ledger + ".from-image-" + std::to_string(number);
    const Expected<bool> taken = store::Exists(path);
    if (!taken) return std::unexpected(taken.error());
    if (*taken && !Holds(path, bytes)) continue;
    if (!*taken)
      if (Expected<void> written = WriteFile(path, bytes); !written) return std::unexpected(written.error());
    if (Expected<void> kept = store::MakeDurable(path); !kept) return std::unexpected(kept.error());
    return path;
  }
}

Expected<std::string> MakeSeed(scanner::Volume& volume, const std::string& ledger) {
  const Expected<bool> is_free = store::HasNoLedger(ledger);
  if (!is_free) return std::unexpected(is_free.error());
  if (!*is_free) return std::string();
  const Expected<std::optional<std::string>> carried = scanner::ReadCarriedLedger(volume);
  if (!carried) return std::unexpected(carried.error());
  if (!*carried) return std::string();
  // Whoever else starts at this moment makes its own; the ledger's lock decides whose is taken.
  std::random_device random;
  std::string seed = ledger + store::kSeedSuffix + std::to_string(random());
  store::OpenOptions how;
  how.volume_serial = volume.Info().serial;
  how.volume_name = volume.Info().name;
  Expected<void> ready = WriteFile(seed, **carried);
  if (ready) ready = store::PrepareSeed(seed, how);
  if (ready) return seed;
  Discard(seed);
  return std::unexpected(ready.error());
}

Expected<bool> Says(store::Ledger& ledger, const char* setting) {
  const Expected<std::string> value = ledger.Setting(setting);
  if (!value) return std::unexpected(value.error());
  return !value->empty();
}

// Asking again gives the same answer: it can never be adopted.
bool IsForGood(ErrorKind kind) {
  return kind == ErrorKind::kDenied || kind == ErrorKind::kUnsupported || kind == ErrorKind::kInvalid ||
         kind == ErrorKind::kCorrupt || kind == ErrorKind::kTooLarge;
}

// Becomes the ledger, if none came meanwhile.
Expected<bool> TakeSeed(const CarriedLedger& carried, const std::string& path, const scanner::VolumeInfo& volume) {
  store::OpenOptions how{.volume_serial = volume.serial, .volume_name = volume.name};
  how.seed = carried.seed;
  const auto ledger = store::Ledger::Open(path, how);
  if (!ledger) return std::unexpected(ledger.error());
  return (*ledger)->Outcome() == store::OpenOutcome::kAdopted;
}

// Whether the ledger says that the image carries a copy of it. One that cannot be read says nothing. kMismatch: it is
// another volume's.
Expected<bool> KnowsOfCopy(const std::string& path, const scanner::VolumeInfo& volume) {
  store::OpenOptions how{.read_only = true, .volume_serial = volume.serial, .volume_name = volume.name};
  const auto ledger = store::Ledger::Open(path, how);
  if (ledger) return Says(**ledger, store::kCarried);
  const ErrorKind kind = ledger.error().kind;
  // None, a damaged one, one of before: opening it for the work goes on from that.
  if (kind == ErrorKind::kNotFound || kind == ErrorKind::kCorrupt || kind == ErrorKind::kUnsupported) return false;
  return std::unexpected(ledger.error());
}

// So that taking out what the volume carries loses nothing: it is the ledger, or the ledger knows of it, or it is kept.
Expected<TakenOut> Secure(scanner::Volume& volume, const std::string& ledger) {
  TakenOut out;
  const Expected<std::optional<std::string>> bytes = scanner::ReadCarriedLedger(volume);
  if (!bytes && !IsForGood(bytes.error().kind)) return std::unexpected(bytes.error());
  if (!bytes) {
    out.left = bytes.error();
    return out;
  }
  if (!*bytes) return out;
  if (!store::IsHeadOfLedger(**bytes)) {
    out.left = Error{ErrorKind::kInvalid, "take out the ledger that the image carries", {}, 0, "it is no ledger"};
    return out;
  }
  const Expected<CarriedLedger> carried = FetchCarriedLedger(volume, ledger);
  if (!carried) return std::unexpected(carried.error());
  if (carried->trouble) {
    if (carried->trouble->kind != ErrorKind::kCorrupt) return std::unexpected(*carried->trouble);  // A newer program's.
    out.left = carried->trouble;
    return out;
  }
  out.carried = true;
  const Expected<bool> known =
      carried->seed.empty() ? KnowsOfCopy(ledger, volume.Info()) : TakeSeed(*carried, ledger, volume.Info());
  if (!known) return std::unexpected(known.error());
  out.adopted = *known && !carried->seed.empty();
  if (*known) return out;
  Expected<std::string> kept = Keep(ledger, **bytes);
  if (!kept) return std::unexpected(kept.error());
  out.kept = *std::move(kept);
  return out;
}

// Before the folder is made: who is stopped in between knows it for ours.
Expected<void> NoteFolder(const ImagePlace& image, store::Ledger& ledger, bool is_first) {
  const Expected<std::unique_ptr<scanner::Volume>> volume = OpenImage(image.path, image.partition, true);
  if (!volume) return std::unexpected(volume.error());
  const Expected<bool> there = scanner::HasCarriedFolder(**volume);
  if (!there) return std::unexpected(there.error());
  if (*there && !is_first) return {};  // By us or not: that was said when it was put there first.
  return ledger.SetSetting(store::kCarriedFolder, *there ? "" : kYes);
}

Expected<void> ForgetCopy(store::Ledger& ledger) {
  for (const char* setting : {store::kCarried, store::kCarriedFolder})
    if (Expected<void> cleared = ledger.SetSetting(setting, ""); !cleared) return cleared;
  return {};
}

// Nothing came of the first copy, and what it left goes. As long as the image may hold some of it, the ledger says so.
void Withdraw(const ImagePlace& image, store::Ledger& ledger) {
  if (RemoveExported(image, ledger)) return;
  const Expected<std::unique_ptr<scanner::Volume>> volume = OpenImage(image.path, image.partition, true);
  if (!volume) return;
  const auto found = scanner::OpenCarriedLedger(**volume);
  const bool may_be_there = found ? *found != nullptr : !IsForGood(found.error().kind);
  // Where it cannot be written down, the next work looks again.
  if (!may_be_there) static_cast<void>(ForgetCopy(ledger));
}

}  // namespace

CarriedLedger::~CarriedLedger() {
  if (!seed.empty()) Discard(seed);
}

Expected<CarriedLedger> FetchCarriedLedger(scanner::Volume& volume, const std::string& ledger) {
  CarriedLedger carried;
  Expected<std::string> seed = MakeSeed(volume, ledger);
  if (seed)
    carried.seed = *std::move(seed);
  else if (IsForGood(seed.error().kind))
    carried.trouble = seed.error();
  else
    return std::unexpected(seed.error());
  return carried;
}

Expected<void> RetireAdopted(const scanner::VolumeInfo& volume, store::Ledger& ledger) {
  const Expected<bool> adopted = scanner::IsAdopted(ledger), carries = Says(ledger, store::kCarried);
  if (!adopted || !carries) return std::unexpected((adopted ? carries : adopted).error());
  if (!*adopted || !*carries || volume.is_image) return {};
  if (Expected<void> retired = RetireCarriedLedger(volume); !retired) return retired;
  return ledger.SetSetting(store::kCarried, "");
}

// Said before it is so: who is stopped in between looks for it at least.
Expected<void> ExportLedger(const ImagePlace& image, store::Ledger& ledger) {
  const Expected<std::string> carried = ledger.Setting(store::kCarried);
  if (!carried) return std::unexpected(carried.error());
  if (Expected<void> noted = NoteFolder(image, ledger, carried->empty()); !noted) return noted;
  if (Expected<void> noted = ledger.SetSetting(store::kCarried, kYes); !noted) return noted;
  const std::string copy = ledger.Path() + ".export";
  Discard(copy);
  Expected<void> done = ledger.ExportTo(copy);
  if (done) done = PutCarriedLedger(image, copy);
  Discard(copy);
  if (!done && carried->empty()) Withdraw(image, ledger);
  return done;
}

Expected<TakenOut> TakeOutCarried(const ImagePlace& image, const std::string& ledger) {
  Expected<std::unique_ptr<scanner::Volume>> volume = OpenImage(image.path, image.partition, true);
  if (!volume) {
    if (IsForGood(volume.error().kind) || volume.error().kind == ErrorKind::kNotFound) return TakenOut{};
    return std::unexpected(volume.error());
  }
  Expected<TakenOut> out = Secure(**volume, ledger);
  volume->reset();
  if (!out || !out->carried) return out;
  const Expected<bool> removed = RemoveCarriedLedger(image, false);
  if (!removed) return std::unexpected(removed.error());
  return out;
}

Expected<void> RefreshCarried(const ImagePlace& image, const std::string& ledger) {
  const Expected<bool> there = store::Exists(ledger);
  if (!there || !*there) return there ? Expected<void>{} : std::unexpected(there.error());
  const auto seen = store::Ledger::Open(ledger, {.read_only = true, .volume_name = {}, .check_volume = false});
  if (!seen) return std::unexpected(seen.error());
  const Expected<bool> carries = Says(**seen, store::kCarried);
  if (!carries || !*carries) return carries ? Expected<void>{} : std::unexpected(carries.error());
  Expected<std::unique_ptr<scanner::Volume>> volume = OpenImage(image.path, image.partition, true);
  if (!volume) return std::unexpected(volume.error());
  const scanner::VolumeInfo info = (*volume)->Info();
  volume->reset();
  const auto opened = store::Ledger::Open(ledger, {.volume_serial = info.serial, .volume_name = info.name});
  if (!opened) return std::unexpected(opened.error());
  const Expected<std::vector<store::Grant>> grants = (*opened)->Grants();
  if (!grants) return std::unexpected(grants.error());
  if (!grants->empty()) return ExportLedger(image, **opened);
  const Expected<bool> removed = RemoveExported(image, **opened);
  return removed ? Expected<void>{} : std::unexpected(removed.error());
}

Expected<bool> RemoveExported(const ImagePlace& image, store::Ledger& ledger) {
  const Expected<bool> made = Says(ledger, store::kCarriedFolder);
  if (!made) return made;
  const Expected<bool> removed = RemoveCarriedLedger(image, *made);
  if (!removed) return removed;
  if (Expected<void> forgot = ForgetCopy(ledger); !forgot) return std::unexpected(forgot.error());
  return removed;
}

}  // namespace acledger::daemon
