#!/usr/bin/env bash
# Installs what is missing, builds and runs the micro-benchmarks, and compares them with those in Benchmarks/micro-baseline.
# --accept makes the result the baseline; other arguments go to `swift package benchmark` (for example --filter 'raft.*').
source "$(dirname "${BASH_SOURCE[0]}")/../Tests/prepare.sh"

accept=() part=() arguments=()
for argument in "$@"; do
  case "$argument" in
    --accept) accept=(--accept) ;;
    --filter | --filter=* | --skip | --skip=*) part=(--part) arguments+=("$argument") ;;
    *) arguments+=("$argument") ;;
  esac
done
if [ ${#accept[@]} -gt 0 ] && [ ${#part[@]} -gt 0 ]; then
  say "error: --accept needs all benchmarks: leave --filter and --skip out" >&2
  exit 2
fi

build=(--package-path Benchmarks --scratch-path .build/micro)
export MICRO_RESULTS="$PWD/.build/micro-results"
rm -rf "$MICRO_RESULTS"
mkdir -p "$MICRO_RESULTS"
# SwiftPM plans anew if files of this package come or go, and not if the suite's do.
rm -f .build/micro/*.yaml
swift build "${build[@]}" -c release --product micro-gate
# It ends with 1 if nothing could be run, and has said why; of benchmarks that fail micro-gate knows.
swift package "${build[@]}" benchmark "${arguments[@]}" || { say "error: the micro-benchmarks could not be run: see above" >&2; exit 1; }
exec "$(swift build "${build[@]}" -c release --show-bin-path)/micro-gate" \
  "$MICRO_RESULTS" Benchmarks/micro-baseline "${part[@]}" "${accept[@]}"
