# What every chart shares. A chart is drawn by
#   gnuplot -e "data='DIR'; out='FILE'; term='png'" Plots/NAME.gp
# where DIR holds the CSV files of a run; term is png or svg.
if (!exists("data")) data = "Results/baseline"
if (!exists("term")) term = "png"
if (!exists("out")) out = "chart.".term
W = 900; H = 560
set encoding utf8
load "Plots/terminal.gp"
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

# Okabe and Ito's colours: distinct for colour-blind readers, and in grey; each with a dash and a mark of its own.
set linetype 1 lc rgb "#0072B2" lw 2 pt 7  ps 0.8 dt 1
set linetype 2 lc rgb "#D55E00" lw 2 pt 5  ps 0.8 dt (10,4)
set linetype 3 lc rgb "#009E73" lw 2 pt 9  ps 1.0 dt (2,3)
set linetype 4 lc rgb "#CC79A7" lw 2 pt 13 ps 1.0 dt (10,4,2,4)
set linetype 5 lc rgb "#E69F00" lw 2 pt 11 ps 1.0 dt 1
set linetype 6 lc rgb "#56B4E9" lw 2 pt 4  ps 0.8 dt 1
set linetype 7 lc rgb "#999999" lw 2 pt 8  ps 0.8 dt (6,3)
set linetype 8 lc rgb "#000000" lw 2 pt 6  ps 0.8 dt (3,3)
ink = "#333333"; faint = "#D0D0D0"; quiet = "#666666"
set border 3 lc rgb ink lw 1
set tics nomirror out scale 0.6 textcolor rgb ink
set grid back lc rgb faint lw 0.8 dt 1
set xlabel textcolor rgb ink; set ylabel textcolor rgb ink
set key outside right top vertical Left reverse noenhanced samplen 2.5 spacing 1.25 textcolor rgb ink
set tmargin 4.5
# A heading at the left, and under it in grey what was run.
heading(t) = sprintf("{/=16:Bold %s}", t)
thousands(n) = n < 1000 ? sprintf("%d", n) : n < 1000000 ? sprintf("%d %03d", n/1000, int(n)%1000) : sprintf("%d %03d %03d", n/1000000, int(n/1000)%1000, int(n)%1000)

# Protocols, each always in the colour of its place; others that a run has get the colours after these.
protocols = "raft multipaxos unreplicated zab raft-plain raft-quorum-detection zab-zookeeper multipaxos-up-to-date"
P(i) = word(protocols, i)

# Values of an input by configuration, as " id=value id=value ": eval collect("link.loss") leaves them in found.
id(c) = stringcolumn(c)
lookup(map, i) = (strstrt(map, " ".i."=") == 0) ? "" : word(substr(map, strstrt(map, " ".i."=") + strlen(i) + 2, strlen(map)), 1)
collect(key) = sprintf("stats data.\"/configurations.csv\" using (stringcolumn(\"key\") eq \"%s\" ? (found = found.id(\"configuration\").\"=\".stringcolumn(\"value\").\" \", 0) : 0) nooutput", key)
# Configurations with a run that is not verified: no chart shows them. Protocols of this experiment.
void = " "; present = " "
has(p) = strstrt(present, " ".p." ") > 0
stats data."/summary.csv" using (stringcolumn("verdict") eq "ok" ? 0 : (void = void.id("configuration")."=void ", 0)) nooutput
stats data."/summary.csv" using (stringcolumn("experiment") eq experiment && has(stringcolumn("protocol")) == 0 ? (present = present.stringcolumn("protocol")." ", 0) : 0) nooutput
verified(c) = lookup(void, id(c)) eq ""
mine(p) = stringcolumn("experiment") eq experiment && stringcolumn("protocol") eq p && verified("configuration")
do for [i=1:words(present)] { if (strstrt(" ".protocols." ", " ".word(present, i)." ") == 0) { protocols = protocols." ".word(present, i) } }
NP = words(protocols)
