# Headings with the time since the script began, and long commands that show that they live.
# shellcheck shell=bash

readonly STARTED_AT=$SECONDS

elapsed() {
  local seconds=$((SECONDS - STARTED_AT))
  printf '%d:%02d' $((seconds / 60)) $((seconds % 60))
}

step() { printf '\n== [%s] %s\n' "$(elapsed)" "$*"; }
info() { printf '   %s\n' "$*"; }

# die reason...: every refusal of these scripts goes to stderr and ends with 1.
die() {
  printf '\n%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

# run_logged LOGFILE command...: output goes to the file, a line every 15 seconds to the reader;
# on failure the file's end is shown and the command's exit code returned.
run_logged() {
  local log=$1 code=0 waited=0
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null &
  local pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    sleep 0.2
    waited=$((waited + 1))
    if ((waited % 75 == 0)); then info "[$(elapsed)] $(tail -n 1 "$log" | cut -c 1-100)"; fi
  done
  wait "$pid" || code=$?
  if ((code != 0)); then
    printf '\n--- the end of %s\n' "$log" >&2
    tail -n 40 "$log" >&2
  fi
  return "$code"
}
