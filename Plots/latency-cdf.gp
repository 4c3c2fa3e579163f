# Distribution of commit latency: which share of the batches was durable on a majority within which time.
if (!exists("experiment")) experiment = "commit-latency"
load "Plots/style.gp"
found = " "; eval collect("cluster.replicas"); sizes = found
stats data."/summary.csv" using (stringcolumn("experiment") eq experiment && verified("configuration") ? column("commit_count") : NaN) nooutput
batches = STATS_sum
set label 1 heading("Commit latency") at graph 0,1 offset 0,2.6 tc rgb ink
set label 2 sprintf("proposed to durable on a majority, as the leader knows it; simulated; n = %s batches", thousands(batches)) \
  at graph 0,1 offset 0,1.2 font ",12" tc rgb quiet
set xlabel "commit latency (ms)"; set ylabel "share of batches (tail expanded)"
# Each nine of the tail takes the same height.
set yrange [0:*]; set ytics ("0" 0, "50 %%" 0.30103, "90 %%" 1, "99 %%" 2, "99.9 %%" 3, "99.99 %%" 4, "99.999 %%" 5)
height(q) = (q < 0.9999999) ? -log10(1 - q) : NaN
row(p, n) = mine(p) && stringcolumn("metric") eq "commit" && lookup(sizes, id("configuration")) eq n
ns = "1 3 5 7 9"
# A protocol has its colour and dash; the more replicas, the heavier the line.
# Which protocol was run with which number of replicas.
pairs = " "
runs(p, n) = strstrt(pairs, " ".p."=".n." ") > 0
note(p, n) = runs(p, n) ? 0 : (pairs = pairs.p."=".n." ", 0)
stats data."/summary.csv" using (stringcolumn("experiment") eq experiment ? note(stringcolumn("protocol"), lookup(sizes, id("configuration"))) : 0) nooutput
plot for [i=1:NP] for [k=1:words(ns)] \
       data."/latency.csv" using (row(P(i), word(ns, k)) ? column("value_ns")/1e6 : NaN):(height(column("quantile"))) \
       with lines lt i lw 0.7 + 0.8*k title (runs(P(i), word(ns, k)) ? sprintf("%s, n = %s", P(i), word(ns, k)) : "")
