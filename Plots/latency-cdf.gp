# Distribution of commit latency: which share of the batches was durable on a majority within which time. A curve for each
# protocol and cluster size; a panel for each combination of the values of all other swept inputs. Where leaders do not say when
# that was, of client latency.
if (!exists("experiment")) experiment = "commit-latency"
load "Plots/style.gp"
eval collect("cluster.replicas"); sizes = found
batches = 0
stats data."/summary.csv" using (ours("configuration") ? (batches = batches + column("commit_count"), 0) : 0) nooutput
metric = batches > 0 ? "commit" : "client"
title = batches > 0 ? "Commit latency" : "Client latency"
meaning = batches > 0 ? "proposed to durable on a majority, as the leader knows it" : "from when a client meant to ask to its answer"
things = batches > 0 ? "batches" : "operations"
basis = simulated.(batches > 0 ? counted(batches, "batch", "batches") : counted(replies, "operation", "operations"))." in ".counted(runs, "run", "runs").", seed ".seeds

# A configuration's panel is a number whose digits are the places of its values among all values, the last input changing fastest.
others = ""
do for [key in swept] { if (key ne "cluster.replicas") { others = others.(others eq "" ? "" : " ").key } }
KEYS = words(others)
array chosen[KEYS + 1]; array known[KEYS + 1]; array names[KEYS + 1]
do for [k=1:KEYS] { eval distinct(word(others, k)); chosen[k] = map; known[k] = found; names[k] = axis(word(others, k), example) }
nearest(list, v) = sum [j=1:words(list)] (abs(real(word(list, j)) - v) <= 1e-9*abs(v) ? j : 0)
given(k, i) = lookup(chosen[k], i)
code(k, i) = k == 0 ? 0 : code(k - 1, i)*(words(known[k]) + 1) + nearest(known[k], amount(word(others, k), given(k, i)))
place(k, i) = k == 0 ? "" : place(k - 1, i).(k > 1 ? ", " : "").names[k]." = ".mark(word(others, k), word(known[k], nearest(known[k], amount(word(others, k), given(k, i)))))
codes = ""; places = " "; codeOf = " "
see(n, i) = (codeOf = codeOf.i."=".n."| ", strstrt(" ".codes." ", " ".n." ") > 0 ? 0 : (codes = codes.(codes eq "" ? "" : " ").n, places = places.n."=".place(KEYS, i)."| ", 0))
stats data."/summary.csv" using (ours("configuration") && lookup(codeOf, id("configuration")) eq "" ? see(sprintf("%d", code(KEYS, id("configuration"))), id("configuration")) : 0) nooutput
panels = words(codes)
if (panels > 12) { eval refuse(sprintf("it shows 12 combinations of swept values at most, and there are %d", panels)) }
sorted = ""; last = -1
do for [n=1:panels] {
  next = 1e300
  do for [c in codes] { if (real(c) > last && real(c) < next) { next = real(c) } }
  sorted = sorted.(n > 1 ? " " : "").sprintf("%d", next); last = next
}
# The input that changes fastest goes along a row, if that makes whole rows.
fast = KEYS > 0 ? words(known[KEYS]) : 1
COLUMNS = panels > 1 && fast > 1 && fast <= 4 && panels%fast == 0 ? fast : panels < 4 ? panels : 3
ROWS = (panels + COLUMNS - 1)/COLUMNS

