// SPDX-License-Identifier: MIT
#pragma once

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <memory>

#include "daemon/host/hosted.h"
#include "daemon/host/log.h"
#include "daemon/host/settings.h"
#include "daemon/options.h"
#include "daemon/service/service.h"

namespace acledger::daemon {

// The daemon: configuration, log, volume, ledger, service and server, in the order in which they come up, and down.
class Host final : public Hosted {
 public:
  explicit Host(DaemonOptions options);
  ~Host() override;

  Expected<void> Start() override;
  void Run() override;
  void Close() override;
  void Stop() override;
  void Pause() override;
  void Resume() override;
  bool IsAtWork() override;
  void SetOnPaused(std::function<void(bool paused)> on_paused) override { on_paused_ = std::move(on_paused); }
  void SessionChanged(SessionEvent event, std::uint32_t session) override;
  void Trouble(const Error& error) override;

  // Reads the configuration again and follows it; a bad file is refused and changes nothing. On the thread of Run().
  // Gives the file, the speed, and what counts only after a restart.
  Expected<Json> Reload();

  // Signals are waited for on it.
  asio::io_context& Io() { return io_; }

 private:
  struct Opened;

  Expected<void> FindPlaces();
  Expected<void> OpenLog();
  Expected<void> OpenVolumeAndLedger();
  Expected<void> TakeLedgerOut();
  void CannotAdopt(const Error& error);
  void OpenWatch();
  void MakeService();
  Expected<void> Listen();
  void Follow();
  void ArmVerify();
  void End();

  DaemonOptions options_;
  asio::io_context io_;
  std::string ledger_path_;
  std::unique_ptr<Settings> settings_;
  store::DaemonConfig begun_with_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Opened> opened_;
  std::unique_ptr<LoadSource> load_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<Server> server_;
  asio::steady_timer verify_timer_;
  std::string endpoint_;
  std::function<void(bool)> on_paused_ = [](bool) {};
};

}  // namespace acledger::daemon
