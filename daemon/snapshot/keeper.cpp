// SPDX-License-Identifier: MIT
#include "daemon/snapshot/keeper.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "daemon/snapshot/build.h"
#include "daemon/snapshot/place.h"

namespace acledger::daemon::snapshot {

namespace {

constexpr std::size_t kMostUsers = 64;
constexpr auto kBetween = std::chrono::milliseconds(500);
constexpr auto kRetry = std::chrono::milliseconds(100);
constexpr auto kLongestRetry = std::chrono::seconds(10);
// A reader holds the file for milliseconds, a scanner of viruses for a second: longer is worth telling.
constexpr auto kPatience = std::chrono::seconds(3);

std::int64_t Now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

Expected<std::unique_ptr<Keeper>> Keeper::Start(const std::string& ledger, Trouble trouble,
                                                std::function<void()> on_round) {
  store::OpenOptions how;
  how.read_only = true;
  how.check_volume = false;
  Expected<std::unique_ptr<store::Ledger>> reader = store::Ledger::Open(ledger, how);
  if (!reader) return std::unexpected(reader.error());
  if (Expected<void> made = MakeFolder(FolderOf(ledger)); !made) return std::unexpected(made.error());
  std::unique_ptr<Keeper> keeper(new Keeper(ledger, std::move(trouble), std::move(on_round), std::move(*reader)));
  keeper->thread_ = std::thread([raw = keeper.get()] { raw->Loop(); });
  return keeper;
}

Keeper::Keeper(std::string ledger, Trouble trouble, std::function<void()> on_round,
               std::unique_ptr<store::Ledger> reader)
    : ledger_(std::move(ledger)),
      trouble_(std::move(trouble)),
      on_round_(std::move(on_round)),
      reader_(std::move(reader)) {}

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
  bool said_last = false;
  Clock::time_point ended{};
  while (true) {
    WaitUntilDue(lock);
    const bool is_last = is_ending_;
    const bool everybody = std::exchange(is_due_, false) || (is_last && !std::exchange(said_last, true));
    lock.unlock();
    if (on_round_) on_round_();
    const auto begun = Clock::now();
    WriteAll(everybody, is_last);
    const auto took = Clock::now() - begun, rested = begun - std::exchange(ended, Clock::now());
    lock.lock();
    if (is_last && !IsPatient()) return;
    // After a rest one may follow another: what changed while it was written is not kept waiting. Of a longer time a
    // fifth is rest.
    const Clock::duration rest = rested >= 2 * took ? Clock::duration{} : took / 4;
    changed_.wait_for(lock, is_last ? Clock::duration(kRetry) : std::max<Clock::duration>(kBetween - took, rest),
                      [this, is_last] { return is_ending_ && !is_last; });
  }
}

// With the lock held.
void Keeper::WaitUntilDue(std::unique_lock<std::mutex>& lock) {
  const auto is_due = [this] { return is_due_ || is_ending_; };
  const auto soonest = std::ranges::min_element(late_, {}, [](const auto& one) { return one.second.again; });
  if (soonest == late_.end())
    changed_.wait(lock, is_due);
  else
    changed_.wait_until(lock, soonest->second.again, is_due);
}

// Whether a busy file is to be waited for at the end.
bool Keeper::IsPatient() const {
  return std::ranges::any_of(
      late_, [](const auto& one) { return one.second.is_busy && Clock::now() - one.second.since < kPatience; });
}

// A file that could not be written says what is not true any more: it is tried again until it is.
void Keeper::Note(const std::string& user, const Expected<void>& written) {
  if (written) {
    late_.erase(user);
    return;
  }
  const auto now = Clock::now();
  Late& late = late_.try_emplace(user, Late{.since = now}).first->second;
  late.is_busy = written.error().kind == ErrorKind::kBusy;
  const bool is_patient = late.is_busy && now - late.since < kPatience;
  late.delay =
      is_patient ? Clock::duration(kRetry) : std::clamp<Clock::duration>(late.delay * 2, kRetry, kLongestRetry);
  late.again = now + late.delay;
  std::string text = written.error().ToString();
  if (is_patient || text == late.told) return;
  trouble_(written.error());
  late.told = std::move(text);
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

void Keeper::WriteAll(bool everybody, bool is_last) {
  const auto begun = Clock::now();
  // Stands for all: they could not be told apart.
  if (const auto unread = late_.find(""); unread != late_.end()) everybody |= unread->second.again <= begun;
  const Expected<std::map<std::string, security::Token>> users = Users();
  if (everybody || !users) Note("", users ? Expected<void>() : std::unexpected(users.error()));
  if (!users) return;
  if (std::exchange(is_first_, false)) RemoveOthers(*users);
  std::erase_if(late_, [&](const auto& one) { return !one.first.empty() && !users->contains(one.first); });
  for (const auto& [user, token] : *users) {
    const auto late = late_.find(user);
    if (everybody || (late != late_.end() && late->second.again <= begun))
      Note(user, WriteFor(user, Viewer(user, token), is_last));
  }
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
