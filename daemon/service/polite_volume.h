// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <functional>

#include "daemon/service/system.h"
#include "scanner/volume.h"

namespace acledger::daemon {

// A volume for background work: whichever thread opens something through it first gives way to others from then on. On
// Windows and Linux that is said thread by thread, and the engine has several. Counters() stay those of `volume`.
class PoliteVolume final : public scanner::Volume {
 public:
  using GiveWay = void (*)(bool gives_way);
  // `volume` must outlive it.
  PoliteVolume(scanner::Volume& volume, bool gives_way, GiveWay give_way = GiveWayToOthers)
      : volume_(volume), gives_way_(gives_way), give_way_(give_way) {}

  // Each thread follows at its next call. Any thread.
  void SetGivesWay(bool gives_way) { gives_way_ = gives_way; }
  // The same for a thread that does not use the volume.
  void Follow() const;

  const scanner::VolumeInfo& Info() const override { return volume_.Info(); }
  Expected<std::unique_ptr<scanner::Object>> OpenRoot(scanner::Access access) override {
    Follow();
    return volume_.OpenRoot(access);
  }
  Expected<std::unique_ptr<scanner::Object>> OpenById(const FileId& id, scanner::Access access) override {
    Follow();
    return volume_.OpenById(id, access);
  }
  Expected<void> PrepareDescriptors(std::span<const security::Bytes> descriptors) override {
    return volume_.PrepareDescriptors(descriptors);
  }
  Expected<void> Flush() override { return volume_.Flush(); }
  Expected<void> ProbeDescriptors(scanner::Object& folder) override { return volume_.ProbeDescriptors(folder); }
  Expected<std::unique_ptr<scanner::BulkView>> ViewInBulk(scanner::IndexUse use,
                                                          const scanner::StopFlag& stop) override;
  scanner::ntfs::BlockDevice* Bytes() override { return volume_.Bytes(); }

 private:
  scanner::Volume& volume_;
  std::atomic<bool> gives_way_;
  const GiveWay give_way_;
};

}  // namespace acledger::daemon
