# For each case of a sweep: the longest that an operation waited, and how often the leader changed; means of all trials.
if (!exists("experiment")) experiment = "hand-over"
needsSweep = 1; load "Plots/style.gp"
W = 980; H = 700; load "Plots/terminal.gp"
key1 = word(swept, 1)
eval collect(key1); chosen = found
values = ""
know(v) = strstrt(" ".values." ", " ".v." ") > 0 ? 0 : (values = values.(values eq "" ? "" : " ").v, 0)
stats data."/configurations.csv" using (ours("configuration") && stringcolumn("key") eq key1 ? know(joined(stringcolumn("value"))) : 0) nooutput
choice(c) = sum [j=1:words(values)] (word(values, j) eq joined(lookup(chosen, id(c))) ? j : 0)
slot(p) = sum [i=1:NS] (S(i) eq p ? i : 0)
NX = words(values); CELLS = NX*NS
array count[CELLS]; array wait[CELLS]; array low[CELLS]; array high[CELLS]; array changes[CELLS]; array fewest[CELLS]; array most[CELLS]
do for [j=1:CELLS] { count[j] = 0; wait[j] = 0; low[j] = 1e300; high[j] = -1e300; changes[j] = 0; fewest[j] = 1e300; most[j] = -1e300 }
less(a, b) = a < b ? a : b
more(a, b) = a > b ? a : b
add(j, w, n) = (count[j] = count[j] + 1, wait[j] = wait[j] + w, low[j] = less(low[j], w), high[j] = more(high[j], w), changes[j] = changes[j] + n, fewest[j] = less(fewest[j], n), most[j] = more(most[j], n), 0)
stats data."/summary.csv" using (ours("configuration") ? add((slot(stringcolumn("protocol")) - 1)*NX + choice("configuration"), column("client_max_ns")/1e6, column("leader_changes")) : 0) nooutput
# The cases, numbers in their order, and else those with the shorter waits first.
array weight[NX]; ranked = 0
do for [x=1:NX] {
  weight[x] = measure(key1, apart(word(values, x)))
  if (weight[x] != weight[x]) { ranked = 1; weight[x] = 0; do for [i=1:NS] { j = (i - 1)*NX + x; weight[x] = weight[x] + (count[j] > 0 ? wait[j]/count[j] : 0) } }
}
rank(x) = 1 + sum [y=1:NX] (weight[y] < weight[x] || (weight[y] == weight[x] && y < x) ? 1 : 0)
wide = 0.8/NS; longest = 0; shortest = 1e300; often = 1
set print $cells
print "protocol,x,wait,low,high,changes,fewest,most"
do for [i=1:NS] { do for [x=1:NX] { j = (i - 1)*NX + x; if (count[j] > 0) {
  longest = more(longest, high[j]); shortest = less(shortest, low[j]); often = more(often, most[j])
  print sprintf("%s,%g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g", S(i), rank(x) + (i - (NS + 1)/2.)*wide, wait[j]/count[j], low[j], high[j], changes[j]/count[j], fewest[j], most[j])
} } }
set print
bar(p) = stringcolumn("protocol") eq p ? column("x") : NaN
span = "vectors heads size screen 0.003,90 fixed lc rgb \"black\" lw 1 dt 1 notitle"
set lmargin at screen 90./W; set rmargin at screen 1 - 275./W
set key at screen 1 - 263./W, graph 1 left top vertical Left reverse noenhanced maxrows 12
set boxwidth wide*0.88; set style fill solid 0.75 border lc rgb "white"
set xrange [0.5:NX+0.5]; set xtics () scale 0 noenhanced; do for [x=1:NX] { FOOT = FOOT || folded(apart(word(values, x))) ne apart(word(values, x)) }; set for [x=1:NX] xtics add (tick(apart(word(values, x))) rank(x))
set grid noxtics ytics; set format y "%g"
set multiplot
set origin 0,0.4; set size 1,0.6; set tmargin 5.8; set bmargin 1.8 + FOOT
isWide = longest > 30*shortest
if (isWide) { set logscale y; set yrange [10**floor(log10(shortest)):longest*1.5] } else { set yrange [0:longest*1.1] }
set ylabel "longest wait (ms".(isWide ? ", log scale)" : ")")
eval headings("Out of service, by ".key1, "means of all trials".(ranked ? ", shortest wait first" : ""), range)
plot for [i=1:NS] $cells using (bar(S(i))):"wait" with boxes lt C(i) dt 1 lw 1 title S(i), \
     for [i=1:NS] $cells using (column("high") > column("low") ? bar(S(i)) : NaN):"low":(0):(column("high") - column("low")) with @span
unset label 1; unset label 2; unset key; unset logscale y
set origin 0,0; set size 1,0.4; set tmargin 1; set bmargin 3.5 + FOOT; set yrange [0:often*1.15]
if (often <= 5) { set ytics 1 }
set ylabel "changes of leaders"; set xlabel key1 noenhanced offset 0,-FOOT
plot for [i=1:NS] $cells using (bar(S(i))):"changes" with boxes lt C(i) dt 1 lw 1, \
     for [i=1:NS] $cells using (column("most") > column("fewest") ? bar(S(i)) : NaN):"fewest":(0):(column("most") - column("fewest")) with @span
unset multiplot
