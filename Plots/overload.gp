# More load than the cluster can take, for a while: answers by interval beside what was offered, and their latency until it is normal again; a column for
# each case of a sweep.
if (!exists("experiment")) experiment = "overload"
load "Plots/style.gp"
if (words(swept) > 1) { eval refuse("it shows one swept input at most, and swept are ".joinedBy(", ", swept)) }
# The load, in ms and operations per second: calm but for a part of each period.
loads = 0; bursts = "none"; mean = 0; warmUp = 0; window = 0
note(v) = (loads = loads + (v ne bursts), bursts = v, 0)
stats data."/configurations.csv" using (!ours("configuration") ? 0 : stringcolumn("key") eq "workload.bursts" ? note(stringcolumn("value")) \
  : stringcolumn("key") eq "workload.rate" ? (mean = plain(stringcolumn("value")), 0) : stringcolumn("key") eq "measure.warm-up" ? (warmUp = plain(stringcolumn("value")), 0) \
  : stringcolumn("key") eq "measure.window" ? (window = plain(stringcolumn("value")), 0) : 0) nooutput
if (loads != 1 || words(bursts) != 5) { eval refuse("it needs one burst for all, with calm before and after it in the window: set workload.bursts") }
factor = number(substr(word(bursts, 1), 1, strlen(word(bursts, 1)) - 1)); span = plain(word(bursts, 3)); period = plain(word(bursts, 5))
others = factor*span < period ? (period - factor*span)/(period - span) : 0
begin = factor > 1 ? 0 : span; busy = factor > 1 ? span : period - span
peak = mean*(factor > 1 ? factor : others); calm = mean*(factor > 1 ? others : factor)
phase(t) = t + warmUp - period*floor((t + warmUp)/period)
offered(t) = phase(t) >= begin && phase(t) < begin + busy ? peak : calm
from = begin - warmUp; from = from < 0 ? from + period*ceil(-from/period) : from
to = from + busy; end = from + period < window ? from + period : window
if (factor == 1 || from <= 0 || to >= end) { eval refuse("it needs one burst for all, with calm before and after it in the window: set workload.bursts") }
key1 = word(swept, 1); chosen = " "
if (key1 ne "") { eval collect(key1); chosen = found }
caseOf(c) = key1 eq "" ? "all" : joined(lookup(chosen, id(c)))
values = ""
know(v) = strstrt(" ".values." ", " ".v." ") > 0 ? 0 : (values = values.(values eq "" ? "" : " ").v, 0)
stats data."/summary.csv" using (ours("configuration") ? know(caseOf("configuration")) : 0) nooutput
NX = words(values)
case(c) = sum [j=1:NX] (word(values, j) eq caseOf(c) ? j : 0)
interval = 0; most = peak; low = 1e300; high = 0; intervals = 0
latency(c) = column("completed") > 0 ? column("latency_sum_ns")/column("completed")/1e6 : NaN
reach(v) = v == v ? (low = v < low ? v : low, high = v > high ? v : high, 0) : 0
if (has_file("timeline")) stats data."/timeline.csv" using (ours("configuration") ? (interval = column("interval_ns")/1e6, v = column("completed")*1e3/interval, most = v > most ? v : most, intervals = intervals + 1, reach(latency(0))) : 0) nooutput
if (intervals == 0) { eval headings("Overload", "nothing to show", ""); eval blank("no interval was measured"); exit }
start(c) = column("interval_start_ns")/1e6
cell(i, j) = mine(S(i)) && case("configuration") == j
# When each is normal again: at the end of its last interval with twice the latency of the median one before the overload, or none.
array normal[NS*NX]; array last[NS*NX]; array known[NS*NX]; array latest[NS*NX]
do for [j=1:NX] { do for [i=1:NS] {
  n = (j - 1)*NS + i; known[n] = 0; latest[n] = 0; last[n] = to; normal[n] = NaN
  stats data."/timeline.csv" using (cell(i, j) && start(0) + interval <= from && column("completed") > 0 ? (known[n] = known[n] + 1, latency(0)) : NaN) nooutput
  if (known[n] > 0) {
    normal[n] = STATS_median
    stats data."/timeline.csv" using (cell(i, j) && start(0) + interval <= end ? (latest[n] = start(0) > latest[n] ? start(0) : latest[n], 0) : 0) nooutput
    stats data."/timeline.csv" using (cell(i, j) && start(0) >= from && start(0) + interval <= end && !(latency(0) < 2*normal[n]) ? (last[n] = start(0) + interval > last[n] ? start(0) + interval : last[n], 0) : 0) nooutput
  }
} }
# The cases, those that are normal again sooner first.
array weight[NX]
do for [j=1:NX] { weight[j] = 0; do for [i=1:NS] { n = (j - 1)*NS + i; weight[j] = known[n] > 0 && last[n] > weight[j] ? last[n] : weight[j] } }
rank(j) = 1 + sum [k=1:NX] (weight[k] < weight[j] || (weight[k] == weight[j] && k < j) ? 1 : 0)
isBack(n) = known[n] > 0 && latest[n] >= last[n]
# What else struck, in each case, by its time in ms.
strikes = ""
strike(t) = strstrt(" ".strikes." ", " ".t." ") > 0 ? 0 : (strikes = strikes.(strikes eq "" ? "" : " ").t, 0)
if (has_file("faults")) stats data."/faults.csv" using (ours("configuration") ? strike(sprintf("%d,%.0f,%s", case("configuration"), column("at_ns")/1e6, stringcolumn("kind"))) : 0) nooutput
W = NX > 1 ? 1100 : 900; H = 720; load "Plots/terminal.gp"
left = 90./W; right = 1 - 195./W
edge(k) = left + (right - left)*(k - 1)/NX
HEAD = 1.2*(NX > 1)
set xrange [0:window/1e3]; set samples 2000
set object 1 rectangle from from/1e3, graph 0 to to/1e3, graph 1 behind fc rgb "#F1F1F1" fs solid 1 noborder
set key at screen right + 12./W, graph 1 left top vertical Left reverse noenhanced maxrows 12
middle(p) = mine(p) ? (start(0) + interval/2)/1e3 : NaN
t(i, j) = cell(i, j) ? (start(0) + interval/2)/1e3 : NaN
set print $back
print "case,protocol,time,normal"
do for [j=1:NX] { do for [i=1:NS] { n = (j - 1)*NS + i; if (isBack(n)) { print sprintf("%d,%s,%.9g,%.9g", j, S(i), last[n]/1e3, normal[n]) } } }
set print
set multiplot
do for [k=1:NX] { do for [j=1:NX] { if (rank(j) == k) {
  set lmargin at screen edge(k); set rmargin at screen edge(k + 1) - (NX > 1 ? 0.02 : 0)
  set origin 0,0.42; set size 1,0.58; set tmargin 5.8 + HEAD; set bmargin 1.5
  if (k == 1) { eval headings("Overload, and what follows it", sprintf("%s/s for %g ms, %s/s else; by intervals of %g ms: mean of all trials", thousands(peak), busy, thousands(calm), interval), "grey: the overload") } else { unset label 1; unset label 2 }
  if (key1 ne "") { set label 3 key1." = ".apart(word(values, j)) at graph 0.5,1 center offset 0,0.6 noenhanced tc rgb ink font ",12" }
  do for [s=1:words(strikes)] { m = word(strikes, s); c = strstrt(m, ","); r = substr(m, c + 1, strlen(m)); d = strstrt(r, ",")
    if (int(substr(m, 1, c - 1)) == j) {
      set arrow 100 + s from real(substr(r, 1, d - 1))/1e3, graph 0 to real(substr(r, 1, d - 1))/1e3, graph 1 nohead lc rgb "#B00000" lw 1.2 dt 2
      set label 100 + s substr(r, d + 1, strlen(r)) at real(substr(r, 1, d - 1))/1e3, graph 1 offset 0.4,-0.7 left tc rgb "#B00000" font ",11" noenhanced front
    } else { unset arrow 100 + s; unset label 100 + s } }
  unset logscale y; set yrange [0:most*1.1/1e3]; set format x ""; unset xlabel
  if (k == 1) { set ylabel "answers (1000/s)"; set format y "%g" } else { set ylabel ""; set format y "" }
  if (k < NX) { unset key } else { set key }
  plot (x*1e3 < window*0.9999 ? offered(x*1e3)/1e3 : NaN) with lines lc rgb quiet lw 1 dt 2 title "offered", \
       for [i=1:NS] data."/timeline.csv" using (t(i, j)):(column("completed")/interval) smooth unique with lines lt C(i) notitle, \
       for [i=1:NS] keyentry with lines lt C(i) title S(i)
  unset label 3; do for [s=1:words(strikes)] { unset label 100 + s }
  set origin 0,0; set size 1,0.42; set tmargin 1; set bmargin 3.5; set format x "%g"; set xlabel "time since the window began (s)" tc rgb ink
  unset label 1; unset label 2
  set logscale y; set yrange [low/1.5:high*1.5]
  if (k == 1) { set ylabel "mean latency (ms, log scale)" }
  plot for [i=1:NS] data."/timeline.csv" using (t(i, j)):(latency(0)) smooth unique with lines lt C(i) notitle, \
       for [i=1:NS] $back using (column("case") == j && stringcolumn("protocol") eq S(i) ? column("time") : NaN):"normal" with points lt C(i) ps 1.6 notitle, \
       NaN with points lc rgb ink pt 7 ps 1.6 title "normal again"
} } }
unset multiplot
