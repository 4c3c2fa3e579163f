#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test. Arguments go to `swift test` (for example --filter RaftTests).
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"
exec swift test "${test_build[@]}" "$@"
