// SPDX-License-Identifier: MIT
#include "daemon/service/freshness.h"

#include <algorithm>
#include <asio/post.hpp>
#include <sstream>

#include "scanner/path.h"
#include "scanner/usn_replay.h"
#include "store/clock.h"

namespace acledger::daemon {

using scanner::PathComponents;

namespace {

constexpr char kPlace[] = "usn";  // In the ledger's settings.
constexpr std::size_t kMostReplayed = 65'536;
// Between the moment that a place in the journal is taken and the one that it counts as followed: by then the watch has
// told what happened before it.
constexpr Moment kSettled = std::chrono::seconds(2);
constexpr std::int64_t kLongestRecalled = std::int64_t{10} * 365 * 86'400;
constexpr char kLookedAt[] = "looked_at";  // In the settings: "GRANT:SECONDS ...", of the last look at everything.

// It goes on from where it stood.
bool IsUnderWay(const store::Grant& grant) { return UnfinishedWork(grant.state) == Work::kProvision; }

}  // namespace

Freshness::Freshness(asio::io_context& io, scanner::ChangeWatch& watch, scanner::UsnJournal* journal,
                     scanner::Volume& volume, Worker& worker, const FreshOptions& options)
    : io_(io),
      watch_(watch),
      journal_(journal),
      volume_(volume),
      worker_(worker),
      options_(options),
      changes_(options.gather),
      quiet_(io),
      verify_(io) {
  watch_.SetReceiver([this](const PathComponents& root, scanner::Changes changes) {
    const bool is_first = Gather(root, std::move(changes));
    if (!is_first) return;
    asio::post(io_, [self = std::weak_ptr(self_)] {
      if (const auto alive = self.lock()) (*alive)->Heard();
    });
  });
}

Freshness::~Freshness() { watch_.SetReceiver({}); }

Moment Freshness::Now() const { return std::chrono::duration_cast<Moment>(std::chrono::steady_clock::now() - begun_); }

std::vector<Error> Freshness::Keep(const std::vector<store::Grant>& grants) {
  std::vector<Error> failed;
  const std::lock_guard lock(mutex_);
  const auto is_wanted = [&](const PathComponents& root) {
    return std::ranges::any_of(kept_, [&](const auto& one) { return scanner::SamePath(one.second.root, root); });
  };
  for (auto at = kept_.begin(); at != kept_.end();) {
    const auto same = [&](const store::Grant& grant) {
      return grant.id == at->first && grant.state != store::GrantState::kPartOf;
    };
    if (std::ranges::any_of(grants, same)) {
      ++at;
      continue;
    }
    const PathComponents root = at->second.root;
    at = kept_.erase(at);
    if (!is_wanted(root)) watch_.Unwatch(root);
  }
  for (const store::Grant& grant : grants) {
    if (grant.state == store::GrantState::kPartOf) continue;  // The grant above it is watched.
    Expected<scanner::ParsedPath> root = scanner::ParsePath(grant.root);
    if (!root) {
      failed.push_back(root.error());
      continue;
    }
    Kept& kept = kept_.try_emplace(grant.id, Kept{root->components, UrgencyOf(grant.root), false, Now()}).first->second;
    const Expected<void> watched = watch_.Watch(kept.root);
    if (!watched) failed.push_back(watched.error());
    kept.is_watched = watched.has_value();
  }
  return failed;
}

void Freshness::Start(store::Ledger& reader, const std::vector<store::Grant>& grants) {
  RecallLooks(reader);
  if (journal_)
    worker_.Post([this](scanner::Engine&, store::Ledger& ledger, Worker::Wishes&) { CatchUp(ledger); });
  else
    VerifyAll(grants);
  ArmVerify();
}

void Freshness::VerifyAll(const std::vector<store::Grant>& grants) {
  if (!options_.verify_at_start) return;
  for (const store::Grant& grant : grants) {
    if (grant.state == store::GrantState::kComplete)
      worker_.WithQueue([&](Queue& queue) { queue.PutByItself({grant.id, Work::kProvision, Urgency::kRest}); });
    else if (IsUnderWay(grant))
      worker_.LookAtAllAfterwards(grant.id, Urgency::kRest);
  }
}

// --- the change journal

// The folders of each grant. False: none concerns any.
bool Freshness::LookAtReplayed(const std::vector<PathComponents>& folders) {
  bool any = false;
  const std::lock_guard lock(mutex_);
  for (const auto& [grant, kept] : kept_) {
    std::vector<PathComponents> ours;
    for (const PathComponents& folder : folders)
      if (scanner::IsAtOrBelow(folder, kept.root) ||
          (folder.size() < kept.root.size() && scanner::IsAtOrBelow(kept.root, folder)))
        ours.push_back(folder);
    if (!ours.empty()) worker_.LookAt(grant, kept.urgency, ours);
    any |= !ours.empty();
  }
  return any;
}

void Freshness::CatchUp(store::Ledger& ledger) {
  const Expected<std::vector<store::Grant>> grants = ledger.Grants();
  const Expected<std::string> place = ledger.Setting(kPlace);
  if (!grants) return;  // Every job fails the same way, and is told.
  if (!place) return VerifyAll(*grants);
  const Expected<scanner::UsnReplay> replay = scanner::ReplayUsn(*journal_, volume_, *place, kMostReplayed);
  if (!replay) return VerifyAll(*grants);
  place_ = replay->place;
  place_taken_ = Now() - kSettled;
  // No journal, or none followed so far, is no news; one that broke off is.
  if (replay->missed && (place->empty() || place_.empty())) return VerifyAll(*grants);
  if (replay->missed) {
    for (const store::Grant& grant : *grants)
      if (grant.state == store::GrantState::kComplete || IsUnderWay(grant))
        worker_.Missed(grant.id, UrgencyOf(grant.root));
  } else if (!LookAtReplayed(replay->folders)) {
    AllDone(ledger);
  }
}

void Freshness::AllDone(store::Ledger& ledger) {
  if (!journal_) return;
  const Moment now = Now();
  if (!place_.empty()) {
    if (now - place_taken_ < kSettled) return;
    // A place that could not be noted makes the next start look at more than it need.
    static_cast<void>(ledger.SetSetting(kPlace, place_));
  }
  const Expected<scanner::UsnJournalState> state = journal_->Query();
  place_ = state ? scanner::FormatUsnPlace(*state) : std::string();
  place_taken_ = now;
}

void Freshness::Stop() {
  stopped_ = true;
  quiet_.cancel();
  verify_.cancel();
}

// --- changes

// On the watch's thread. A provision writes thousands of descriptors a second, each of which is told: clients are not
// to wait for that. True: nobody was told that something waits.
bool Freshness::Gather(const PathComponents& root, scanner::Changes changes) {
  const std::lock_guard lock(told_mutex_);
  const auto [at, is_new] = told_.try_emplace(root);
  scanner::Changes& held = at->second;
  held.missed |= changes.missed;
  held.root_lost |= changes.root_lost;
  for (PathComponents& folder : changes.folders)
    if (held.folders.empty() || held.folders.back() != folder) held.folders.push_back(std::move(folder));
  return is_new && told_.size() == 1;
}

void Freshness::Heard() {
  std::map<PathComponents, scanner::Changes> told;
  {
    const std::lock_guard lock(told_mutex_);
    told.swap(told_);
  }
  if (stopped_) return;
  for (auto& [root, changes] : told) changes_.Add(root, std::move(changes), Now());
  Arm();
}

// What is heard later only moves the time: the wait ends, and is begun again.
void Freshness::Arm() {
  const std::optional<Moment> due = changes_.Due();
  if (!due || is_armed_) return;
  is_armed_ = true;
  quiet_.expires_at(begun_ + *due);
  quiet_.async_wait([this](std::error_code cancelled) {
    if (cancelled || stopped_) return;
    is_armed_ = false;
    HandOut();
  });
}

void Freshness::HandOut() {
  for (const ChangeSet::Told& told : changes_.Take(Now())) Give(told);
  Arm();
}

void Freshness::Give(const ChangeSet::Told& told) {
  const std::lock_guard lock(mutex_);
  for (auto& [grant, kept] : kept_) {
    if (!scanner::SamePath(kept.root, told.root)) continue;
    if (told.root_lost) kept.is_watched = false;
    // It may be there again; what happened in it before this moment nobody told.
    const bool is_back = !kept.is_watched && watch_.Watch(kept.root).has_value();
    if (is_back) kept.is_watched = true;
    if (told.missed || is_back)
      worker_.Missed(grant, kept.urgency);
    else
      worker_.LookAt(grant, kept.urgency, told.folders);
  }
}

// --- the slow verify

void Freshness::WholeLook(store::GrantId grant, store::Ledger& ledger) {
  const std::lock_guard lock(mutex_);
  const auto at = kept_.find(grant);
  if (at == kept_.end()) return;
  at->second.looked_at = Now();
  NoteLooks(ledger);
  if (at->second.is_watched) return;
  // The root was gone, or could not be opened then: what happened before this moment has to be looked for once more.
  at->second.is_watched = watch_.Watch(at->second.root).has_value();
  if (at->second.is_watched)
    worker_.WithQueue([&](Queue& queue) { queue.PutByItself({grant, Work::kProvision, Urgency::kRest}); });
}

// With the lock held. One that could not be noted is made once more than need be.
void Freshness::NoteLooks(store::Ledger& ledger) {
  std::string text;
  for (const auto& [grant, kept] : kept_) {
    const auto ago = std::chrono::duration_cast<std::chrono::seconds>(Now() - kept.looked_at).count();
    text += (text.empty() ? "" : " ") + std::to_string(grant) + ":" + std::to_string(store::SecondsNow() - ago);
  }
  static_cast<void>(ledger.SetSetting(kLookedAt, text));
}

// A clock that was set back makes no look later than it would have been.
void Freshness::RecallLooks(store::Ledger& reader) {
  const Expected<std::string> text = reader.Setting(kLookedAt);
  if (!text) return;  // As where nothing was noted: the next look is due after the usual time.
  std::istringstream words(*text);
  store::GrantId grant = 0;
  std::int64_t seconds = 0;
  char colon = 0;
  const std::lock_guard lock(mutex_);
  while (words >> grant >> colon >> seconds) {
    const auto at = kept_.find(grant);
    if (at == kept_.end()) continue;
    const std::int64_t ago = std::clamp<std::int64_t>(store::SecondsNow() - seconds, 0, kLongestRecalled);
    at->second.looked_at = Now() - std::chrono::seconds(ago);
  }
}

void Freshness::SetVerifyEvery(Moment every) {
  options_.verify_every = every;
  verify_.cancel();
  ArmVerify();
}

void Freshness::ArmVerify() {
  if (options_.verify_every == Moment{}) return;
  Moment due = Now() + options_.verify_every;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [grant, kept] : kept_) due = std::min(due, kept.looked_at + options_.verify_every);
  }
  verify_.expires_at(begun_ + due);
  verify_.async_wait([this](std::error_code cancelled) {
    if (!cancelled && !stopped_) Verify();
  });
}

void Freshness::Verify() {
  {
    const std::lock_guard lock(mutex_);
    for (auto& [grant, kept] : kept_) {
      if (kept.looked_at + options_.verify_every > Now()) continue;
      kept.looked_at = Now();  // Asked for; the next is due after this one, or when it is done.
      worker_.WithQueue([&, id = grant](Queue& queue) { queue.PutByItself({id, Work::kProvision, Urgency::kRest}); });
    }
  }
  ArmVerify();
}

}  // namespace acledger::daemon
