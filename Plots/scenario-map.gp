# For each case of a sweep and each protocol: the longest that an operation waited, how long nobody was answered in all, and how often the
# leader changed; means of all trials.
if (!exists("experiment")) experiment = "scenarios"
needsSweep = 1; load "Plots/style.gp"
key1 = word(swept, 1)
eval collect(key1); chosen = found
values = ""
know(v) = strstrt(" ".values." ", " ".v." ") > 0 ? 0 : (values = values.(values eq "" ? "" : " ").v, 0)
stats data."/configurations.csv" using (ours("configuration") && stringcolumn("key") eq key1 ? know(joined(stringcolumn("value"))) : 0) nooutput
choice(c) = sum [j=1:words(values)] (word(values, j) eq joined(lookup(chosen, id(c))) ? j : 0)
slot(p) = sum [i=1:NS] (S(i) eq p ? i : 0)
NX = words(values); CELLS = NX*NS
array count[CELLS]; array wait[CELLS]; array changes[CELLS]; array silent[CELLS]
do for [j=1:CELLS] { count[j] = 0; wait[j] = 0; changes[j] = 0; silent[j] = 0 }
cell(x) = (slot(stringcolumn("protocol")) - 1)*NX + choice("configuration")
add(j, w, n) = (count[j] = count[j] + 1, wait[j] = wait[j] + w, changes[j] = changes[j] + n, 0)
stats data."/summary.csv" using (ours("configuration") ? add(cell(0), column("client_max_ns")/1e6, column("leader_changes")) : 0) nooutput
interval = 0
stats data."/timeline.csv" using (ours("configuration") ? (interval = column("interval_ns"), column("completed") == 0 ? (j = cell(0), silent[j] = silent[j] + interval/1e6, 0) : 0) : 0) nooutput
# The cases, those with the shorter waits first.
array weight[NX]
do for [x=1:NX] { weight[x] = 0; do for [i=1:NS] { j = (i - 1)*NX + x; if (count[j] > 0) { weight[x] = weight[x] + log(wait[j]/count[j]) } } }
rank(x) = 1 + sum [y=1:NX] (weight[y] < weight[x] || (weight[y] == weight[x] && y < x) ? 1 : 0)
longest = 0; shortest = 1e300; often = 1; quietest = 1
set print $cells
print "x,y,wait,silent,changes"
do for [i=1:NS] { do for [x=1:NX] { j = (i - 1)*NX + x; if (count[j] > 0) {
  w = wait[j]/count[j]; q = silent[j]/count[j]; n = changes[j]/count[j]
  longest = w > longest ? w : longest; shortest = w < shortest ? w : shortest; often = n > often ? n : often; quietest = q > quietest ? q : quietest
  print sprintf("%d,%d,%.9g,%.9g,%.9g", i, rank(x), w, q, n)
} } }
set print
W = 200 + 250*NS < 900 ? 900 : 200 + 250*NS; H = 190 + 26*NX; load "Plots/terminal.gp"
unset key; unset grid; set border 0; set tics scale 0
set xrange [0.5:NS+0.5]; set yrange [NX+0.5:0.5]
set xtics () noenhanced; set for [i=1:NS] xtics add (S(i) i)
set ytics () noenhanced; set for [x=1:NX] ytics add (escaped(apart(word(values, x))) rank(x))
set palette defined (@cividis); unset colorbox
rounded(v) = v >= 99.5 ? sprintf("%.0f", v) : v >= 9.95 ? sprintf("%.1f", v) : v > 0 ? sprintf("%.2f", v) : "0"
set tmargin at screen 1 - 118./H; set bmargin at screen 44./H
# eval panel(least, most, "what") makes room for the next panel.
begin(n) = 165./W + (1 - 180./W)*n/3; drawn = 0
panel(least, most, what) = sprintf("set lmargin at screen %g; set rmargin at screen %g; set cbrange [%g:%g]; set label 3 \"%s\" at graph 0,1 offset 0.3,0.7 noenhanced tc rgb ink font \",12\"; drawn = drawn + 1", begin(drawn), begin(drawn + 1) - 14./W, least, most, what)
isWide = longest > 30*shortest
if (isWide) { set logscale cb }
dark(v) = isWide ? log(v/shortest) < 0.55*log(longest/shortest) : v - shortest < 0.55*(longest - shortest)
set multiplot
HEAD = 1.4; eval headings("Through each ".key1, "means of all trials", "")
eval panel(shortest, longest > shortest ? longest : shortest*1.01 + 1e-9, "longest wait (ms)")
plot $cells using 1:2:($1 - 0.49):($1 + 0.49):($2 - 0.49):($2 + 0.49):3 with boxxyerror fs solid 1 noborder fc palette, \
     $cells using 1:2:(rounded($3)):(dark($3) ? 0xFFFFFF : 0x222222) with labels tc rgb variable font ",11"
unset label 1; unset label 2; unset logscale cb; set format y ""; set ytics ()
eval panel(0, quietest, interval > 0 ? sprintf("without an answer (ms, in steps of %g)", interval/1e6) : "without an answer (ms)")
plot $cells using 1:2:($1 - 0.49):($1 + 0.49):($2 - 0.49):($2 + 0.49):4 with boxxyerror fs solid 1 noborder fc palette, \
     $cells using 1:2:(rounded($4)):($4 < 0.55*quietest ? 0xFFFFFF : 0x222222) with labels tc rgb variable font ",11"
eval panel(0, often, "changes of leaders")
plot $cells using 1:2:($1 - 0.49):($1 + 0.49):($2 - 0.49):($2 + 0.49):5 with boxxyerror fs solid 1 noborder fc palette, \
     $cells using 1:2:(sprintf("%.3g", $5)):($5 < 0.55*often ? 0xFFFFFF : 0x222222) with labels tc rgb variable font ",11"
unset multiplot
