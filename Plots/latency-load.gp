# Latency and goodput against the offered load: where latency takes off and goodput stops to follow, the cluster is full.
if (!exists("experiment")) experiment = "load"
load "Plots/style.gp"
H = 760; load "Plots/terminal.gp"
found = " "; eval collect("workload.rate"); offered = found
number(t) = strlen(t) > 2 ? real(substr(t, 1, strlen(t) - 2)) : NaN   # without "/s"
rate(c) = number(lookup(offered, id(c)))
stats data."/summary.csv" using (stringcolumn("experiment") eq experiment ? column("replies") : NaN) nooutput
replies = STATS_sum
row(p, q) = mine(p) && stringcolumn("metric") eq "client" && column("quantile") == q
set multiplot
set lmargin 11; set rmargin 34
set xrange [0:*]; set format x "%.0f k"; set xtics 40 nomirror

set origin 0, 0.40; set size 1, 0.60
set label 1 heading("Latency against offered load") at graph 0,1 offset 0,2.6 tc rgb ink
set label 2 sprintf("client latency from the intended start, Poisson arrivals, simulated; n = %s operations", thousands(replies)) \
  at graph 0,1 offset 0,1.2 font ",12" tc rgb quiet
set logscale y; set ylabel "client latency (ms, log scale)"; set format y "%g"
set xlabel ""
plot for [i=1:NP] data."/latency.csv" using (row(P(i), 0.5) ? rate("configuration")/1e3 : NaN):(column("value_ns")/1e6) \
       smooth unique with linespoints lt i title (has(P(i)) ? P(i)." median" : ""), \
     for [i=1:NP] data."/latency.csv" using (row(P(i), 0.99) ? rate("configuration")/1e3 : NaN):(column("value_ns")/1e6) \
       smooth unique with lines lt i dt 3 title (has(P(i)) ? P(i)." 99th percentile" : "")

set origin 0, 0; set size 1, 0.40
unset label 1; unset label 2; set tmargin 1
unset logscale y; set yrange [0:*]; set ylabel "goodput (1000/s)"; set format y "%.0f"
set xlabel "offered load (operations per second)"
plot for [i=1:NP] data."/summary.csv" using (mine(P(i)) ? column("offered_per_s")/1e3 : NaN):(column("goodput_per_s")/1e3) \
       with points lt i title (has(P(i)) ? P(i) : ""), \
     x with lines lc rgb quiet lw 1 dt 2 title "offered = answered"
unset multiplot
