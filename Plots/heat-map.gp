# Goodput over two swept inputs, a map for each protocol. All cells are of equal size, and say what they show.
if (!exists("experiment")) experiment = "batching"
needsSweep = 1; load "Plots/style.gp"
load "Plots/sweep.gp"
if (panelKey eq "") { eval refuse("it needs two swept inputs, and swept is ".swept.": draw goodput-sweep") }
unset logscale x
NY = panels; CELL = NX*NY
array total[CELL*NP]; array trials[CELL*NP]
do for [j=1:CELL*NP] { total[j] = 0; trials[j] = 0 }
spot(c) = ((colour(stringcolumn("protocol")) - 1)*NY + panel(c) - 1)*NX + position(xs, along(c))
stats data."/summary.csv" using (ours("configuration") ? (j = spot("configuration"), total[j] = total[j] + column("goodput_per_s"), trials[j] = trials[j] + 1, 0) : 0) nooutput
mean(j) = trials[j] > 0 ? total[j]/trials[j]/1e3 : NaN
most = 0; least = 1e300
do for [j=1:CELL*NP] { if (trials[j] > 0) { most = mean(j) > most ? mean(j) : most; least = mean(j) < least ? mean(j) : least } }
W = 200 + 280*NS < 900 ? 900 : 200 + 280*NS; H = 170 + 70*NY < 440 ? 440 : 170 + 70*NY; load "Plots/terminal.gp"
set palette defined (@cividis)
# From zero, so that what hardly differs looks alike, unless it spans a decade.
if (least > 0 && most > 10*least) { set logscale cb; dark(v) = log(v/least) < 0.55*log(most/least) } else { least = 0; dark(v) = v < 0.55*most }
set cbrange [least:most > least ? most : 1]
unset key; unset grid; set border 0; set tics scale 0
set xrange [0.5:NX+0.5]; set yrange [0.5:NY+0.5]; set xtics () norotate noenhanced; set ytics () noenhanced
set for [j=1:NX] xtics add (tick(mark(axisKey, word(xs, j))) j); set for [j=1:NY] ytics add (tick(mark(panelKey, word(ys, j))) j)
set colorbox user origin 1 - 95./W,0.2 size 14./W,0.5; set cblabel "goodput (1000/s)" offset 1.5,0; set format cb "%g"
rounded(v) = v >= 99.5 ? sprintf("%.0f", v) : v >= 9.95 ? sprintf("%.1f", v) : v >= 0.995 ? sprintf("%.2f", v) : sprintf("%.3f", v)
begin(i) = 90./W + (1 - 210./W)*(i - 1)/NS
set print $cells
print "protocol,x,y,goodput"
do for [j=1:CELL*NP] { if (trials[j] > 0) { print sprintf("%s,%d,%d,%.9g", P((j - 1)/CELL + 1), (j - 1)%NX + 1, ((j - 1)/NX)%NY + 1, mean(j)) } }
set print
in(p, v) = stringcolumn("protocol") eq p ? v : NaN
set multiplot
do for [i=1:NS] {
  set lmargin at screen begin(i); set rmargin at screen begin(i + 1) - 14./W; set tmargin 7.2; set bmargin 4
  if (i == 1) { HEAD = 1.4; eval headings("Goodput by ".axisKey." and ".panelKey, "mean of all trials, in 1000 operations a second", "") } else { unset label 1; unset label 2; unset ytics }
  set label 3 S(i) at graph 0,1 offset 0.3,0.7 noenhanced tc rgb ink font ",12"
  set xlabel axisName noenhanced; set ylabel (i == 1 ? panelName : "") noenhanced
  plot $cells using (in(S(i), $2)):3:($2 - 0.49):($2 + 0.49):($3 - 0.49):($3 + 0.49):4 with boxxyerror fs solid 1 noborder fc palette, \
       $cells using (in(S(i), $2)):3:(rounded($4)):(dark($4) ? 0xFFFFFF : 0x222222) with labels tc rgb variable font ",12"
}
unset multiplot
