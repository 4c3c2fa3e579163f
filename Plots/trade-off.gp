# What a timeout of elections buys and costs: how often a leader is deposed though nobody failed, and how long its real failure
# takes to mend. A mark for each timeout; better is down and to the left.
if (!exists("experiment")) experiment = "election-timeout"
load "Plots/style.gp"
eval require("elections", "False alarms against the time to recover", "no fault made the leader change")
eval collect("timing.election-timeout"); timeouts = found
# Ranges, the shortest first.
list = ""; last = -1
do for [pass=1:64] {
  next = 1e300; name = ""
  stats data."/configurations.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("key") eq "timing.election-timeout" \
    ? (v = begins(stringcolumn("value")), v > last && v < next ? (next = v, name = stringcolumn("value"), 0) : 0) : 0) nooutput
  if (next < 1e300) { list = list.(list eq "" ? "" : " ").name; last = next } else { break }
}
NX = words(list)
array calm[NS*NX]; array changes[NS*NX]
do for [j=1:NS*NX] { calm[j] = 0; changes[j] = 0 }
slot(p) = sum [i=1:NS] (S(i) eq p ? i : 0)
which(t) = sum [x=1:NX] (word(list, x) eq t ? x : 0)
cell(c) = (slot(stringcolumn("protocol")) - 1)*NX + which(lookup(timeouts, id(c)))
stats data."/summary.csv" using (ours("configuration") ? (j = cell("configuration"), calm[j] = calm[j] + column("calm_ns")/3.6e12, changes[j] = changes[j] + column("leader_changes_unprovoked"), 0) : 0) nooutput
# Where nothing happened, the mark stands at one in the time that was looked at, and is hollow.
set print $marks
print "protocol,timeout,perHour,none,low,median,high"
all = 0; lost = 0; least = 1e300; most = 0; shortest = 1e300; longest = 0
do for [i=1:NS] { do for [x=1:NX] {
  j = (i - 1)*NX + x; n = 0; m = 0
  stats data."/elections.csv" using (mine(S(i)) && lookup(timeouts, id("configuration")) eq word(list, x) ? (m = m + 1, stringcolumn("d3_ns") eq "" ? 1e12 : (n = n + 1, column("d3_ns")/1e6)) : NaN) nooutput
  all = all + m; lost = lost + m - n
  if (calm[j] > 0 && n > m/2.) {
    rate = changes[j] > 0 ? changes[j]/calm[j] : 1/calm[j]
    high = STATS_up_quartile < 1e12 ? STATS_up_quartile : NaN
    print sprintf("%s,%s,%.9g,%d,%.9g,%.9g,%.9g", S(i), word(list, x), rate, changes[j] == 0, STATS_lo_quartile, STATS_median, high)
    least = rate < least ? rate : least; most = rate > most ? rate : most
    shortest = STATS_lo_quartile < shortest ? STATS_lo_quartile : shortest; longest = STATS_up_quartile < 1e12 && STATS_up_quartile > longest ? STATS_up_quartile : longest
  }
} }
set print
basis = trials(all, lost); idle = without(all)
eval headings("False alarms against the time to recover", "bars: quartiles over trials; hollow: none seen, at one in the time looked at", "")
set logscale xy; if (most > 0) { set xrange [least/2:most*2]; set yrange [shortest/1.4:longest*1.5] }
set xlabel "changes of leaders without a failure (per hour, log scale)"; set ylabel "failure to first answer (ms, median, log scale)"
set format x "%g"; set format y "%g"
at(p) = stringcolumn("protocol") eq p ? column("perHour") : NaN
if (most == 0) { eval blank("no trial recovered") } else {
plot for [i=1:NS] $marks using (at(S(i))):"median" with lines lt C(i) lw 1.2 notitle, \
     for [i=1:NS] $marks using (at(S(i))):"median":"low":"high" with yerrorbars lt C(i) dt 1 lw 1 pt 7 ps 0.1 notitle, \
     for [i=1:NS] $marks using (column("none") == 0 ? at(S(i)) : NaN):"median" with points lt C(i) ps 1.2 notitle, \
     for [i=1:NS] $marks using (column("none") == 1 ? at(S(i)) : NaN):"median" with points lc C(i) pt 6 ps 1.4 notitle, \
     $marks using (at(S(1))):"median":(stringcolumn("timeout")) with labels left offset 0.9,0.5 noenhanced tc rgb quiet font ",10" notitle, \
     for [i=1:NS] NaN with linespoints lt C(i) title S(i)
}
