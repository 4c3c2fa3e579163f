# What the return of a replica takes against what kept it away: the time until it has executed what had been chosen when it was back,
# and the bytes that it took in until then; a mark is the median over all returns, a bar reaches from the least to the most.
if (!exists("experiment")) experiment = "catch-up"
needsSweep = 1; load "Plots/style.gp"
eval require("catch-ups", "Catching up", "nobody came back")
load "Plots/groups.gp"
set print $cells
print "protocol,x,low,median,high,lowBytes,bytes,highBytes,synchronization"
all = 0; lost = 0; least = 1e300; most = 0; fewest = 1e300; largest = 0; smallest = 1e300; rightmost = 0
do for [i=1:NS] { do for [k=1:NX] {
  n = 0; m = 0
  stats data."/catch-ups.csv" using (mine(S(i)) && group("configuration") == k ? (n = n + 1, stringcolumn("caught_up_ns") eq "" ? NaN : (m = m + 1, column("caught_up_ns")/1e6)) : NaN) nooutput
  all = all + n; lost = lost + n - m
  if (m > 0) {
    low = STATS_min; median = STATS_median; high = STATS_max
    stats data."/catch-ups.csv" using (mine(S(i)) && group("configuration") == k && stringcolumn("caught_up_ns") ne "" ? column("bytes_synchronization")/1e3 : NaN) nooutput
    state = STATS_median
    stats data."/catch-ups.csv" using (mine(S(i)) && group("configuration") == k && stringcolumn("caught_up_ns") ne "" ? column("bytes")/1e3 : NaN) nooutput
    x = real(word(xs, k)); smallest = x < smallest ? x : smallest; rightmost = x > rightmost ? x : rightmost
    least = low > 0 && low < least ? low : least; most = high > most ? high : most
    fewest = STATS_min > 0 && STATS_min < fewest ? STATS_min : fewest; largest = STATS_max > largest ? STATS_max : largest
    print sprintf("%s,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g", S(i), x, low, median, high, STATS_min, STATS_median, STATS_max, state)
  }
} }
set print
W = 1100; H = 480; load "Plots/terminal.gp"
basis = simulated.counted(all, "return", "returns").(lost == 0 ? "" : sprintf(", of which %d were not caught up with", lost)).", seed ".seeds
eval headings("Catching up, against ".axisKey, "medians; bars: least to most; dotted: of messages that bring somebody up to date, the rest is replication as usual", "")
if (isNamed(axisKey)) { set xrange [0.5:NX+0.5]; set xtics () noenhanced; set for [k=1:NX] xtics add (tick(mark(axisKey, word(xs, k))) k) } \
else { set xtics (); set for [k=1:NX] xtics add (word(xs, k) real(word(xs, k))); if (smallest > 0 && rightmost > 30*smallest - 1) { set logscale x; set xrange [smallest/1.4:rightmost*1.4] } else { set xrange [0:rightmost > 0 ? rightmost*1.05 : 1] } }
set xlabel axisName noenhanced
set format y "%g"
left = 85./W; right = 1 - 190./W; half = (right - left - 95./W)/2
at(p) = stringcolumn("protocol") eq p ? column("x") : NaN
# Nobody hides another: those at one place stand a little apart.
if (most == 0 || all == lost) { eval blank("nobody caught up") } else {
set multiplot
set lmargin at screen left; set rmargin at screen left + half
set ylabel "time until it has caught up (ms)"; set yrange [0:*]
if (most > 30*least) { set logscale y; set yrange [least/1.5:most*1.5]; set ylabel "time until it has caught up (ms, log scale)" }
unset key
plot for [i=1:NS] $cells using (at(S(i))):"median":"low":"high" with yerrorbars lt C(i) dt 1 lw 1 ps 0.1 notitle, \
     for [i=1:NS] $cells using (at(S(i))):"median" with linespoints lt C(i) notitle
unset logscale y
set lmargin at screen right - half; set rmargin at screen right; unset label 1; unset label 2
set ylabel "taken in until then (kB)"; set yrange [0:*]
if (largest > 30*fewest) { set logscale y; set yrange [fewest/1.5:largest*1.5]; set ylabel "taken in until then (kB, log scale)" }
set key at screen right + 12./W, graph 1 left top vertical Left reverse noenhanced
plot for [i=1:NS] $cells using (at(S(i))):"bytes":"lowBytes":"highBytes" with yerrorbars lt C(i) dt 1 lw 1 ps 0.1 notitle, \
     for [i=1:NS] $cells using (at(S(i))):"bytes" with linespoints lt C(i) title S(i), \
     for [i=1:NS] $cells using (at(S(i))):"synchronization" with lines lt C(i) lw 1.4 dt 3 notitle
unset multiplot
}
