# Where the time of a fail-over goes: the means of its four parts, which add up to the mean of the whole; of a sweep a group of bars
# for each value.
if (!exists("experiment")) experiment = "election"
load "Plots/style.gp"
eval require("elections", "Parts of a fail-over", "no fault made the leader change")
load "Plots/groups.gp"
N = NX*NS
slot(p) = sum [i=1:NS] (S(i) eq p ? i : 0)
cell(c) = (group(c) - 1)*NS + slot(stringcolumn("protocol"))
array ran[N]; array recovered[N]; array censored[N]; array parts[4*N]
do for [j=1:N] { ran[j] = 0; recovered[j] = 0; censored[j] = 0; do for [k=1:4] { parts[4*(j - 1) + k] = 0 } }
names = "detection election synchronization resume"
add(j, k) = (parts[4*(j - 1) + k] = parts[4*(j - 1) + k] + column(word(names, k)."_ns")/1e6)
isShown(c) = ours(c) && cell(c) > 0
stats data."/summary.csv" using (isShown("configuration") ? (j = cell("configuration"), ran[j] = ran[j] + 1, 0) : 0) nooutput
stats data."/elections.csv" using (isShown("configuration") ? (j = cell("configuration"), stringcolumn("censored") eq "true" ? (censored[j] = censored[j] + 1, 0) \
  : (recovered[j] = recovered[j] + 1, add(j, 1), add(j, 2), add(j, 3), add(j, 4), 0)) : 0) nooutput
# Values without a number by what a fail-over takes, the shortest first.
whole(x) = sum [j=(x - 1)*NS + 1:x*NS] (recovered[j] > 0 ? (sum [k=4*j - 3:4*j] parts[k])/recovered[j] : 1e6)
rank(x) = isUnordered ? 1 + (sum [m=1:NX] (whole(m) < whole(x) || (whole(m) == whole(x) && m < x) ? 1 : 0)) : x
# From the top, with a gap between groups.
rows = N + NX - 1
up(j) = rows + 1 - ((rank((j - 1)/NS + 1) - 1)*(NS + 1) + (j - 1)%NS + 1)
set print $parts
print "y,detection,election,synchronization,resume,total,low,high,note"
longest = 0; all = 0; lost = 0; hasLines = 0
do for [j=1:N] {
  all = all + recovered[j] + censored[j]; lost = lost + censored[j]
  a = 0; b = 0; c = 0; d = 0; total = 0; low = 0; high = 0
  if (recovered[j] > 0) {
    a = parts[4*j - 3]/recovered[j]; b = parts[4*j - 2]/recovered[j]; c = parts[4*j - 1]/recovered[j]; d = parts[4*j]/recovered[j]
    total = a + b + c + d; low = total; high = total
  }
  if (recovered[j] >= 20) {
    set table $sorted
    plot data."/elections.csv" using (ours("configuration") && cell("configuration") == j && stringcolumn("censored") eq "false" ? column("d3_ns")/1e6 : NaN):(1) smooth cumulative
    unset table
    set datafile nocolumnheaders; set datafile separator whitespace
    low = -1; high = -1
    stats $sorted using ($2 >= 0.1*recovered[j] && low < 0 ? (low = $1, 0) : 0) nooutput
    stats $sorted using ($2 >= 0.9*recovered[j] && high < 0 ? (high = $1, 0) : 0) nooutput
    set datafile columnheaders; set datafile separator comma
    hasLines = 1
  }
  longest = high > longest ? high : longest
  # What the means leave out stands at the end of its row.
  spared = ran[j] - recovered[j] - censored[j]
  note = recovered[j] > 0 ? sprintf(total < 99.5 ? "%.3g" : "%.0f", total) : ""
  if (censored[j] > 0) { note = note.sprintf("  ✕ %d never", censored[j]) }
  if (spared > 0) { note = note.sprintf("  (%d without)", spared) }
  print sprintf("%d,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,%s", up(j), a, b, c, d, total, low, high, note)
}
set print
H = 280 + (NX == 1 ? 56 : 26)*rows; load "Plots/terminal.gp"
basis = trials(all, lost); idle = without(all)
HEAD = axisKey eq "" ? 0 : 1.2; set tmargin 5.8 + HEAD
eval headings("Parts of a fail-over".(axisKey eq "" ? "" : " against ".axisKey), \
  "means, to the first answer to a command issued after the fault".(hasLines ? "; lines: 10th to 90th percentile" : "").(isUnordered ? "; shortest first" : ""), "")
set xlabel "time since the fault (ms)"; set xrange [0:longest > 0 ? longest*1.02 : 1]; set yrange [0.4:rows+0.6]
set ytics () scale 0 noenhanced; set for [j=1:N] ytics add (S((j - 1)%NS + 1) up(j)); set grid xtics noytics; set border 1
set lmargin at screen (NX == 1 ? 0.25 : 0.35); set rmargin at screen 1 - 200./W; set bmargin 6
if (axisKey ne "") {
  # Groups have their names at the left; the headings begin there as well.
  set label 3 axisName at screen 0.02, graph 1 offset 0,0.6 left noenhanced tc rgb quiet font ",12"
  do for [k=1:NX] { set label 20+k mark(axisKey, word(xs, k)) at screen 0.02, first up((k - 1)*NS + 1) left noenhanced tc rgb ink font ",13" }
}
set label 1 at screen 0.02, graph 1; set label 2 at screen 0.02, graph 1
set key at screen 0.02, screen 0.02 left bottom vertical maxrows 4 Left reverse
set style fill solid 1 noborder
set bars 0.5
thick = NX == 1 ? 0.3 : 0.4
if (lost == all) { eval blank("no trial recovered") } else {
plot $parts using 1:1:(0):2:($1 - thick):($1 + thick) with boxxyerror lt 1 dt 1 lw 0 fc rgb "#00224E" title "detection", \
     $parts using 1:1:2:($2 + $3):($1 - thick):($1 + thick) with boxxyerror lt 1 dt 1 lw 0 fc rgb "#575D6D" title "election", \
     $parts using 1:1:($2 + $3):($2 + $3 + $4):($1 - thick):($1 + thick) with boxxyerror lt 1 dt 1 lw 0 fc rgb "#A59C74" title "synchronisation", \
     $parts using 1:1:($2 + $3 + $4):6:($1 - thick):($1 + thick) with boxxyerror lt 1 dt 1 lw 0 fc rgb "#FEE838" title "resume", \
     $parts using ($7 < $8 ? $6 : NaN):1:7:8 with xerrorbars lt 1 dt 1 lw 1.2 lc rgb ink pt 7 ps 0 notitle, \
     $parts using ($8 > $6 ? $8 : $6):1:(stringcolumn(9)) with labels left offset 0.6,0 tc rgb ink font ",11" notitle
}
