# Latency for each value of an input that is no number: the median as a bar, the 99th percentile as a line of its colour.
if (!exists("experiment")) experiment = "leader-disk"
needsSweep = 1; load "Plots/style.gp"
key1 = word(swept, 1)
eval collect(key1); chosen = found
# The values, those with the shorter latency first.
values = ""
know(v) = strstrt(" ".values." ", " ".v." ") > 0 ? 0 : (values = values.(values eq "" ? "" : " ").v, 0)
stats data."/configurations.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("key") eq key1 ? know(joined(stringcolumn("value"))) : 0) nooutput
array total[words(values)]
do for [j=1:words(values)] { total[j] = 0 }
stats data."/latency.csv" using (ours("configuration") && stringcolumn("metric") eq "client" && column("quantile") == 0.5 \
  ? (j = sum [k=1:words(values)] (word(values, k) eq joined(lookup(chosen, id("configuration"))) ? k : 0), total[j] = total[j] + column("value_ns"), 0) : 0) nooutput
ordered = ""
do for [n=1:words(values)] {
  least = 1e300
  do for [j=1:words(values)] { if (total[j] < least) { least = total[j]; best = j } }
  if (least < 1e300) { ordered = ordered.(ordered eq "" ? "" : " ").word(values, best); total[best] = 1e301 }
}
values = ordered
NX = words(values); wide = 0.8/NS
choice(c) = sum [j=1:NX] (word(values, j) eq joined(lookup(chosen, id(c))) ? j : 0)
slot(p) = sum [i=1:NS] (S(i) eq p ? i : 0)
place(p) = choice("configuration") + (slot(p) - (NS + 1)/2.)*wide
row(p, q) = mine(p) && stringcolumn("metric") eq "client" && column("quantile") == q ? place(p) : NaN
# From the lowest trial to the highest, or the interval of the median.
array low[NX*NS]; array high[NX*NS]
do for [j=1:NX*NS] { low[j] = 1e300; high[j] = -1e300 }
widen(c) = (j = (slot(stringcolumn("protocol")) - 1)*NX + choice("configuration"), v = column(c)/1e6, low[j] = v < low[j] ? v : low[j], high[j] = v > high[j] ? v : high[j], 0)
if (hasIntervals) {
  stats data."/intervals.csv" using (ours("configuration") && stringcolumn("metric") eq "client" && stringcolumn("statistic") eq "p50" ? (widen("low_ns"), widen("high_ns")) : 0) nooutput
} else {
  stats data."/summary.csv" using (ours("configuration") && stringcolumn("client_p50_ns") ne "" ? widen("client_p50_ns") : 0) nooutput
}
set print $bars
print "protocol,x,low,high"
do for [i=1:NS] { do for [x=1:NX] { j = (i - 1)*NX + x; if (high[j] > low[j]) { print sprintf("%s,%g,%.9g,%.9g", S(i), x + (i - (NS + 1)/2.)*wide, low[j], high[j]) } } }
set print
eval headings("Latency by ".key1, "bars: median client latency, shortest first; lines: 99th percentile", barsMean)
set boxwidth wide*0.88; set style fill solid 0.75 border lc rgb "white"
set xrange [0.5:NX+0.5]; set yrange [0:*]; set xtics () scale 0 noenhanced; set for [j=1:NX] xtics add (tick(apart(word(values, j))) j)
if (strlen(values) > 75) { set xtics rotate by 15 right; set bmargin 6 }
set grid noxtics ytics; set format y "%g"; set ylabel "client latency (ms)"; set xlabel key1 noenhanced
if (strstrt(values, "~") > 0) { set bmargin 5; set xlabel offset 0,-1 }
plot for [i=1:NS] data."/latency.csv" using (row(S(i), 0.5)):(column("value_ns")/1e6) with boxes lt C(i) dt 1 lw 1 title S(i), \
     for [i=1:NS] data."/latency.csv" using (row(S(i), 0.99) - wide*0.44):(column("value_ns")/1e6):(wide*0.88):(0) with vectors nohead lt C(i) dt 1 lw 3 notitle, \
     for [i=1:NS] $bars using (stringcolumn("protocol") eq S(i) ? column("x") : NaN):"low":(0):(column("high") - column("low")) with vectors heads size screen 0.003,90 fixed lc rgb "black" lw 1 dt 1 notitle
