// SPDX-License-Identifier: MIT
#include "daemon/options.h"

#include <CLI/CLI.hpp>

namespace acledger::daemon {

std::expected<DaemonOptions, int> ReadOptions(int argc, char** argv) {
  DaemonOptions options;
  bool foreground = false;
  CLI::App app("Provisions in the background, keeps the ledger, answers questions about it.", "acledgerd");
  argv = app.ensure_utf8(argv);
  CLI::Option_group& how = *app.add_option_group("How to run");
  how.add_flag("--foreground", foreground, "Run in this terminal (or under systemd) until Ctrl-C or SIGTERM");
  how.add_flag("--service", options.service, "Run as a Windows service: the service control manager starts it so");
  how.require_option(1);
  app.add_option("--image", options.image, "NTFS image file or block device; without it the live volume")
      ->type_name("FILE");
  app.add_option("--partition", options.partition, "Which partition of a disk --image is (default: it is one volume)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  app.add_option("--drive", options.drive, "Letter of the live volume (default: the system's)")->type_name("LETTER");
  app.add_option("--ledger", options.ledger, "Ledger file (default: FILE.acledger, or the machine's)")
      ->type_name("FILE");
  app.add_option("--endpoint", options.endpoint, "Socket or pipe to listen at")->type_name("NAME");
  app.add_option(
         "--log", options.log,
         "Log file, 5 of 1 MiB in turn (default: the terminal; of a service: logs\\acledgerd.log beside the ledger)")
      ->type_name("FILE");
  app.add_option("--config", options.config,
                 "Configuration, its table [daemon] (default: acledger.toml in the machine's folder, if it is there)")
      ->type_name("FILE");
  app.add_flag("--full-speed", options.full_speed, "Do not give way to other programs");
  app.footer("Example:\n  acledgerd --foreground --image disk.img --endpoint /run/acledger/disk.sock");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return std::unexpected(app.exit(error) == 0 ? 0 : 2);
  }
  return options;
}

}  // namespace acledger::daemon
