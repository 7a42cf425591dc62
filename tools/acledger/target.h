// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <string>

#include "scanner/engine.h"
#include "scanner/policy.h"
#include "scanner/volume.h"
#include "store/ledger.h"

namespace acledger::tools {

// What every command of the ledger is told: which volume, which ledger, how to answer.
struct TargetOptions {
  std::string image;       // Empty: the live volume.
  unsigned partition = 0;  // Of the image; 0: it is one volume.
  std::string ledger;      // Empty: beside the image, or in the machine's folder.
  std::string endpoint;    // Of the daemon; empty: $ACLEDGER_ENDPOINT, or the default place.
  std::string config;      // acledger.toml; empty: none.
  bool json = false;
};
void AddTargetOptions(CLI::App& command, TargetOptions& options);

// `--index`: when the volume's own tables are read instead of opening object by object.
void AddIndexUse(CLI::App& command, std::string& word);

// Where the ledger of this target is; kUnsupported where there is neither an image nor a live volume.
Expected<std::string> LedgerPath(const TargetOptions& options);

// The image, or the live volume with this drive letter (0: the system's). Read-only volumes can be asked, not changed.
Expected<std::unique_ptr<scanner::Volume>> OpenVolume(const TargetOptions& options, char drive, bool read_only);

// For writing: makes the folder of a live ledger; says on stderr if a damaged one was moved aside. Where there is none,
// what the volume carries becomes it (daemon/target/carried.h): `volume` may be null where that is not to be.
Expected<std::unique_ptr<store::Ledger>> OpenLedger(const TargetOptions& options, const scanner::VolumeInfo& info,
                                                    scanner::Volume* volume);
// For questions, beside a writer, without the volume. kNotFound says what makes a ledger.
Expected<std::unique_ptr<store::Ledger>> OpenLedgerToRead(const TargetOptions& options);
// The same, which must be of this volume (kMismatch).
Expected<std::unique_ptr<store::Ledger>> OpenLedgerToRead(const TargetOptions& options, const scanner::VolumeInfo& of);

// The drive that all the paths name, 0 for none. kInvalid where they name different ones.
Expected<char> DriveOf(const std::vector<std::string>& paths);

// Opens the ledger, which must be there already, and the volume that it is of, to change both. `root`: a path that may
// name the drive; may be empty.
Expected<void> OpenToWrite(const TargetOptions& target, const std::string& root,
                           std::unique_ptr<scanner::Volume>& volume, std::unique_ptr<store::Ledger>& ledger);

// Of an image that is about to be opened for writing, with what there is to say on stderr. True: it carried one.
Expected<bool> TakeOutCarried(const TargetOptions& target);
// Afterwards: it carries one again, as it is now, if it is to (daemon::RefreshCarried()).
Expected<void> RefreshCarried(const TargetOptions& target);
// `work`, which may write an image that carries its ledger: taken out before, put in again as it is then. What `work`
// came to; what goes wrong at the end is told in any case.
Expected<int> WithCarriedLedger(const TargetOptions& target, const std::function<Expected<int>()>& work);

// Engine::Settle(); where that adopted what a mounted volume carries, that is renamed.
Expected<void> SettleFirst(scanner::Engine& engine, const scanner::VolumeInfo& info, store::Ledger& ledger);

// Prints "acledger: ..." with what to do about it, and gives the exit code that stands for the error.
int ExitFor(const Error& error);

}  // namespace acledger::tools
