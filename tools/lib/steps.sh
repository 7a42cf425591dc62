# SPDX-License-Identifier: MIT
# Sourced by tools/setup, tools/test and tools/run: steps that say what goes on, how long it took, and where it broke.
# Needs $root (the checkout). Every step's output goes to build/logs/NAME.log.
steps_logs=$root/build/logs
steps_start=$SECONDS

# die CODE WORDS...: an error that ends the script.
die() {
  local code=$1
  shift
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit "$code"
}

say() { printf '[%4d s] %s\n' $((SECONDS - steps_start)) "$*"; }

# What a log says of how far its command is: ninja's "[12/345]", or else its last line, cut to fit.
steps_position() {
  local line
  line=$(tail -c 4096 "$1" 2> /dev/null | tr '\r' '\n' | grep -v '^ *$' | tail -n 1 | tr -cd '[:print:]')
  [[ $line =~ ^\[([0-9]+/[0-9]+)\] ]] && line=${BASH_REMATCH[1]}
  printf '%.70s' "$line"
}

# Waits for a process and shows where it is: in place on a terminal, a line each half minute elsewhere.
steps_watch() {
  local pid=$1 title=$2 log=$3 begun=$SECONDS shown=$SECONDS
  while kill -0 "$pid" 2> /dev/null; do
    sleep 0.2
    if [ -t 1 ]; then
      printf '\r\033[K[%4d s] %s: %s' $((SECONDS - steps_start)) "$title" "$(steps_position "$log")"
    elif [ $((SECONDS - shown)) -ge 30 ]; then
      shown=$SECONDS
      say "$title: $((SECONDS - begun)) s, $(steps_position "$log")"
    fi
  done
  if [ -t 1 ]; then printf '\r\033[K'; fi
}

# The compilers' errors, and the end of the log, which may lie far behind them.
steps_explain() {
  local log=$1
  {
    grep -n -m 12 -E '(^|[ :])(fatal )?(error|Error|ERROR)[: ]|^FAILED|^E: ' "$log" | cut -c 1-300 || true
    echo "--- the end of $log:"
    tail -n 25 "$log"
  } >&2
}

# step NAME TITLE ADVICE COMMAND...: runs the command, or ends the script with its log and the advice, and exit code 3.
step() {
  local name=$1 title=$2 advice=$3 begun=$SECONDS code=0
  shift 3
  local log=$steps_logs/$name.log
  mkdir -p "$steps_logs"
  # In a process group of its own, so that an interrupted script can take all of it along.
  set -m
  "$@" > "$log" 2>&1 < /dev/null &
  local pid=$!
  set +m
  trap 'kill -TERM -- -'"$pid"' 2> /dev/null; exit 130' INT TERM
  steps_watch "$pid" "$title" "$log"
  wait "$pid" || code=$?
  trap - INT TERM
  if [ "$code" -ne 0 ]; then
    say "$title: FAILED after $((SECONDS - begun)) s (exit code $code)"
    steps_explain "$log"
    die 3 "$title failed. $advice"
  fi
  say "$title: done in $((SECONDS - begun)) s"
}
