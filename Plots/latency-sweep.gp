# Latency against the one input that the experiment sweeps: the median and the 99th percentile, as clients see them.
if (!exists("experiment")) experiment = "disk"
load "Plots/style.gp"
# The input, and its values by configuration.
swept = ""
stats data."/configurations.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("swept") eq "true" && swept eq "" ? (swept = stringcolumn("key"), 0) : 0) nooutput
found = " "; eval collect(swept); inputs = found
# A number without its unit; times in ms, sizes in bytes.
ends(t, u) = strlen(t) > strlen(u) && substr(t, strlen(t) - strlen(u) + 1, strlen(t)) eq u
cut(t, n) = real(substr(t, 1, strlen(t) - n))
amount(t) = t eq "" ? NaN : ends(t, "MiB") ? cut(t, 3)*1048576 : ends(t, "KiB") ? cut(t, 3)*1024 : ends(t, "ms") ? cut(t, 2) : ends(t, "us") ? cut(t, 2)/1e3 \
  : ends(t, "/s") ? cut(t, 2) : ends(t, "s") ? cut(t, 1)*1e3 : ends(t, "B") ? cut(t, 1) : real(t)
place(c) = amount(lookup(inputs, id(c)))
stats data."/summary.csv" using (stringcolumn("experiment") eq experiment && verified("configuration") ? column("replies") : NaN) nooutput
replies = STATS_sum
row(p, q) = mine(p) && stringcolumn("metric") eq "client" && column("quantile") == q
set label 1 heading("Latency against ".swept) at graph 0,1 offset 0,2.6 tc rgb ink
set label 2 sprintf("client latency from the intended start, simulated; n = %s operations", thousands(replies)) \
  at graph 0,1 offset 0,1.2 font ",12" tc rgb quiet
unit = strstrt(swept, "fsync") + strstrt(swept, "delay") > 0 ? " (ms)" : strstrt(swept, "payload") > 0 ? " (bytes)" : ""
set xlabel swept.unit noenhanced; set ylabel "client latency (ms)"
set yrange [0:*]; set xrange [0:*]; set format y "%g"
plot for [i=1:NP] data."/latency.csv" using (row(P(i), 0.5) ? place("configuration") : NaN):(column("value_ns")/1e6) \
       smooth unique with linespoints lt i title (has(P(i)) ? P(i)." median" : ""), \
     for [i=1:NP] data."/latency.csv" using (row(P(i), 0.99) ? place("configuration") : NaN):(column("value_ns")/1e6) \
       smooth unique with lines lt i dt 3 title (has(P(i)) ? P(i)." 99th percentile" : "")
