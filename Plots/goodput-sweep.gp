# Goodput against a swept input, each trial a mark, and under it the latency that clients see.
if (!exists("experiment")) experiment = "payload"
needsSweep = 1; load "Plots/style.gp"
H = 760
load "Plots/sweep.gp"
most = 0; least = 1e300
stats data."/summary.csv" using (ours("configuration") ? (v = column("goodput_per_s"), most = v > most ? v : most, least = v < least ? v : least, 0) : 0) nooutput
slowest = 0; quickest = 1e300
stats data."/latency.csv" using (ours("configuration") && stringcolumn("metric") eq "client" && (column("quantile") == 0.5 || column("quantile") == 0.99) \
  ? (v = column("value_ns")/1e6, slowest = v > slowest ? v : slowest, quickest = v < quickest ? v : quickest, 0) : 0) nooutput
isWide = slowest > 30*quickest
row(p, q, k) = mine(p) && stringcolumn("metric") eq "client" && column("quantile") == q && panel("configuration") == k
set multiplot
do for [k=1:panels] {
  eval frame(k)
  set origin 0,0.42; set size 1,0.58; set tmargin 5.8 + HEAD; set bmargin 1.5 + 1.2*FOOT
  if (k == 1) { eval headings("Goodput and latency against ".axisKey, "goodput: mean, dots: each trial; latency: median", barsMean) }
  xtitle = axisName; set xlabel ""
  if (most > 30*least) { set logscale y; set yrange [least/1000/1.5:most/1000*1.5] } else { unset logscale y; set yrange [0:most/1000*1.1] }
  if (k == 1) { set ylabel "goodput (1000/s)"; set format y "%g" }
  plot for [i=1:NS] data."/summary.csv" using (mine(S(i)) && panel("configuration") == k ? along("configuration") : NaN):(column("goodput_per_s")/1e3) \
         smooth unique with linespoints lt C(i) title titled(k, S(i)), \
       for [i=1:NS] data."/summary.csv" using (mine(S(i)) && panel("configuration") == k ? along("configuration") : NaN):(column("goodput_per_s")/1e3) \
         with points lt C(i) pt 7 ps 0.3 notitle
  unset label 1; unset label 2; unset label 3
  set origin 0,0; set size 1,0.42; set tmargin 1; set bmargin 3.5 + FOOT; set xlabel xtitle noenhanced offset 0,-FOOT
  if (isWide) { set logscale y; set yrange [quickest/1.5:slowest*1.5] } else { unset logscale y; set yrange [0:slowest > 0 ? slowest*1.1 : 1] }
  if (k == 1) { set ylabel "latency (ms".(isWide ? ", log" : "")."; dotted: p99)" }
  plot for [i=1:NS] $bars using (barAt(S(i), k)):"low":(0):(column("high") - column("low")) with vectors @bar, \
       for [i=1:NS] data."/latency.csv" using (row(S(i), 0.5, k) ? along("configuration") : NaN):(column("value_ns")/1e6) \
         smooth unique with linespoints lt C(i) notitle, \
       for [i=1:NS] data."/latency.csv" using (row(S(i), 0.99, k) ? along("configuration") : NaN):(column("value_ns")/1e6) \
         smooth unique with lines lt C(i) lw 1.4 dt 3 notitle
}
unset multiplot
