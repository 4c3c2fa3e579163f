#!/usr/bin/env bash
# Builds the program as for tests, with known bugs that can be planted, and prints the table of what finds them. Arguments go to
# `torture` (for example --mutant R-20, or --seeds 1..2000 --jobs 4).
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
swift build "${test_build[@]}" --product consensus-bench >&2
case " $* " in
  *" --mutant"*) which=() ;;
  *) which=(--all-mutants) ;;
esac
exec "$(swift build "${test_build[@]}" --show-bin-path)/consensus-bench" torture --seeds 1..1000 "${which[@]}" "$@"
