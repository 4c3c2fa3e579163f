# Throughput over the time of a run, a panel for each case of a sweep; grey: while faults last. What was waiting when service came back
# may be answered faster than the axis reaches.
if (!exists("experiment")) experiment = "partial-partition"
needsSweep = 1; load "Plots/style.gp"
key1 = word(swept, 1)
eval collect(key1); chosen = found
values = ""
know(v) = strstrt(" ".values." ", " ".v." ") > 0 ? 0 : (values = values.(values eq "" ? "" : " ").v, 0)
stats data."/configurations.csv" using (ours("configuration") && stringcolumn("key") eq key1 ? know(joined(stringcolumn("value"))) : 0) nooutput
NX = words(values); W = 980; H = 160 + 16*(noted(0) > 0) + 170*NX; load "Plots/terminal.gp"
case(c) = sum [j=1:NX] (word(values, j) eq joined(lookup(chosen, id(c))) ? j : 0)
array from[NX]; array to[NX]; array silent[NX]
do for [j=1:NX] { from[j] = 1e300; to[j] = -1e300; silent[j] = 0 }
interval = 0; last = 0; rate = 0; fastest = 0
stats data."/timeline.csv" using (ours("configuration") ? (j = case("configuration"), interval = column("interval_ns"), last = column("interval_start_ns") + interval, silent[j] = silent[j] + (column("completed") == 0), answers = column("completed")*1e9/interval, fastest = answers > fastest ? answers : fastest, 0) : 0) nooutput
stats data."/summary.csv" using (ours("configuration") && stringcolumn("offered_per_s") ne "" ? (rate = column("offered_per_s") > rate ? column("offered_per_s") : rate, 0) : 0) nooutput
reach(j, a, b) = (from[j] = a < from[j] ? a : from[j], to[j] = b > to[j] ? b : to[j], 0)
if (has_file("faults")) stats data."/faults.csv" using (ours("configuration") ? reach(case("configuration"), column("at_ns"), stringcolumn("length_ns") eq "" ? last : column("at_ns") + column("length_ns")) : 0) nooutput
row(p, j) = mine(p) && case("configuration") == j ? column("interval_start_ns")/1e9 + column("interval_ns")/2e9 : NaN
# The cases, those with the fewest intervals without an answer first.
rank(j) = 1 + sum [k=1:NX] (silent[k] < silent[j] || (silent[k] == silent[j] && k < j) ? 1 : 0)
set lmargin at screen 90./W; set rmargin at screen 1 - 275./W
set xrange [0:last/1e9]; set yrange [0:rate > 0 ? rate*2.5 : fastest > 0 ? fastest*1.1 : 1]; set format y "%g"
if (rate > 0) { set ytics rate }
left = 1 - 263./W; bottom(n) = (75. + 170.*(NX - n))/H
set multiplot
do for [n=1:NX] { do for [j=1:NX] { if (rank(j) == n) {
  set bmargin at screen bottom(n); set tmargin at screen bottom(n) + 128./H
  if (n == 1) {
    HEAD = 1.4; eval headings("Through a fault, by ".key1, sprintf("by intervals of %g ms: mean of all trials; dots: each trial; grey: while faults last; calmest case first", interval/1e6), "")
    set key at screen left, graph 1 left top vertical Left reverse noenhanced maxrows 12
  } else { unset label 1; unset label 2; unset key }
  set label 3 apart(word(values, j)) at graph 0,1 offset 0.3,0.7 noenhanced tc rgb ink font ",12"
  if (n == NX) { set format x "%g"; set xlabel "time since the window began (s)" } else { set format x "" }
  set ylabel (n == (NX + 1)/2 ? "answers (1/s)" : "")
  if (to[j] > from[j]) { set object 1 rectangle from from[j]/1e9, graph 0 to to[j]/1e9, graph 1 behind fc rgb "#E8E8E8" fs solid 1 noborder } else { unset object 1 }
  plot for [i=1:NS] data."/timeline.csv" using (row(S(i), j)):(column("completed")*1e9/column("interval_ns")) with points lt C(i) pt 7 ps 0.25 notitle, \
       for [i=1:NS] data."/timeline.csv" using (row(S(i), j)):(column("completed")*1e9/column("interval_ns")) smooth unique with lines lt C(i) title S(i)
} } }
unset multiplot
