# For charts of a sweep: the axis is the swept input with the most values; a second one makes panels. Loaded after style.gp.
axisKey = ""; panelKey = ""; xs = ""; ys = "all"; axisName = ""; panelName = ""; byPanel = " "; byAxis = " "
do for [j=1:words(swept)] {
  eval distinct(word(swept, j))
  if (words(found) > words(xs)) {
    if (axisKey ne "") { panelKey = axisKey; panelName = axisName; ys = xs; byPanel = byAxis }
    axisKey = word(swept, j); xs = found; byAxis = map; axisName = axis(axisKey, example)
  } else { panelKey = word(swept, j); panelName = axis(panelKey, example); ys = found; byPanel = map }
}
panels = words(ys); NX = words(xs)
if (words(swept) > 2) { eval refuse("it shows two swept inputs at most, and swept are ".joinedBy(", ", swept)) }
position(list, v) = sum [j=1:words(list)] (abs(real(word(list, j)) - v) <= 1e-9*abs(v) ? j : 0)
along(c) = amount(axisKey, lookup(byAxis, id(c)))
panel(c) = panelKey eq "" ? 1 : position(ys, amount(panelKey, lookup(byPanel, id(c))))
# An axis over more than one and a half decades is logarithmic.
first = real(word(xs, 1)); last = real(word(xs, NX))
if (isNamed(axisKey)) { set xrange [0.5:NX+0.5]; set xtics () noenhanced; set for [j=1:NX] xtics add (tick(mark(axisKey, word(xs, j))) j); do for [j=1:NX] { FOOT = FOOT || folded(mark(axisKey, word(xs, j))) ne mark(axisKey, word(xs, j)) } } \
else { if (first > 0 && last > 30*first) { set logscale x; set xrange [first/1.4:last*1.4]; set xtics () ; set for [j=1:NX] xtics add (word(xs, j) real(word(xs, j))) } \
else { if (last > first) { set xrange [(first > 0 ? 0 : first - 0.03*(last - first)):last + 0.03*(last - first)] } } }
set xlabel axisName noenhanced offset 0,-FOOT
if (FOOT) { set bmargin 5 }

# A cell for each value, panel and protocol, with the extremes of two numbers over its trials.
CELLS = NX*panels*NP
array low[2*CELLS]; array high[2*CELLS]
do for [j=1:2*CELLS] { low[j] = 1e300; high[j] = -1e300 }
cell(c) = ((colour(stringcolumn("protocol")) - 1)*panels + panel(c) - 1)*NX + position(xs, along(c))
widen(m, j, v) = v == v ? (low[j + m*CELLS] = v < low[j + m*CELLS] ? v : low[j + m*CELLS], high[j + m*CELLS] = v > high[j + m*CELLS] ? v : high[j + m*CELLS], 0) : 0
# Bars of medians (0) and 99th percentiles (1) of client latency, in ms: bootstrap intervals where the run has them.
ms(c) = stringcolumn(c) eq "" ? NaN : column(c)/1e6
if (hasIntervals) {
  interval(s, m) = stringcolumn("metric") eq "client" && stringcolumn("statistic") eq s ? (j = cell("configuration"), widen(m, j, ms("low_ns")), widen(m, j, ms("high_ns"))) : 0
  stats data."/intervals.csv" using (ours("configuration") ? (interval("p50", 0), interval("p99", 1)) : 0) nooutput
} else {
  stats data."/summary.csv" using (ours("configuration") ? (j = cell("configuration"), widen(0, j, ms("client_p50_ns")), widen(1, j, ms("client_p99_ns"))) : 0) nooutput
}
# What there is of them: plot for [i=1:NS] $bars using (barAt(S(i), k)):"low":(0):(column("high") - column("low")) with vectors @bar
set print $bars
print "protocol,panel,x,low,high"
do for [j=1:2*CELLS] {
  if (high[j] > low[j]) {
    rest = (j - 1)%CELLS
    print sprintf("%s,%d,%s,%.9g,%.9g", P(rest/NX/panels + 1), (rest/NX)%panels + 1, word(xs, rest%NX + 1), low[j], high[j])
  }
}
set print
barAt(p, k) = stringcolumn("protocol") eq p && column("panel") == k ? column("x") : NaN
bar = "heads size screen 0.003,90 fixed lt C(i) lw 1 dt 1 notitle"

# Panel k of the page: all side by side, the key at the right of the last one. Needs headings in labels 1 and 2.
side = panels > 1
W = side ? 1100 : W; load "Plots/terminal.gp"
left = 90./W; right = 1 - 275./W
edge(k) = left + (right - left)*(k - 1)/panels
set key at screen right + 12./W, graph 1 left top vertical Left reverse noenhanced maxrows 12
HEAD = 1.2*side; set tmargin 5.8 + HEAD
frame(k) = sprintf("set lmargin at screen %g; set rmargin at screen %g; if (%d > 1) { set ylabel \"\"; unset label 1; unset label 2; set format y \"\" }; if (side) { set label 3 panelName.\" = \".mark(panelKey, word(ys, %d)) at graph 0.5,1 center offset 0,0.6 noenhanced tc rgb ink font \",12\" }", edge(k), edge(k + 1) - (side ? 0.015 : 0), k, k)
titled(k, t) = k == panels ? t : ""
