#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Arguments go to `swift test` (for example --filter RaftTests).
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
# Optimised, or the long simulations take twenty times as long; -enable-testing, because tests look inside; exclusive access is
# checked, which the simulator otherwise leaves out of release builds. In a folder of its own, because these flags would make
# every other build start anew. MUTANTS: known bugs can be planted, to see whether the checks find them (none is unless asked for).
exec swift test --scratch-path .build/tests -c release -Xswiftc -enable-testing -Xswiftc -enforce-exclusivity=checked \
  -Xswiftc -DMUTANTS "$@"
