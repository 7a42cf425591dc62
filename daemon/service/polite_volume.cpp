// SPDX-License-Identifier: MIT
#include "daemon/service/polite_volume.h"

#include <utility>

namespace acledger::daemon {

void PoliteVolume::Follow() const {
  static thread_local bool has_given_way = false;
  const bool gives_way = gives_way_;
  if (std::exchange(has_given_way, gives_way) != gives_way) give_way_(gives_way);
}

namespace {

class PoliteView final : public scanner::BulkView {
 public:
  PoliteView(const PoliteVolume& volume, std::unique_ptr<scanner::BulkView> view)
      : volume_(volume), view_(std::move(view)) {}

  Outcome Report() const override { return view_->Report(); }
  std::optional<Found> Find(const std::function<bool(security::Bytes)>& is_wanted) override {
    volume_.Follow();
    return view_->Find(is_wanted);
  }
  Expected<std::vector<FileId>> Changed() override { return view_->Changed(); }
  const scanner::VolumeInfo& Info() const override { return view_->Info(); }
  Expected<std::unique_ptr<scanner::Object>> OpenRoot(scanner::Access access) override {
    volume_.Follow();
    return view_->OpenRoot(access);
  }
  Expected<std::unique_ptr<scanner::Object>> OpenById(const FileId& id, scanner::Access access) override {
    volume_.Follow();
    return view_->OpenById(id, access);
  }
  Expected<void> Flush() override { return view_->Flush(); }
  Expected<void> ProbeDescriptors(scanner::Object& folder) override { return view_->ProbeDescriptors(folder); }

 private:
  const PoliteVolume& volume_;
  std::unique_ptr<scanner::BulkView> view_;
};

}  // namespace

Expected<std::unique_ptr<scanner::BulkView>> PoliteVolume::ViewInBulk(scanner::IndexUse use,
                                                                      const scanner::StopFlag& stop) {
  auto view = volume_.ViewInBulk(use, stop);
  if (!view) return view;
  return std::make_unique<PoliteView>(*this, std::move(*view));
}

}  // namespace acledger::daemon
