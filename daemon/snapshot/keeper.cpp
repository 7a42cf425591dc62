// SPDX-License-Identifier: MIT
#include "daemon/snapshot/keeper.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "daemon/snapshot/build.h"
#include "daemon/snapshot/place.h"

namespace acledger::daemon::snapshot {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostUsers = 64;
constexpr auto kBetween = std::chrono::milliseconds(500);
constexpr auto kRetry = std::chrono::milliseconds(100);
// A reader holds the file for milliseconds, a scanner of viruses for a second: longer is worth telling.
constexpr auto kPatience = std::chrono::seconds(3);

std::int64_t Now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

Expected<std::unique_ptr<Keeper>> Keeper::Start(const std::string& ledger, Trouble trouble) {
  store::OpenOptions how;
  how.read_only = true;
  how.check_volume = false;
  Expected<std::unique_ptr<store::Ledger>> reader = store::Ledger::Open(ledger, how);
  if (!reader) return std::unexpected(reader.error());
  if (Expected<void> made = MakeFolder(FolderOf(ledger)); !made) return std::unexpected(made.error());
  std::unique_ptr<Keeper> keeper(new Keeper(ledger, std::move(trouble), std::move(*reader)));
  keeper->thread_ = std::thread([raw = keeper.get()] { raw->Loop(); });
  return keeper;
}

Keeper::Keeper(std::string ledger, Trouble trouble, std::unique_ptr<store::Ledger> reader)
    : ledger_(std::move(ledger)), trouble_(std::move(trouble)), reader_(std::move(reader)) {}

Keeper::~Keeper() { Stop(); }

void Keeper::Wake() {
  const std::lock_guard lock(mutex_);
  is_due_ = true;
  changed_.notify_one();
}

void Keeper::Know(const std::string& user, const security::Token& token) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(user);
  if (found == known_.end() && known_.size() >= kMostUsers) return;
  if (found != known_.end() && found->second.sids == token.sids && found->second.deny_only == token.deny_only) return;
  known_[user] = token;
  is_due_ = true;
  changed_.notify_one();
}

void Keeper::Stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void Keeper::Loop() {
  std::unique_lock lock(mutex_);
  bool is_busy = false;
  Clock::time_point busy_since;
  while (true) {
    changed_.wait(lock, [this] { return is_due_ || is_ending_; });
    is_due_ = false;
    const bool is_last = is_ending_;
    lock.unlock();
    const auto begun = Clock::now();
    const Expected<void> written = WriteAll(is_last);
    const auto took = Clock::now() - begun;
    const bool was_busy = std::exchange(is_busy, !written && written.error().kind == ErrorKind::kBusy);
    if (is_busy && !was_busy) busy_since = begun;
    const bool is_patient = is_busy && begun - busy_since < kPatience;
    if (!is_patient) Tell(written);
    if (is_last && !is_patient) return;
    lock.lock();
    if (is_busy) is_due_ = true;
    const auto pause = !written ? Clock::duration(kRetry) : std::max<Clock::duration>(kBetween - took, took);
    changed_.wait_for(lock, pause, [this, is_last] { return is_ending_ && !is_last; });
  }
}

void Keeper::Tell(const Expected<void>& written) {
  std::string now = written ? std::string() : written.error().ToString();
  if (!written && now != told_) trouble_(written.error());
  told_ = std::move(now);
}

// Requesters of grants, and who has asked; the newest token counts.
Expected<std::map<std::string, security::Token>> Keeper::Users() {
  std::map<std::string, security::Token> users;
  const Expected<std::vector<store::Grant>> grants = reader_->Grants();
  if (!grants) return std::unexpected(grants.error());
  for (const store::Grant& grant : *grants)
    if (grant.requester)
      users[grant.requester->user] = {.sids = grant.requester->sids, .deny_only = grant.requester->deny_only};
  const std::lock_guard lock(mutex_);
  for (const auto& [user, token] : users) known_.emplace(user, token);
  for (const auto& [user, token] : known_) users[user] = token;
  // A row of a forged ledger must not choose a file.
  std::erase_if(users, [](const auto& one) { return !IsUser(one.first); });
  return users;
}

void Keeper::RemoveOthers(const std::map<std::string, security::Token>& users) {
  std::error_code error;
  const std::string folder = FolderOf(ledger_);
  for (const auto& entry : std::filesystem::directory_iterator(std::u8string(folder.begin(), folder.end()), error)) {
    const std::u8string name = entry.path().filename().u8string();
    const std::string user(name.begin(), name.end());
    if (users.contains(user)) continue;
    if (Expected<void> removed = RemoveFile(PathOf(ledger_, user)); !removed) trouble_(removed.error());
  }
}

Expected<void> Keeper::WriteAll(bool is_last) {
  const Expected<std::map<std::string, security::Token>> users = Users();
  if (!users) return std::unexpected(users.error());
  if (std::exchange(is_first_, false)) RemoveOthers(*users);
  Expected<void> all;
  for (const auto& [user, token] : *users)
    if (Expected<void> written = WriteFor(user, Viewer(user, token), is_last); !written) all = std::move(written);
  return all;
}

Expected<void> Keeper::WriteFor(const std::string& user, const Viewer& viewer, bool is_last) {
  const Expected<std::string> volume = reader_->VolumeName();
  if (!volume) return std::unexpected(volume.error());
  const About about{ledger_, *volume, user, is_last, Now()};
  const Expected<security::DescriptorBytes> bytes = Build(*reader_, viewer, about);
  if (!bytes) return std::unexpected(bytes.error());
  return Replace(PathOf(ledger_, user), user, *bytes);
}

}  // namespace acledger::daemon::snapshot
