# Distribution of commit latency: how many batches were durable on a majority within which time.
if (!exists("experiment")) experiment = "commit-latency"
load "Plots/style.gp"
sizes = " "
stats data."/configurations.csv" using (stringcolumn("key") eq "cluster.replicas" ? (sizes = sizes.id("configuration")."=".stringcolumn("value")." ", 0) : 0) nooutput
counted = 0
stats data."/summary.csv" using (stringcolumn("experiment") eq experiment ? (counted = counted + column("commit_count"), 0) : 0) nooutput
set label 1 heading("Commit latency") at graph 0,1 offset 0,2.6 tc rgb ink
set label 2 sprintf("proposed to durable on a majority, as the leader knows it; %d batches in all, simulated", counted) at graph 0,1 offset 0,1.2 font ",12" tc rgb quiet
set xlabel "commit latency (ms, log scale)"; set ylabel "share of batches (tail expanded)"
set logscale x
# Each nine of the tail takes the same height.
set yrange [0:*]; set ytics ("0" 0, "50 %%" 0.30103, "90 %%" 1, "99 %%" 2, "99.9 %%" 3, "99.99 %%" 4, "99.999 %%" 5)
height(q) = (q < 0.9999999) ? -log10(1 - q) : NaN
row(p, n) = mine(p) && stringcolumn("metric") eq "commit" && (p eq "unreplicated" || lookup(sizes, id("configuration")) eq n)
curve(p, n) = sprintf("%s%s", p, p eq "unreplicated" ? "" : ", n = ".n)
plot for [p in "raft raft-plain"] for [n in "3 5 7"] \
       data."/latency.csv" using (row(p, n) ? column("value_ns")/1e6 : NaN):(height(column("quantile"))) with lines \
       lt (n eq "3" ? 1 : n eq "5" ? 2 : 4) dt (p eq "raft" ? 1 : 2) title (p eq "raft" ? curve(p, n) : ""), \
     data."/latency.csv" using (row("unreplicated", "") ? column("value_ns")/1e6 : NaN):(height(column("quantile"))) with lines lt 3 title "unreplicated"
