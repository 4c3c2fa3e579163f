# What one batch costs, measured (bars) and by the textbook (black lines): messages, disk writes and copies of the payload.
if (!exists("experiment")) experiment = "cost"
load "Plots/style.gp"
H = 860; load "Plots/terminal.gp"
eval distinct("cluster.replicas"); sizes = found; byConfiguration = map; NX = words(sizes)
position(list, v) = sum [j=1:words(list)] (real(word(list, j)) == v ? j : 0)
size(c) = position(sizes, real(lookup(byConfiguration, id(c))))
# A message that is longer than the smallest payload carries one; each replica but the leader that writes a batch was sent a copy.
eval collect("workload.payload"); payloads = found
least(t, j) = j > words(t) ? 1e300 : (rest = least(t, j + 2), here = plain(word(t, j)), here < rest ? here : rest)
smallest(t) = strstrt(t, "uniform ") == 1 ? plain(substr(t, 9, strstrt(t, "-") - 1)) : strstrt(t, "mixed ") == 1 ? least(t, 3) : plain(t)
CELLS = NX*NP
array batches[CELLS]; array frames[CELLS]; array writes[CELLS]; array copies[CELLS]; array bookFrames[CELLS]; array bookWrites[CELLS]
do for [j=1:CELLS] { batches[j] = 0; frames[j] = 0; writes[j] = 0; copies[j] = 0; bookFrames[j] = NaN; bookWrites[j] = NaN }
cell(c) = (colour(stringcolumn("protocol")) - 1)*NX + size(c)
known(c) = stringcolumn(c) eq "" ? NaN : column(c)
stats data."/summary.csv" using (ours("configuration") ? (j = cell("configuration"), batches[j] = batches[j] + column("batches"), \
  frames[j] = frames[j] + column("frames_replication") + column("frames_notice"), writes[j] = writes[j] + column("fsyncs"), \
  bookFrames[j] = known("frames_per_batch_expected"), bookWrites[j] = known("fsyncs_per_batch_expected"), 0) : 0) nooutput
stats data."/messages.csv" using (ours("configuration") && stringcolumn("purpose") eq "replication" && column("bytes") > column("frames")*smallest(lookup(payloads, id("configuration"))) \
  ? (j = cell("configuration"), copies[j] = copies[j] + column("frames"), 0) : 0) nooutput
# Groups of bars, one for each size.
wide = 0.8/NS
set print $cells
print "protocol,x,messages,writes,copies,bookMessages,bookWrites"
do for [i=1:NS] { do for [x=1:NX] {
  j = (C(i) - 1)*NX + x
  if (batches[j] > 0) { print sprintf("%s,%g,%g,%g,%g,%g,%g", S(i), x + (i - (NS + 1)/2.)*wide, frames[j]/(1.*batches[j]), writes[j]/(1.*batches[j]), copies[j]/(1.*batches[j]), bookFrames[j], bookWrites[j]) }
} }
set print
at(p) = stringcolumn("protocol") eq p ? column("x") : NaN
set boxwidth wide*0.88; set style fill solid 0.75 border lc rgb "white"
set xrange [0.5:NX+0.5]; set grid noxtics ytics; set format y "%g"
left = 80./W; right = 1 - 265./W; set lmargin at screen left; set rmargin at screen right
set key at screen right + 12./W, graph 1 left top vertical Left reverse noenhanced maxrows 12
book = "nohead lc rgb \"black\" lw 2 dt 1"
set multiplot
# The key has the height of the page.
set origin 0,0; set size 1,1; unset border; unset tics; set tmargin 5.8; set yrange [0:1]
plot for [i=1:NS] NaN with boxes lt C(i) dt 1 lw 1 title S(i), NaN with lines lc rgb "black" lw 2 dt 1 title "textbook"
unset key; set border 3; set ytics nomirror out scale 0.6; set yrange [0:*]
set xtics () scale 0 nomirror; set for [j=1:NX] xtics add ("n = ".word(sizes, j) j)
set origin 0,0.63; set size 1,0.37; set tmargin 5.8; set bmargin 2
eval headings("Cost of one batch", "of all replicas together, by cluster size; totals over all batches, so no error bars", "")
set ylabel "messages"
plot for [i=1:NS] $cells using (at(S(i))):"messages" with boxes lt C(i) dt 1 lw 1, \
     $cells using ($2 - wide/2):"bookMessages":(wide):(0) with vectors @book
unset label 1; unset label 2
set origin 0,0.32; set size 1,0.31; set tmargin 1
set ylabel "disk writes"
plot for [i=1:NS] $cells using (at(S(i))):"writes" with boxes lt C(i) dt 1 lw 1, \
     $cells using ($2 - wide/2):"bookWrites":(wide):(0) with vectors @book
set origin 0,0; set size 1,0.32; set bmargin 3
set ylabel "copies of the payload"
plot for [i=1:NS] $cells using (at(S(i))):"copies" with boxes lt C(i) dt 1 lw 1, \
     $cells using ($2 - wide/2):(column("bookWrites") - 1):(wide):(0) with vectors @book
unset multiplot
