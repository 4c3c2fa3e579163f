#!/usr/bin/env bash
# Installs what is missing, builds, runs every experiment in its quick profile, and draws the charts.
# Arguments go to `consensus-bench run` (for example election, or --profile full).
source "$(dirname "${BASH_SOURCE[0]}")/../Tests/prepare.sh"
swift build -c release --product consensus-bench
exec "$(swift build -c release --show-bin-path)/consensus-bench" run --plot "$@"
