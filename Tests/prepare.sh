# Sourced by Tests/run.sh and Benchmarks/run.sh: goes to the top of the tree and sees to it that what the suite needs is there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# How tests are built. Optimised, or the long simulations take twenty times as long; -enable-testing, because tests look inside;
# exclusive access is checked, which the simulator otherwise leaves out of release builds. In a folder of its own, because these
# flags would make every other build start anew. MUTANTS: known bugs can be planted, to see whether the checks find them (none is
# unless asked for).
test_build=(
  --scratch-path .build/tests -c release -Xswiftc -enable-testing -Xswiftc -enforce-exclusivity=checked -Xswiftc -DMUTANTS
)

say() { printf '%s\n' "$*"; }

if ! command -v swift >/dev/null 2>&1; then
  say "error: no swift on the PATH. Install Swift 6.2 or later from https://www.swift.org/install and run this again." >&2
  exit 2
fi

missing=()
[ -e /usr/include/jemalloc/jemalloc.h ] || pkg-config --exists jemalloc 2>/dev/null || missing+=(libjemalloc-dev)
command -v gnuplot >/dev/null 2>&1 || missing+=(gnuplot-nox)
command -v xz >/dev/null 2>&1 || missing+=(xz-utils)
[ "$(uname)" != Linux ] || [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing+=(fonts-dejavu-core)

if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(uname)" = Darwin ]; then
    say "error: missing: jemalloc, gnuplot or xz. Run: brew install jemalloc gnuplot xz" >&2
    exit 2
  elif ! command -v apt-get >/dev/null 2>&1; then
    say "error: missing: ${missing[*]} (Debian's names). Install them with your system's package manager and run this again." >&2
    exit 2
  elif [ "$(id -u)" != 0 ]; then
    say "error: missing: ${missing[*]}. Run this, then try again:" >&2
    say "  sudo apt-get install ${missing[*]}" >&2
    exit 2
  fi
  say "Installing ${missing[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
