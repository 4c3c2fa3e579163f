# Throughput against the size of the cluster, without a disk and with one, and the published points over it.
if (!exists("experiment")) experiment = "zab-figure-6"
needsSweep = 1; load "Plots/style.gp"
published = "Plots/published/".experiment.".csv"
known = int(system("test -s '".published."' && echo 1 || echo 0"))
if (!known) { eval refuse("it needs published points, in ".published) }
eval collect("cluster.replicas"); sizes = found
eval distinct("disk.fsync"); writes = map; times = found
largest = 0
stats data."/summary.csv" using (ours("configuration") ? (v = real(lookup(sizes, id("configuration"))), largest = v > largest ? v : largest, 0) : 0) nooutput
size(c) = real(lookup(sizes, id(c)))
written(c) = amount("disk.fsync", lookup(writes, id(c))) > 0
eval headings("Throughput by cluster size, and as it was published", "goodput, mean of the trials", "marks: published; grey: what the leader's link is said to carry")
set xlabel "cluster.replicas" noenhanced; set ylabel "operations (1000/s)"; set xrange [2:largest + 1]; set yrange [0:*]; set xtics 2
ours_at(w) = ours("configuration") && written("configuration") == w ? size("configuration") : NaN
series(s) = stringcolumn("series") eq s && column("cluster.replicas") <= largest ? column("cluster.replicas") : NaN
name(w) = w ? "written to disk" : "network only"
plot published using (series("cap")):(column("operations_per_s")/1e3) with lines lc rgb quiet lw 1.5 dt (6,3) title "cap of the link", \
     for [w=0:1] data."/summary.csv" using (ours_at(w)):(column("goodput_per_s")/1e3) smooth unique with lines lt (w ? 2 : 1) title name(w), \
     for [w=0:1] published using (series(w ? "disk" : "network")):(column("operations_per_s")/1e3) with points lt (w ? 2 : 1) ps 1.2 notitle
