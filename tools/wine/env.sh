# SPDX-License-Identifier: MIT
# Sourced by build, run and stop: where things are, and what a Wine tree must match.
#   ACLEDGER_WINE   the built tree (default: .cache/wine in the checkout)
#   WINEPREFIX      the prefix (default: .cache/wineprefix in the checkout)
wine_here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wine_root=$(cd "$wine_here/../.." && pwd)
wine_tree=${ACLEDGER_WINE:-$wine_root/.cache/wine}
wine_loader=$wine_tree/usr/lib/wine/wine64
wine_server=$wine_tree/usr/lib/wine/wineserver

export WINEPREFIX=${WINEPREFIX:-$wine_root/.cache/wineprefix}
wine_ready=$WINEPREFIX/.acledger-ready      # written last when the prefix is made
wine_sleeper=$WINEPREFIX/.acledger-sleeper  # pid of the process that keeps wineserver alive

export WINEDEBUG=${WINEDEBUG:--all}
export WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe=d'
unset WINESERVER WINELOADER WINEARCH DISPLAY

# What the tree was built from: the patches, the recipe and the version of the installed Wine.
wine_stamp() {
  { cat "$wine_here"/[0-9]*.patch "$wine_here/build"; dpkg-query -W -f '${source:Version}\n' wine64; } | sha256sum | cut -d' ' -f1
}

# True while the recorded sleeper runs (its pid may since belong to another program).
wine_is_awake() {
  local pid
  pid=$(cat "$wine_sleeper" 2>/dev/null) && [ -n "$pid" ] && grep -qs acledger-wine-sleeper "/proc/$pid/cmdline"
}
