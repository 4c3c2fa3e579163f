# The stages of a command's way through its leader, for each value of a swept input: their means, which add up, and beside them each one's median and 99th
# percentile, which do not.
if (!exists("experiment")) experiment = "leader-disk"
load "Plots/style.gp"
if (words(swept) > 1) { eval refuse("it shows one swept input at most, and swept are ".joinedBy(", ", swept)) }
key1 = word(swept, 1); chosen = " "
if (key1 ne "") { eval collect(key1); chosen = found }
caseOf(c) = key1 eq "" ? "all" : joined(lookup(chosen, id(c)))
values = ""
know(v) = strstrt(" ".values." ", " ".v." ") > 0 ? 0 : (values = values.(values eq "" ? "" : " ").v, 0)
stats data."/summary.csv" using (ours("configuration") ? know(caseOf("configuration")) : 0) nooutput
NX = words(values); ROWS = NX*NS
choice(c) = sum [j=1:NX] (word(values, j) eq caseOf(c) ? j : 0)
slot(p) = sum [i=1:NS] (S(i) eq p ? i : 0)
names = "received_to_proposed proposed_to_committed committed_to_applied applied_to_replied"
titles = "received~to~proposed proposed~to~committed committed~to~applied applied~to~replied"
shades = "#00224E #575D6D #A59C74 #E8C400"
# By row and stage, in ms; of what is not known none.
array means[4*ROWS]; array medians[4*ROWS]; array tails[4*ROWS]
do for [j=1:4*ROWS] { means[j] = 0; medians[j] = NaN; tails[j] = NaN }
ms(c) = stringcolumn(c) eq "" ? NaN : column(c)/1e6
place(c) = 4*((choice(c) - 1)*NS + slot(stringcolumn("protocol")) - 1) + listed(names, stringcolumn("stage"))
counted_ = 0
if (has_file("stages")) stats data."/stages.csv" using (ours("configuration") && column("count") > 0 ? (j = place("configuration"), means[j] = column("sum_ns")/column("count")/1e6, medians[j] = ms("p50_ns"), tails[j] = ms("p99_ns"), counted_ = counted_ + 1, 0) : 0) nooutput
# The values in their order, and those that are no numbers by their means.
array weight[NX]
do for [x=1:NX] {
  weight[x] = key1 eq "" ? 0 : measure(key1, apart(word(values, x)))
  if (weight[x] != weight[x]) { weight[x] = 0; do for [j=4*(x - 1)*NS + 1:4*x*NS] { weight[x] = weight[x] + means[j] } }
}
rank(x) = 1 + sum [y=1:NX] (weight[y] < weight[x] || (weight[y] == weight[x] && y < x) ? 1 : 0)
longest = 0; shortest = 1e300; largest = 0
lower(v) = (shortest = v > 0 && v < shortest ? v : shortest, largest = v == v && v > largest ? v : largest, 0)
set print $stages
print "y,s0,s1,s2,s3,s4"
set print $spans
print "y,stage,median,tail"
set print
set print $stages append
do for [x=1:NX] { do for [i=1:NS] {
  j = 4*((x - 1)*NS + i - 1); y = (NX - rank(x))*(NS + 0.6) + NS - i + 1
  a = means[j + 1]; b = a + means[j + 2]; c = b + means[j + 3]; d = c + means[j + 4]
  longest = d > longest ? d : longest
  if (d > 0) { print sprintf("%g,0,%.9g,%.9g,%.9g,%.9g", y, a, b, c, d) }
} }
set print $spans append
do for [x=1:NX] { do for [i=1:NS] { do for [s=1:4] {
  j = 4*((x - 1)*NS + i - 1) + s; y = (NX - rank(x))*(NS + 0.6) + NS - i + 1
  if (medians[j] == medians[j]) { print sprintf("%g,%d,%.9g,%.9g", y + 0.45 - 0.18*s, s, medians[j], tails[j]); foo = lower(medians[j]) + lower(tails[j]) }
} } }
set print
W = 1060; H = 200 + 34*ROWS + 20*NX; load "Plots/terminal.gp"
eval headings("Stages of a command on its way through its leader".(key1 eq "" ? "" : ", by ".key1), "left: means, which add up; right: median (dot) to 99th percentile of each that is not zero", "")
if (counted_ == 0) { eval blank("no stages were measured"); exit }
left = 175./W; middle_ = 530./W; right = 1 - 280./W; bottom = 76./H; top = 1 - 96./H - noted(0)*17./H
set yrange [0.3:NX*(NS + 0.6) + 0.1]; set border 1; set grid xtics noytics
set ytics () scale 0 noenhanced
do for [x=1:NX] { do for [i=1:NS] { set ytics add (S(i) (NX - rank(x))*(NS + 0.6) + NS - i + 1) } }
# What a group of rows is called, above it.
if (key1 ne "") { do for [x=1:NX] { set label 20 + x apart(word(values, x)) at graph 0, first (NX - rank(x))*(NS + 0.6) + NS + 0.62 left offset 0.3,0 tc rgb ink font ",11" noenhanced front } }
set multiplot
set tmargin at screen top; set bmargin at screen bottom
set lmargin at screen left; set rmargin at screen middle_
set style fill solid 1 noborder; set xlabel "mean, from receipt to reply (ms)"; set xrange [0:longest*1.16]; set format x "%g"
unset key
plot for [s=1:4] $stages using 1:1:(column(s + 1)):(column(s + 2)):($1 - 0.36):($1 + 0.36) with boxxyerror lt 1 dt 1 lw 0 fc rgb word(shades, s) notitle, \
     $stages using 6:1:(sprintf($6 < 99.5 ? "%.3g" : "%.0f", $6)) with labels left offset 0.4,0 tc rgb ink font ",11" notitle
unset label
set lmargin at screen middle_ + 30./W; set rmargin at screen right
set key at screen right + 12./W, graph 1 left top vertical Left reverse noenhanced maxrows 12
set ytics ("" 0) scale 0; set xlabel "of each stage (ms, log scale)"
if (shortest < 1e300) { set logscale x; set xrange [shortest/1.6:largest*1.6] } else { set xrange [0:1] }
set format x "%g"
at(s, c) = column("stage") == s ? column(c) : NaN
plot for [s=1:4] $spans using (at(s, "median")):(column("y")):(column("tail") == column("tail") ? column("tail") - column("median") : 0):(0) with vectors nohead lc rgb word(shades, s) lw 2 dt 1 notitle, \
     for [s=1:4] $spans using (at(s, "median")):(column("y")) with points pt 7 ps 0.6 lc rgb word(shades, s) notitle, \
     for [s=1:4] $spans using (at(s, "tail")):(column("y")) with points pt 2 ps 0.4 lc rgb word(shades, s) notitle, \
     for [s=1:4] keyentry with boxes fs solid 1 noborder lc rgb word(shades, s) title apart(word(titles, s))
unset multiplot
