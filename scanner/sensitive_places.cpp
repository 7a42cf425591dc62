// SPDX-License-Identifier: MIT
#include "scanner/sensitive_places.h"

namespace acledger::scanner {

// Grouped by kind; raw strings, since most hold backslashes.
const std::vector<std::string>& SensitivePlaces() {
  static const std::vector<std::string> places = {
      // Keys and tokens of command-line tools, by the names of their folders or files.
      ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".config", ".npm", ".pki", ".terraform.d", ".tsh",
      ".brev", ".netrc", "_netrc", ".git-credentials", ".pypirc", ".pgpass", ".my.cnf", ".mylogin.cnf", ".dockercfg",
      ".s3cfg", ".boto", ".databrickscfg", ".terraformrc", ".vault-token", ".oci", ".ibmcloud", ".cloudflared",
      ".password-store",
      // Private keys and key stores, by their usual names.
      "id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk", "*.ppk", "*.kdbx",
      // Histories: people type secrets.
      ".*_history", ".bash_history*", ".zsh_history*", ".histfile", ".lesshst", ".viminfo", "ConsoleHost_history.txt",
      R"(.local\share\fish)", R"(.local\share\keyrings)",
      // Credentials beside other things that the sandbox may read. An .npmrc in a project is configuration.
      R"(~\.npmrc)", R"(~\.yarnrc.yml)", R"(~\.claude.json)", R"(.claude\.credentials.json)", R"(.codex\auth.json)",
      R"(.gemini\oauth_creds.json)", R"(.cargo\credentials)", R"(.cargo\credentials.toml)", R"(.gem\credentials)",
      R"(.m2\settings.xml)", R"(.m2\settings-security.xml)", R"(.gradle\gradle.properties)", R"(~\.bundle\config)",
      R"(.nuget\NuGet\NuGet.Config)", R"(.composer\auth.json)", R"(.subversion\auth)",
      // The same below AppData.
      R"(AppData\Roaming\gcloud)", R"(AppData\Roaming\GitHub CLI)", R"(AppData\Roaming\gnupg)",
      R"(AppData\Roaming\NuGet)", R"(AppData\Roaming\postgresql)", R"(AppData\Roaming\Subversion\auth)",
      R"(AppData\Roaming\rclone)", R"(AppData\Roaming\FileZilla)", R"(AppData\Roaming\Composer\auth.json)",
      R"(AppData\Roaming\Code*\User\globalStorage)", R"(AppData\Local\.IdentityService)",
      R"(AppData\Roaming\Microsoft\Windows\PowerShell\PSReadLine)",
      // What Windows keeps for a user.
      R"(AppData\*\Microsoft\Credentials)", R"(AppData\*\Microsoft\Protect)", R"(AppData\*\Microsoft\Vault)",
      R"(AppData\*\Microsoft\Crypto)", R"(AppData\*\Microsoft\SystemCertificates)",
      R"(AppData\Local\Microsoft\TokenBroker)", R"(AppData\Local\Microsoft\IdentityCache)",
      R"(AppData\Local\Microsoft\OneAuth)", R"(AppData\Local\Microsoft\Windows\History)",
      R"(AppData\Local\Microsoft\Windows\INetCache)", R"(AppData\Local\Microsoft\Windows\INetCookies)",
      R"(AppData\Local\Microsoft\Windows\WebCache)", R"(AppData\Local\ConnectedDevicesPlatform)",
      R"(AppData\Roaming\Microsoft\Windows\Recent)", "NTUSER.DAT*", "UsrClass.dat*",
      R"(AppData\Local\Microsoft\Windows\UsrClass.dat*)",
      // Browsers.
      R"(AppData\Local\Google\Chrome*\User Data)", R"(AppData\Local\Chromium\User Data)",
      R"(AppData\Local\Microsoft\Edge*\User Data)", R"(AppData\Local\BraveSoftware\*\User Data)",
      R"(AppData\Local\Vivaldi\User Data)", R"(AppData\*\Opera Software)", R"(AppData\*\Mozilla)",
      // Chat and mail.
      R"(AppData\*\Slack)", R"(AppData\*\Signal)", R"(AppData\*\discord*)", R"(AppData\Roaming\Telegram Desktop)",
      R"(AppData\*\Microsoft\Teams)", R"(AppData\Local\Packages\MSTeams*)", R"(AppData\*\WhatsApp)",
      R"(AppData\Local\Packages\*WhatsApp*)", R"(AppData\*\Microsoft\Outlook)", R"(AppData\*\Thunderbird)", "*.pst",
      "*.ost",
      // Password managers.
      R"(AppData\*\1Password)", R"(AppData\*\Bitwarden)", R"(AppData\*\KeePass)", R"(AppData\*\KeePassXC)",
      R"(AppData\*\LastPass)",
      // The machine: hives and what else only the system should read.
      R"(\Windows\System32\config)", R"(\Windows\NTDS)", R"(\Windows\repair)", R"(\Windows\Panther)",
      R"(\ProgramData\Microsoft\Crypto)", R"(\ProgramData\Microsoft\Protect)", R"(\ProgramData\Microsoft\Vault)",
      R"(\ProgramData\Microsoft\Wlansvc)", R"(\ProgramData\ssh)", R"(\Program Files\WindowsApps)", R"(\pagefile.sys)",
      R"(\hiberfil.sys)", R"(\swapfile.sys)", R"(\System Volume Information)", R"(\$Recycle.Bin)", R"(\$WinREAgent)",
      R"(\$SysReset)",
      // NTFS's own files, where a volume lists them.
      R"(\$MFT)", R"(\$MFTMirr)", R"(\$LogFile)", R"(\$Volume)", R"(\$AttrDef)", R"(\$Bitmap)", R"(\$Boot)",
      R"(\$BadClus)", R"(\$Secure)", R"(\$UpCase)", R"(\$Extend)"};
  return places;
}

const std::vector<std::string>& OwnPlaces() {
  static const std::vector<std::string> places = {R"(\ProgramData\acledger)", R"(~\AppData\Local\acledger)"};
  return places;
}

const std::vector<std::string>& ProfileFolders() {
  static const std::vector<std::string> folders = {"Users/*", "Windows.old/Users/*", "Windows/ServiceProfiles/*"};
  return folders;
}

// Where installers of tools put programs and packages; never settings, caches of answers or other data.
const std::vector<std::string>& ToolPlacesInAppData() {
  static const std::vector<std::string> places = {
      R"(Local\Programs)", R"(Local\Microsoft\WindowsApps)", R"(Local\Microsoft\WinGet\Packages)",
      R"(Local\Microsoft\WinGet\Links)", R"(Local\Microsoft\dotnet)", R"(Roaming\npm)", R"(Local\pnpm)",
      R"(Local\Yarn\bin)", R"(Local\Yarn\Data\global)", R"(Local\Yarn\Berry\cache)", R"(Local\Volta)", R"(Local\fnm)",
      R"(Roaming\fnm)", R"(Local\fnm_multishells)", R"(Local\nvm)", R"(Roaming\nvm)", R"(Local\nvs)",
      R"(Roaming\Python)", R"(Local\pipx)", R"(Local\pypoetry\Cache\virtualenvs)", R"(Roaming\pypoetry\venv)",
      // A package cache whose files are linked into workspaces: an entry there serves every name.
      R"(Local\uv\cache)", R"(Roaming\uv\tools)", R"(Roaming\uv\python)", R"(Local\mise\installs)",
      R"(Local\mise\shims)", R"(Local\Android\Sdk)", R"(Local\JetBrains\Toolbox\apps)", R"(Local\Coursier\cache)",
      R"(Local\Coursier\data\bin)", R"(Roaming\cabal\bin)", R"(Local\ms-playwright)", R"(Local\GitHubDesktop)"};
  return places;
}

}  // namespace acledger::scanner
