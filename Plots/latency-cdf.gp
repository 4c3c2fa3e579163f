# Distribution of commit latency: which share of the batches was durable on a majority within which time.
if (!exists("experiment")) experiment = "commit-latency"
load "Plots/style.gp"
eval collect("cluster.replicas"); sizes = found
batches = 0
stats data."/summary.csv" using (ours("configuration") ? (batches = batches + column("commit_count"), 0) : 0) nooutput
basis = "simulated; ".counted(batches, "batch", "batches")." in ".counted(runs, "run", "runs").", seed ".seeds
eval headings("Commit latency", "proposed to durable on a majority, as the leader knows it", "")
set xlabel "commit latency (ms)"; set ylabel "share of batches (tail expanded)"
# Each nine of the tail takes the same height.
set yrange [0:*]; set ytics ("0" 0, "50 %%" 0.30103, "90 %%" 1, "99 %%" 2, "99.9 %%" 3, "99.99 %%" 4, "99.999 %%" 5)
height(q) = (q < 0.9999999) ? -log10(1 - q) : NaN
row(p, n) = mine(p) && stringcolumn("metric") eq "commit" && lookup(sizes, id("configuration")) eq n
# Which protocol was run with which number of replicas: its colour and dash; the more replicas, the heavier the line.
pairs = ""
pair(p, n) = strstrt(" ".pairs." ", " ".p."=".n." ") > 0 ? 0 : (pairs = pairs.(pairs eq "" ? "" : " ").p."=".n, 0)
do for [i=1:NS] { do for [n=1:64] {
  stats data."/summary.csv" using (mine(S(i)) && lookup(sizes, id("configuration")) eq sprintf("%d", n) ? pair(S(i), sprintf("%d", n)) : 0) nooutput
} }
who(j) = substr(word(pairs, j), 1, strstrt(word(pairs, j), "=") - 1)
of(j) = substr(word(pairs, j), strstrt(word(pairs, j), "=") + 1, strlen(word(pairs, j)))
plot for [j=1:words(pairs)] data."/latency.csv" using (row(who(j), of(j)) ? column("value_ns")/1e6 : NaN):(height(column("quantile"))) \
       with lines lt colour(who(j)) lw 0.8 + 0.4*real(of(j)) title sprintf("%s, n = %s", who(j), of(j))
