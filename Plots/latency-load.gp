# Latency and goodput against the offered load: where latency takes off and goodput stops to follow, the cluster is full.
if (!exists("experiment")) experiment = "load"
needsSweep = 1; load "Plots/style.gp"
H = 760
load "Plots/sweep.gp"
if (axisKey ne "workload.rate") { eval refuse("it needs a sweep over workload.rate with the most values: draw latency-sweep") }
row(p, q, k) = mine(p) && stringcolumn("metric") eq "client" && column("quantile") == q && panel("configuration") == k
# The rates that operations came at, not the ones that were asked for.
unset logscale x; set xrange [0:*]; set xtics autofreq nomirror; set format x "%.0f k"
rate = 1e-3
# The knee: the highest load of which 99 % is answered, with a 99th percentile of at most ten times that at the lowest load.
array due[CELLS]; array answered[CELLS]; array tail[CELLS]; array kneeOf[NX]
do for [j=1:CELLS] { due[j] = 0; answered[j] = 0; tail[j] = NaN }
stats data."/summary.csv" using (ours("configuration") ? (j = cell("configuration"), due[j] = due[j] + column("offered_per_s"), answered[j] = answered[j] + column("goodput_per_s"), 0) : 0) nooutput
stats data."/latency.csv" using (ours("configuration") && stringcolumn("metric") eq "client" && column("quantile") == 0.99 ? (tail[cell("configuration")] = column("value_ns"), 0) : 0) nooutput
isSoon(v, lowest) = v != v || lowest != lowest || v <= 10*lowest
set multiplot
do for [k=1:panels] {
  eval frame(k)
  do for [m=1:NX] { kneeOf[m] = ""; unset arrow 200 + m }
  do for [i=1:NS] {
    first_ = 0; at_ = 0
    do for [m=1:NX] {
      j = ((C(i) - 1)*panels + k - 1)*NX + m
      if (due[j] > 0) {
        if (first_ == 0) { first_ = j }
        if (answered[j] >= 0.99*due[j] && isSoon(tail[j], tail[first_])) { at_ = m }
      }
    }
    if (at_ > 0) { kneeOf[at_] = kneeOf[at_].(kneeOf[at_] eq "" ? "" : ", ").S(i) }
  }
  do for [m=1:NX] { if (strlen(kneeOf[m]) > 0) {
    set arrow 200 + m from real(word(xs, m))*rate, graph 0 to real(word(xs, m))*rate, graph 1 nohead lc rgb ink lw 1 dt 3
    set label 200 + m "knee: ".kneeOf[m] at real(word(xs, m))*rate, graph 0.97 rotate by 90 right offset -0.7,0 noenhanced tc rgb ink font ",11" front
  } }
  set origin 0,0.40; set size 1,0.60; set tmargin 5.8 + HEAD; set bmargin 1.5; set xlabel ""
  if (k == 1) { eval headings("Latency against offered load", "client latency from the intended start", barsMean); set format y "%g" }
  set logscale y; set yrange [*:*]; set ylabel (k == 1 ? "client latency (ms, log scale)" : "")
  plot for [i=1:NS] $bars using (barAt(S(i), k)*rate):"low":(0):(column("high") - column("low")) with vectors @bar, \
       for [i=1:NS] data."/latency.csv" using (row(S(i), 0.5, k) ? along("configuration")*rate : NaN):(column("value_ns")/1e6) \
         smooth unique with linespoints lt C(i) title titled(k, S(i).", median"), \
       for [i=1:NS] data."/latency.csv" using (row(S(i), 0.99, k) ? along("configuration")*rate : NaN):(column("value_ns")/1e6) \
         smooth unique with lines lt C(i) lw 1.4 dt 3 title titled(k, S(i).", p99")
  unset label 1; unset label 2; unset label 3; do for [m=1:NX] { unset label 200 + m }
  set origin 0,0; set size 1,0.40; set tmargin 1; set bmargin 3.5; set xlabel "offered load (operations per second)"
  unset logscale y; set yrange [0:*]; set ylabel (k == 1 ? "goodput (1000/s)" : "")
  plot for [i=1:NS] data."/summary.csv" using (mine(S(i)) && panel("configuration") == k ? column("offered_per_s")*rate : NaN):(column("goodput_per_s")/1e3) \
         with points lt C(i) title titled(k, S(i)), \
       x with lines lc rgb quiet lw 1 dt 2 title titled(k, "offered = answered"), \
       keyentry with lines lc rgb ink lw 1 dt 3 title titled(k, "knee: 99 % answered,"), \
       keyentry with lines lc rgb "white" title titled(k, "p99 at most 10 times"), \
       keyentry with lines lc rgb "white" title titled(k, "that of lowest load")
}
unset multiplot
