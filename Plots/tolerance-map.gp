# Which share of the operations is answered after so many failures, by cluster size: from a second after the failure until the
# next one, or the end of the window. A cell is empty where there was nobody left to strike.
if (!exists("experiment")) experiment = "fault-tolerance"
load "Plots/style.gp"
eval require("faults", "Operations answered after so many failures of the leader", "nothing struck")
eval distinct("cluster.replicas"); sizes = found; byConfiguration = map; NX = words(sizes)
position(list, v) = sum [j=1:words(list)] (real(word(list, j)) == v ? j : 0)
size(c) = position(sizes, real(lookup(byConfiguration, id(c))))
# The times of the faults of each run, as " id/trial=t t t| ".
run(c) = id(c)."/".stringcolumn("seed")."/".stringcolumn("trial")
times = " "; current = ""; struck = ""; deepest = 0
close(x) = current eq "" ? 0 : (times = times.current."=".struck."| ", deepest = words(struck) > deepest ? words(struck) : deepest, 0)
open(r, t) = r eq current ? (struck = struck." ".t, 0) : (close(0), current = r, struck = t, 0)
stats data."/faults.csv" using (ours("configuration") ? open(run("configuration"), stringcolumn("at_ns")) : 0) nooutput
current = current; if (current ne "") { deepest = deepest + close(0) }
# Offered operations a second, by configuration.
offered = " "
stats data."/summary.csv" using (ours("configuration") && stringcolumn("offered_per_s") ne "" && lookup(offered, id("configuration")) eq "" ? (offered = offered.entry("configuration", stringcolumn("offered_per_s")), 0) : 0) nooutput
if (offered eq " ") { eval refuse("it needs operations that come at a rate; its clients ask one after the other") }
NY = deepest + 1; CELL = NX*NY
array answered[CELL*NP]; array asked[CELL*NP]
do for [j=1:CELL*NP] { answered[j] = 0; asked[j] = 0 }
# How many faults had struck before a time, and when the last of them did.
before(list, t) = sum [j=1:words(list)] (real(word(list, j)) <= t ? 1 : 0)
latest(list, t) = before(list, t) == 0 ? -1e18 : real(word(list, before(list, t)))
count(t) = (list = lookup(times, run("configuration")), latest(list, t) + 1e9 > t ? 0 : \
  (j = ((colour(stringcolumn("protocol")) - 1)*NY + before(list, t))*NX + size("configuration"), \
   answered[j] = answered[j] + column("completed"), asked[j] = asked[j] + real(lookup(offered, id("configuration")))*column("interval_ns")/1e9, 0))
stats data."/timeline.csv" using (ours("configuration") ? count(column("interval_start_ns")) : 0) nooutput
set print $cells
print "protocol,x,y,share"
do for [j=1:CELL*NP] { if (asked[j] > 0) { print sprintf("%s,%d,%d,%.6g", P((j - 1)/CELL + 1), (j - 1)%NX + 1, ((j - 1)/NX)%NY, 100*answered[j]/asked[j]) } }
set print
W = 200 + 280*NS < 900 ? 900 : 200 + 280*NS; H = 170 + 46*NY < 440 ? 440 : 170 + 46*NY; load "Plots/terminal.gp"
set palette defined (@cividis); set cbrange [0:100]
set colorbox user origin 1 - 95./W,0.2 size 14./W,0.5; set cblabel "answered (%)" offset 1.5,0; set format cb "%g"
unset key; unset grid; set border 0; set tics scale 0
set xrange [0.5:NX+0.5]; set yrange [-0.5:NY-0.5]; set xtics () norotate; set for [j=1:NX] xtics add (word(sizes, j) j); set ytics 1
in(p, v) = stringcolumn("protocol") eq p ? v : NaN
begin(i) = 70./W + (1 - 190./W)*(i - 1)/NS
HEAD = 1.4
set multiplot
do for [i=1:NS] {
  set lmargin at screen begin(i); set rmargin at screen begin(i + 1) - 14./W; set tmargin 7.2; set bmargin 4
  if (i == 1) { eval headings("Operations answered after so many failures of the leader", "percent of those offered, from a second after a failure on", "empty: no leader was left") } else { unset label 1; unset label 2; set format y "" }
  set label 3 S(i) at graph 0,1 offset 0.3,0.7 noenhanced tc rgb ink font ",12"
  set xlabel "replicas"; set ylabel (i == 1 ? "leaders that failed" : "")
  plot $cells using (in(S(i), $2)):3:($2 - 0.48):($2 + 0.48):($3 - 0.48):($3 + 0.48):4 with boxxyerror fs solid 1 noborder fc palette, \
       $cells using (in(S(i), $2)):3:(sprintf("%.0f", $4)):($4 < 55 ? 0xFFFFFF : 0x222222) with labels tc rgb variable font ",10"
}
unset multiplot
