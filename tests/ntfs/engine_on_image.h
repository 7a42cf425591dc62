// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "scanner/engine.h"
#include "scanner/opener.h"
#include "tests/ntfs/test_image.h"

namespace acledger::scanner {

inline constexpr char kPrincipal[] = "S-1-9-77-1";
inline constexpr char kClosed[] = "O:BAG:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)";
inline constexpr char kOpen[] = "O:BAG:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;;0x1200a9;;;BU)";
// Carries what a grant leaves on a file that was created below it.
inline constexpr char kInherits[] = "O:BAG:BAD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;S-1-9-77-1)";

// Grants and takes back on a small NTFS image.
class EngineOnImage : public TestImage, public Progress {
 protected:
  void Report(const ProgressState&) override {}
  void Note(const std::string& text) override { notes_.push_back(text); }

  // \work with one closed file, one open one, and a folder of each.
  void MakeWork() {
    const std::uint32_t folder = Must(Builder().Intern(Sddl("O:BAG:BAD:AI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)")));
    const std::uint32_t open = Must(Builder().Intern(Sddl("O:BAG:BAD:AI(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)")));
    work_ = Must(Builder().AddFolder(Builder().Root(), u"work", open));
    for (const auto& [name, descriptor] : {std::pair(u"closed", kClosed), std::pair(u"open", kOpen)})
      Must(Builder().AddFile(work_, name, Must(Builder().Intern(Sddl(descriptor)))));
    const FileId inner = Must(Builder().AddFolder(work_, u"inner", folder));
    Must(Builder().AddFile(inner, u"file", Must(Builder().Intern(Sddl(kClosed)))));
    Finish();
  }
  FileId IdOf(Volume& volume, const PathComponents& path) {
    return Must(Must(OpenPath(volume, path, Access::kRead))->Info()).id;
  }

  std::string CopyOfImage(const char* name) {
    Finish();
    const std::string copy = (Folder() / name).string();
    std::filesystem::copy_file(Path(), copy, std::filesystem::copy_options::overwrite_existing);
    return copy;
  }

  std::unique_ptr<store::Ledger> OpenLedger(const Volume& volume, const std::string& name) {
    return Must(store::Ledger::Open((Folder() / name).string(),
                                    {.volume_serial = volume.Info().serial, .volume_name = "image"}));
  }
  Environment With(Volume& volume, store::Ledger& ledger, IndexUse use) {
    Environment environment{volume, ledger, *this, stop_, readers_, 64};
    environment.index = use;
    return environment;
  }
  ProvisionReport Provision(Environment environment, const std::string& root) {
    Engine engine(environment);
    Must(engine.Settle());
    GrantRequest request;
    request.principal = Must(security::Sid::FromString(kPrincipal));
    request.roots = {root};
    std::vector<std::string> notes;
    return Must(engine.Provision(Must(engine.Register(request, notes))));
  }
  RollbackReport RollBack(Environment environment) {
    Engine engine(environment);
    Must(engine.Settle());
    return Must(engine.Rollback(GrantsNamed{}));
  }

  StopFlag stop_{false};
  unsigned readers_ = 0;
  FileId work_;
  std::vector<std::string> notes_;
};

}  // namespace acledger::scanner