# Each nine of the tail takes the same height.
height(q) = (q < 0.9999999) ? -log10(1 - q) : NaN
row(p, n, k) = mine(p) && stringcolumn("metric") eq metric && lookup(sizes, id("configuration")) eq n && lookup(codeOf, id("configuration")) eq word(sorted, k)
# Which protocol was run with which number of replicas: its colour and dash; the more replicas, the heavier the line.
pairs = ""
pair(p, n) = strstrt(" ".pairs." ", " ".p."=".n." ") > 0 ? 0 : (pairs = pairs.(pairs eq "" ? "" : " ").p."=".n, 0)
do for [i=1:NS] { do for [n=1:64] {
  stats data."/summary.csv" using (mine(S(i)) && lookup(sizes, id("configuration")) eq sprintf("%d", n) ? pair(S(i), sprintf("%d", n)) : 0) nooutput
} }
who(j) = substr(word(pairs, j), 1, strstrt(word(pairs, j), "=") - 1)
of(j) = substr(word(pairs, j), strstrt(word(pairs, j), "=") + 1, strlen(word(pairs, j)))
curves = "for [j=1:words(pairs)] data.'/latency.csv' using (row(who(j), of(j), k) ? column('value_ns')/1e6 : NaN):(height(column('quantile'))) with lines lt colour(who(j)) lw 0.8 + 0.4*real(of(j))"
named(j) = sprintf("%s, n = %s", who(j), of(j))

set yrange [0:*]; set ytics ("0" 0, "50 %%" 0.30103, "90 %%" 1, "99 %%" 2, "99.9 %%" 3, "99.99 %%" 4, "99.999 %%" 5)
if (panels == 1) {
  eval headings(title, meaning, "")
  set xlabel metric." latency (ms)"; set ylabel "share of ".things." (tail expanded)"
  k = 1
  plot @curves title named(j)
  exit
}
# All panels have the same axes.
longest = 0; shortest = 1e300; highest = 0
stats data."/latency.csv" using (ours("configuration") && stringcolumn("metric") eq metric && stringcolumn("value_ns") ne "" \
  ? (v = column("value_ns")/1e6, longest = v > longest ? v : longest, shortest = v > 0 && v < shortest ? v : shortest, h = height(column("quantile")), highest = h > highest ? h : highest, 0) : 0) nooutput
if (longest > 30*shortest) { set logscale x; set xrange [shortest/1.2:longest*1.2]; scale = ", log scale" } else { set xrange [shortest - 0.05*(longest - shortest):longest + 0.05*(longest - shortest) + 1e-9]; scale = "" }
set yrange [0:highest > 0 ? 1.05*highest : 1]
W = 1100; H = 190 + 230*ROWS < 560 ? 560 : 190 + 230*ROWS; load "Plots/terminal.gp"
left = 110.; top = 125. + 16*(noted(0) > 0); across = (W - left - 265)/COLUMNS; down = (H - top - 50)/ROWS
HEAD = 1.2
set multiplot
do for [k=1:panels] {
  x = (k - 1)%COLUMNS; y = (k - 1)/COLUMNS
  set lmargin at screen (left + x*across)/W; set rmargin at screen (left + (x + 1)*across - 16)/W
  set tmargin at screen 1 - (top + y*down)/H; set bmargin at screen 1 - (top + (y + 1)*down - 30)/H
  if (k == 1) {
    eval headings(title.", by ".joinedBy(" and ", others), "share of ".things." (tail expanded), ".(batches > 0 ? "from " : "").meaning, "")
  } else { unset label 1; unset label 2 }
  set label 3 lookup(places, word(sorted, k)) at graph 0.5,1 center offset 0,0.6 noenhanced tc rgb ink font ",10"
  set xlabel (x == (COLUMNS - 1)/2 && y == ROWS - 1 ? metric." latency (ms".scale.")" : "")
  set format x (k + COLUMNS > panels ? "%g" : "")
  if (x == 0) { set ytics ("0" 0, "50 %%" 0.30103, "90 %%" 1, "99 %%" 2, "99.9 %%" 3, "99.99 %%" 4, "99.999 %%" 5) } else { set ytics ("" 0, "" 0.30103, "" 1, "" 2, "" 3, "" 4, "" 5) }
  set key at screen 1 - 253./W, graph 1 left top vertical Left reverse noenhanced maxrows 24
  if (k == COLUMNS || (k == panels && panels < COLUMNS)) { plot @curves title named(j) } else { plot @curves notitle }
}
unset multiplot
