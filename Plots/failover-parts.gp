# Where the time of a fail-over goes: the means of its four parts, which add up to the mean of the whole.
if (!exists("experiment")) experiment = "election"
load "Plots/style.gp"
eval require("elections", "Parts of a fail-over", "no fault made the leader change")
array recovered[NS]; array censored[NS]; array parts[4*NS]
do for [i=1:NS] { recovered[i] = 0; censored[i] = 0; do for [k=1:4] { parts[4*(i - 1) + k] = 0 } }
slot(p) = sum [i=1:NS] (S(i) eq p ? i : 0)
names = "detection election synchronization resume"
add(i, k) = (parts[4*(i - 1) + k] = parts[4*(i - 1) + k] + column(word(names, k)."_ns")/1e6)
stats data."/elections.csv" using (ours("configuration") ? (i = slot(stringcolumn("protocol")), stringcolumn("censored") eq "true" ? (censored[i] = censored[i] + 1, 0) \
  : (recovered[i] = recovered[i] + 1, add(i, 1), add(i, 2), add(i, 3), add(i, 4), 0)) : 0) nooutput
set print $parts
print "y,detection,election,synchronization,resume,total"
longest = 0; all = 0; lost = 0; shortest = 1e300
do for [i=1:NS] {
  all = all + recovered[i] + censored[i]; lost = lost + censored[i]
  if (recovered[i] > 0) {
    a = parts[4*i - 3]/recovered[i]; b = parts[4*i - 2]/recovered[i]; c = parts[4*i - 1]/recovered[i]; d = parts[4*i]/recovered[i]
    longest = a + b + c + d > longest ? a + b + c + d : longest
    print sprintf("%d,%.9g,%.9g,%.9g,%.9g,%.9g", NS + 1 - i, a, b, c, d, a + b + c + d)
  }
}
set print
H = 250 + 56*NS; load "Plots/terminal.gp"
basis = trials(all, lost); idle = without(all)
eval headings("Parts of a fail-over", "means, from the fault to the first answer to a command issued after it", "")
set xlabel "time since the fault (ms)"; set xrange [0:longest > 0 ? longest*1.08 : 1]; set yrange [0.4:NS+0.6]
set ytics () scale 0 noenhanced; set for [i=1:NS] ytics add (S(i) NS + 1 - i); set grid xtics noytics; set border 1
right = 1 - 235./W; set lmargin at screen 0.25; set rmargin at screen right
set key at screen right + 12./W, graph 1 left top vertical Left reverse maxrows 12
set style fill solid 1 noborder
if (lost == all) { eval blank("no trial recovered") } else {
plot $parts using 1:1:(0):2:($1 - 0.3):($1 + 0.3) with boxxyerror lt 1 dt 1 lw 0 fc rgb "#00224E" title "detection", \
     $parts using 1:1:2:($2 + $3):($1 - 0.3):($1 + 0.3) with boxxyerror lt 1 dt 1 lw 0 fc rgb "#575D6D" title "election", \
     $parts using 1:1:($2 + $3):($2 + $3 + $4):($1 - 0.3):($1 + 0.3) with boxxyerror lt 1 dt 1 lw 0 fc rgb "#A59C74" title "synchronisation", \
     $parts using 1:1:($2 + $3 + $4):6:($1 - 0.3):($1 + 0.3) with boxxyerror lt 1 dt 1 lw 0 fc rgb "#FEE838" title "resume", \
     $parts using 6:1:(sprintf($6 < 99.5 ? "%.3g" : "%.0f", $6)) with labels left offset 0.4,0 tc rgb ink font ",11" notitle
}
