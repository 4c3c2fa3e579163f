#!/usr/bin/env bash
# The same configurations in the simulator and as processes over TCP: predicted and measured commit latency and throughput, and the error.
# Prints a table in Markdown. A one-way delay is added to both; nothing is fitted but the time of a write, which is what one replica
# without peers took to commit in the same run.
# Arguments go to all runs (for example --trials 20). Nothing else should run on this machine meanwhile.
source "$(dirname "${BASH_SOURCE[0]}")/../Tests/prepare.sh"
swift build -c release --product consensus-bench >&2
bench=$(swift build -c release --show-bin-path)/consensus-bench
out=Results/runs/side-by-side
protocols=raft,multipaxos,zab

# Of a folder, a line for each configuration: protocol, replicas, clients, median commit latency (ns), goodput; the median over trials.
rows() {
  awk -F, -v folder="$1" '
    function column(name,  i) { for (i = 1; i <= NF; i++) if ($i == name) return i; print "error: no column " name > "/dev/stderr"; exit 1 }
    FILENAME ~ /configurations.csv$/ {
      if (FNR == 1) { id = column("configuration"); key = column("key"); value = column("value"); next }
      if ($key == "cluster.replicas") replicas[$id] = $value
      if ($key == "workload.clients") clients[$id] = $value
      next
    }
    FNR == 1 { id = column("configuration"); p = column("protocol"); l = column("commit_p50_ns"); g = column("goodput_per_s"); v = column("verdict"); next }
    $v != "ok" { print "error: " folder ": a run is " $v > "/dev/stderr"; exit 1 }
    { n[$id]++; latency[$id, n[$id]] = $l; goodput[$id, n[$id]] = $g; name[$id] = $p }
    function median(of, id,  i, j, t, count, list) {
      count = n[id]
      for (i = 1; i <= count; i++) list[i] = of[id, i] + 0
      for (i = 1; i <= count; i++) for (j = i + 1; j <= count; j++) if (list[j] < list[i]) { t = list[i]; list[i] = list[j]; list[j] = t }
      return list[int((count + 1) / 2)]
    }
    END { for (c in name) printf "%s %s %s %d %.0f\n", name[c], replicas[c], clients[c], median(latency, c), median(goodput, c) }
  ' "$1/configurations.csv" "$1/summary.csv"
}

measure() { # folder, then options
  "$bench" run commit-latency --trials 3 --out "$out/$1" --set workload.payload=256B "${@:2}" >&2
}

printf '| protocol | replicas | clients | delay added | commit, predicted | measured | error | commands/s, predicted | measured | error |\n'
printf '|---|---|---|---|---|---|---|---|---|---|\n'
for delay in 0us 500us 2ms; do
  for clients in 1 64; do
    case=$delay-$clients
    load=(--set "link.delay=$delay" --set "workload.clients=$clients" --set measure.operations=unlimited --set measure.warm-up=500ms --set measure.window=1s "$@")
    measure "tcp-$case" --mode tcp --protocol $protocols "${load[@]}"
    # One replica and one client, whatever is predicted: a write by itself.
    [ -n "${write:-}" ] || {
      measure write --mode tcp --protocol unreplicated --set workload.clients=1 --set measure.operations=unlimited --set measure.warm-up=500ms --set measure.window=1s "$@"
      write=$(rows "$out/write" | awk 'NR == 1 { print $4 }')
      printf 'a write of one replica alone: %s ns\n' "$write" >&2
    }
    measure "sim-$case" --protocol $protocols --set "disk.fsync=${write}ns" --set workload.think=0s "${load[@]}"
    join -j 1 <(rows "$out/sim-$case" | sed 's/ /-/' | sort) <(rows "$out/tcp-$case" | sed 's/ /-/' | sort) |
      awk -v delay="$delay" '{
        split($1, subject, "-")
        printf "| %s | %s | %s | %s | %.0f µs | %.0f µs | %+.0f %% | %d | %d | %+.0f %% |\n", subject[1], subject[2], $2, delay,
          $3 / 1e3, $6 / 1e3, ($3 / $6 - 1) * 100, $4, $7, ($4 / $7 - 1) * 100
      }'
  done
done
