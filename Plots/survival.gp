# The share of trials in which no client was served yet, by Kaplan and Meier: a trial that ended before counts until then, and its end
# is an open mark. A panel for each value of a swept input.
if (!exists("experiment")) experiment = "failover-loss"
load "Plots/style.gp"
eval require("elections", "Trials without an answer", "no fault made the leader change")
load "Plots/groups.gp"
served(c) = stringcolumn("d3_ns") ne ""
over(c) = (served(c) ? column("d3_ns") : column("end_ns") - column("fault_ns"))/1e6
set yrange [-1:*]
set print $steps
print "protocol,panel,time,share,ended"
all = 0; lost = 0; longest = 0; least = 1.
do for [i=1:NS] { do for [k=1:NX] {
  n = 0
  stats data."/elections.csv" using (mine(S(i)) && group("configuration") == k ? (n = n + 1, lost = lost + !served(0), 0) : 0) nooutput
  all = all + n
  if (n > 0) {
    # How many trials are over at each time, and how many of them ended unserved.
    set table $over; plot data."/elections.csv" using (mine(S(i)) && group("configuration") == k ? over(0) : NaN):(1) smooth frequency; unset table
    set table $ended; plot data."/elections.csv" using (mine(S(i)) && group("configuration") == k ? over(0) : NaN):(!served(0)) smooth frequency; unset table
    array times[n]; array gone[n]; array unserved[n]; m = 0
    set datafile nocolumnheaders; set datafile separator whitespace
    stats $over using (m = m + 1, times[m] = $1, gone[m] = $2, 0) nooutput
    m = 0
    stats $ended using (m = m + 1, unserved[m] = $2, 0) nooutput
    set datafile columnheaders; set datafile separator comma
    share = 1.; left = n
    print sprintf("%s,%d,0,1,0", S(i), k)
    do for [j=1:m] {
      share = share*(1 - (gone[j] - unserved[j])/left); left = left - gone[j]
      longest = gone[j] > unserved[j] && times[j] > longest ? times[j] : longest
      least = share > 0 && share < least ? share : least
      print sprintf("%s,%d,%.9g,%.9g,%d", S(i), k, times[j], share, unserved[j])
    }
  }
} }
set print
columns = NX < 3 ? NX : NX == 4 ? 2 : 3; lines = (NX + columns - 1)/columns
W = columns == 1 ? 900 : 1100; H = columns == 1 ? 560 : 200 + 270*lines; load "Plots/terminal.gp"
basis = simulated.counted(all, "trial", "trials").(lost == 0 ? ", all of which recovered" : sprintf(", of which %d never recovered", lost)).", seed ".seeds
idle = without(all)
# Those that ended later stand at the end of the axis, on their curve.
reach = longest > 0 ? 1.05*longest : 1
HEAD = NX > 1 ? 1.2 : 0
eval headings("Trials without an answer".(axisKey eq "" ? "" : " against ".axisKey), "share still unserved so long after the fault, log scale".(lost == 0 ? "" : "; open: trials that end unserved"), "")
set logscale y; set xrange [0:reach]; set yrange [least/1.5:1.2]
left = 80./W; right = 1 - 200./W; top = 1 - (NX > 1 ? 130. : 115.)/H; bottom = 60./H
at(p, k) = stringcolumn("protocol") eq p && column("panel") == k ? column("time") : NaN
# Some four marks on an axis.
step = 10**floor(log10(reach/4)); step = reach/step > 20 ? 5*step : reach/step > 8 ? 2*step : step
if (lost == all) { eval blank("no trial recovered") } else {
set multiplot
do for [k=1:NX] {
  row = (k - 1)/columns; c = (k - 1)%columns
  set lmargin at screen left + (right - left)*c/columns; set rmargin at screen left + (right - left)*(c + 1)/columns - (NX > 1 ? 0.03 : 0)
  set tmargin at screen top - (top - bottom)*row/lines - (NX > 1 ? 26./H : 0); set bmargin at screen top - (top - bottom)*(row + 1)/lines + 24./H
  set ytics ()
  do for [p in "100 50 20 10 5 2 1 0.5 0.2 0.1"] { set ytics add ((c > 0 ? "" : p." %%") p/100.) }
  # The panel below has the same axis, if there is one.
  isLowest = k + columns > NX
  if (NX > 1) { set xtics 0,step }
  set format x (isLowest ? "%g" : ""); set xlabel (isLowest ? "time since the fault (ms)" : "")
  if (NX > 1) { set label 3 axisName." = ".mark(axisKey, word(xs, k)) at graph 0, graph 1 offset 0,0.7 left noenhanced tc rgb ink font ",12" }
  if (k > 1) { unset label 1; unset label 2 }
  set key at screen right + 12./W, screen top left top vertical Left reverse noenhanced
  plot for [i=1:NS] $steps using (at(S(i), k)):(column("share") > 0 ? column("share") : least/1.5) with steps lt C(i) title (k == NX ? S(i) : ""), \
       for [i=1:lost > 0 ? NS : 0] $steps using (column("ended") > 0 ? (at(S(i), k) > reach ? reach : at(S(i), k)) : -1):(column("share")) with points lc C(i) pt 6 ps 1.2 notitle
}
unset multiplot
}
