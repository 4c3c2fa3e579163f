# The time until a client was served again, over all trials: box from quartile to quartile with the median, whiskers to the last
# trial within one and a half times the box, every trial beyond as a point.
if (!exists("experiment")) experiment = "election"
load "Plots/style.gp"
eval require("elections", "Time until a client is served again", "no fault made the leader change")
all = 0; lost = 0
stats data."/elections.csv" using (ours("configuration") ? (all = all + 1, stringcolumn("censored") eq "true" ? (lost = lost + 1) : 0, 0) : 0) nooutput
basis = trials(all, lost); idle = without(all)
eval headings("Time until a client is served again", "box: quartiles and median; whiskers: within 1.5 times the box; points: trials beyond", "")
set ylabel "time since the fault (ms)"; set yrange [0:*]; set format y "%g"
set xrange [0.4:NS+0.6]; set xtics () scale 0 noenhanced; set for [i=1:NS] xtics add (S(i) i); set grid noxtics ytics; unset key
if (NS > 4) { set xtics rotate by 20 right; set bmargin 5 }
set style boxplot outliers pointtype 6 fraction 0.9 range 1.5
set style fill solid 0.3 border; set boxwidth 0.5
if (lost == all) { eval blank("no trial recovered") } else {
plot for [i=1:NS] data."/elections.csv" using (i):(mine(S(i)) && stringcolumn("d3_ns") ne "" && stringcolumn("censored") eq "false" ? column("d3_ns")/1e6 : NaN) with boxplot lt C(i) dt 1 lw 1.5 ps 0.5
}
