// SPDX-License-Identifier: MIT
// The index of the whole volume: made on the worker's thread, which is the one that changes the volume.
#include <asio/post.hpp>
#include <mutex>

#include "daemon/answers/index.h"
#include "daemon/service/service.h"
#include "scanner/ntfs/volume_bytes.h"
#include "store/clock.h"

namespace acledger::daemon {

using scanner::ntfs::BlockDevice;

namespace {

using Tell = std::function<void(const char* phase, std::uint64_t done, std::uint64_t total)>;

// Tells how much of a device was read, and reads no more once it is to stop. $MFT is read ahead on a thread of its own.
class Watched final : public BlockDevice {
 public:
  Watched(BlockDevice& device, const scanner::StopFlag& stop, const Tell& tell)
      : device_(device), stop_(stop), tell_(tell) {}

  const std::string& Name() const override { return device_.Name(); }
  std::uint64_t Size() const override { return device_.Size(); }
  Expected<void> Read(std::uint64_t offset, std::span<std::uint8_t> to) override {
    if (stop_) return Fail(ErrorKind::kBusy, "read", "the daemon is ending");
    {
      const std::lock_guard lock(telling_);
      bytes_ += to.size();
      tell_("reading", bytes_ >> 20, 0);
    }
    return device_.Read(offset, to);
  }

 private:
  BlockDevice& device_;
  const scanner::StopFlag& stop_;
  const Tell& tell_;
  std::mutex telling_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

Expected<Json> Service::IndexNow(const std::optional<store::Grant>& principal, bool no_store,
                                 const std::function<void(Json)>& progress) {
  const scanner::VolumeInfo& info = background_.Info();
  const auto bytes = scanner::ntfs::BytesOf(background_);
  if (!bytes) return std::unexpected(bytes.error());
  std::unique_ptr<store::VolumeStore> store;
  if (!no_store) {
    auto opened = store::VolumeStore::OpenToWrite(store::IndexPath(parts_.ledger_path), info.serial);
    if (!opened) return std::unexpected(opened.error());
    store = *std::move(opened);
  }
  ProgressPace pace;
  const Tell tell = [&](const char* phase, std::uint64_t done, std::uint64_t total) {
    if (pace.IsDue()) progress({{"phase", phase}, {"done", done}, {"total", total}});
  };
  Watched device(*bytes->device, index_stop_, tell);
  const scanner::Judge judge(principal.value_or(store::Grant()));
  scanner::ntfs::IndexWork work{device, {info.serial, info.name, store::SecondsNow()}};
  if (principal) work.judge = &judge;
  work.store = store.get();
  work.stop = &index_stop_;
  work.stored = [&tell](std::uint32_t done, std::uint32_t all) { tell("storing", done, all); };
  const auto report = scanner::ntfs::MakeIndex(work);
  if (!report) return std::unexpected(report.error());
  Json answer = IndexJson(work.volume, *report, principal, store ? store->Path() : "");
  if (bytes->not_flushed) answer["not_flushed"] = bytes->not_flushed->ToString();
  return answer;
}

// Its end is told by the notification `indexed`.
Expected<Json> Service::Index(const Caller& caller, Params& params) {
  const JudgeWords words{params.TextOr("principal", ""), params.TextOr("mask", ""), params.Texts("token_sids")};
  const bool list = params.Flag("list"), no_store = params.Flag("no_store");
  if (const Expected<void> ended = params.End(); !ended) return std::unexpected(ended.error());
  if (list) return IndexListJson(store::IndexPath(parts_.ledger_path));
  const auto principal = WhoseVerdicts(words, &parts_.reader);
  if (!principal && principal.error().kind == ErrorKind::kInvalid)
    return std::unexpected(InvalidParams(principal.error().ToString()));
  if (!principal) return std::unexpected(principal.error());
  const std::uint64_t number = ++last_index_;
  const auto tell = [this, client = caller.client, number](const char* method, Json json) {
    json["index"] = number;
    asio::post(io_, [this, client, method, json = std::move(json)] {
      if (!stopped_ && server_ != nullptr) server_->Notify(client, method, json);
    });
  };
  worker_.Post([this, principal = *principal, no_store, tell](scanner::Engine&, store::Ledger&, Worker::Wishes&) {
    const Expected<Json> made =
        IndexNow(principal, no_store, [&tell](Json json) { tell("progress", std::move(json)); });
    log_(!made, "index of the volume: " + (made ? (*made)["objects"].dump() + " objects" : made.error().ToString()));
    tell("indexed", made ? Json{{"result", *made}} : Json{{"error", ErrorObject(made.error())}});
  });
  return Json{{"index", number}};
}

}  // namespace acledger::daemon
