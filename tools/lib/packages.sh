# SPDX-License-Identifier: MIT
# Sourced by tools/setup: the Debian packages that a fresh Debian 12 machine lacks, by what needs them.

packages_base=(
  ca-certificates dpkg-dev bzip2 xz-utils           # tools/deps/fetch-deps.sh
  g++ cmake ninja-build ccache pkg-config python3
  ntfs-3g ntfs-3g-dev                               # the offline volume; mkntfs and ntfssecaudit
  libnbd-dev qemu-utils                             # images of virtual machines: qemu-nbd, qemu-img
  attr                                              # getfattr, setfattr
)
packages_windows=(
  g++-mingw-w64-x86-64-posix
  wine wine64
  autoconf autotools-dev gcc libc6-dev make patch perl util-linux  # tools/wine/build
  wixl msitools                                     # tools/package
)
packages_tests=(
  clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev
  python3-samba samba-libs                          # tests/security/differential
)

# needed_packages PRESET...
needed_packages() {
  local preset
  printf '%s\n' "${packages_base[@]}"
  # Node's own packages bring an npm with them, and conflict with Debian's.
  command -v npm > /dev/null || echo npm
  for preset in "$@"; do
    case $preset in
      windows) printf '%s\n' "${packages_windows[@]}" ;;
      sanitize | fuzz) printf '%s\n' "${packages_tests[@]}" ;;
    esac
  done
}

# missing_packages PRESET...
missing_packages() {
  needed_packages "$@" | sort -u > "$steps_logs/needed"
  # Names that dpkg does not know go to stderr and are missing all the same.
  xargs dpkg-query -W -f '${db:Status-Status} ${Package}\n' < "$steps_logs/needed" 2> /dev/null |
    sed -n 's/^installed //p' | sort -u | comm -13 - "$steps_logs/needed" || true
}

apt() {
  DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

lists_are_fresh() {
  [ -n "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 2> /dev/null | head -n 1)" ]
}

# The lists are fetched where they are absent or a day old, and once more if a package in them is gone from the mirror.
fetch_and_install() {
  local updated=no
  if ! lists_are_fresh; then
    apt update || return
    updated=yes
  fi
  apt install -y --no-install-recommends "$@" && return
  [ $updated = no ] && apt update && apt install -y --no-install-recommends "$@"
}

# install_packages PRESET...
install_packages() {
  local missing advice
  command -v dpkg-query > /dev/null || die 3 "this is no Debian: tools/setup needs Debian 12's packages (tools/lib/packages.sh)"
  mkdir -p "$steps_logs"
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then
    say "packages: all there"
    return
  fi
  say "packages missing: ${missing[*]}"
  [ "$(id -u)" = 0 ] || die 3 "packages are missing. As root: apt-get install --no-install-recommends ${missing[*]}"
  advice="Is the network there, and are /etc/apt's sources those of Debian 12 (bookworm)?"
  step packages "install ${#missing[@]} packages" "$advice" fetch_and_install "${missing[@]}"
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -eq 0 ] || die 3 "apt-get reports success, but these packages are not installed: ${missing[*]}"
}
