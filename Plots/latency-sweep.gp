# Latency against a swept input, as clients see it: the median and the 99th percentile over all trials, and how far the trials
# lie apart. A second swept input makes panels beside each other.
if (!exists("experiment")) experiment = "disk"
needsSweep = 1; load "Plots/style.gp"
load "Plots/sweep.gp"
row(p, q, k) = mine(p) && stringcolumn("metric") eq "client" && column("quantile") == q && panel("configuration") == k
top = 0; bottom = 1e300
reach(v) = (top = v > top ? v : top, bottom = v < bottom ? v : bottom, 0)
do for [j=1:2*CELLS] { if (high[j] >= low[j]) { j = reach(low[j]) + reach(high[j]) + j } }
stats data."/latency.csv" using (ours("configuration") && stringcolumn("metric") eq "client" && (column("quantile") == 0.5 || column("quantile") == 0.99) ? reach(column("value_ns")/1e6) : 0) nooutput
if (top == 0) { top = 1; bottom = 1 }
if (top > 30*bottom) { set logscale y; set yrange [bottom/1.5:top*1.5]; scale = ", log scale" } else { set yrange [0:top*1.1]; scale = "" }
set format y "%g"; set ylabel "client latency (ms".scale.")"
eval headings("Latency against ".axisKey, "client latency from the intended start", barsMean)
set multiplot
do for [k=1:panels] {
  eval frame(k)
  plot for [i=1:NS] $bars using (barAt(S(i), k)):"low":(0):(column("high") - column("low")) with vectors @bar, \
       for [i=1:NS] data."/latency.csv" using (row(S(i), 0.5, k) ? along("configuration") : NaN):(column("value_ns")/1e6) \
         smooth unique with linespoints lt C(i) title titled(k, S(i).", median"), \
       for [i=1:NS] data."/latency.csv" using (row(S(i), 0.99, k) ? along("configuration") : NaN):(column("value_ns")/1e6) \
         smooth unique with lines lt C(i) lw 1.4 dt 3 title titled(k, S(i).", p99")
}
unset multiplot
