# What every chart shares. A chart is drawn by
#   gnuplot -e "data='DIR'; out='FILE'; term='png'" Plots/NAME.gp
# where DIR holds the CSV files of a run; term is png, svg or pdf.
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
set linetype 9 lc rgb "#8C510A" lw 2 pt 10 ps 1.0 dt (10,4)
set linetype 10 lc rgb "#5E3C99" lw 2 pt 12 ps 1.0 dt (2,3)
set linetype 11 lc rgb "#01665E" lw 2 pt 14 ps 1.0 dt (10,4,2,4)
ink = "#333333"; faint = "#D0D0D0"; quiet = "#666666"
set border 3 lc rgb ink lw 1
set tics nomirror out scale 0.6 textcolor rgb ink
set grid back lc rgb faint lw 0.8 dt 1
set xlabel textcolor rgb ink; set ylabel textcolor rgb ink
set key outside right top vertical Left reverse noenhanced samplen 2.5 spacing 1.25 textcolor rgb ink
# A heading at the left, and under it in grey what was run.
# An underscore there is one, not an index.
guarded(t) = strstrt(t, "_") == 0 ? t : substr(t, 1, strstrt(t, "_") - 1)."\\_".guarded(substr(t, strstrt(t, "_") + 1, strlen(t)))
heading(t) = sprintf("{/=16:Bold %s}", guarded(t))
thousands(n) = n < 1000 ? sprintf("%d", n) : n < 1000000 ? sprintf("%d %03d", n/1000, int(n)%1000) : sprintf("%d %03d %03d", n/1000000, int(n/1000)%1000, int(n)%1000)
# eval headings("what", "of what", "what bars and marks mean") takes labels 1 and 2.
# A line of notes under these, such as who is left out, lifts them.
noted(n) = leftOut eq "" && idle eq "" ? 0 : 1.2
notes(n) = noted(0) == 0 ? "" : "\n".(idle eq "" ? substr(leftOut, 3, strlen(leftOut)) : idle.leftOut)
headings(t, what, marks) = sprintf("set label 1 heading(\"%s\") at graph 0,1 offset 0,3.8+HEAD+noted(0) tc rgb ink; set label 2 \"%s%s\\n\".basis.notes(0) at graph 0,1 offset 0,2.4+HEAD+noted(0) noenhanced font \",12\" tc rgb quiet", t, what, marks eq "" ? "" : "; ".marks)
# eval blank("why") draws a chart of which there is nothing to draw.
blank(why) = sprintf("set label 9 \"%s\" at graph 0.5,0.5 center tc rgb quiet; unset logscale; set xrange [0:1]; set yrange [0:1]; unset xtics; unset ytics; unset key; plot -1 notitle", why)
# eval refuse("why") ends a chart that the data are not for: one line for whoever draws it.
refuse(why) = sprintf("set print; print \"refused: %s\"; exit status 3", why)
# Whether the run has a file: one without rows is not written.
has_file(name) = int(system(sprintf("test -s \"%s/%s.csv\" && echo 1 || echo 0", data, name)))
HEAD = 0; FOOT = 0
set tmargin 5.8
counted(n, one, more) = thousands(n)." ".(n == 1 ? one : more)
# Cividis: even to the eye, also of the colour-blind, and in grey.
cividis = '0 "#00224E", 1 "#123570", 2 "#3B496C", 3 "#575D6D", 4 "#707173", 5 "#8A8678", 6 "#A59C74", 7 "#C3B369", 8 "#E1CC55", 9 "#FEE838"'

# Protocols, each always in the colour of its place; others that a run has get the colours after these.
protocols = "raft multipaxos unreplicated zab raft-plain raft-quorum-detection zab-zookeeper multipaxos-up-to-date multipaxos-explicit multipaxos-all-learn multipaxos-thrifty"
P(i) = word(protocols, i)
# A chart that is not of a run takes no more than the looks.
if (exists("looks")) exit

# Values by configuration, as " id=value| id=value| ": lookup(map, id) finds one.
id(c) = stringcolumn(c)
behind(map, i) = substr(map, strstrt(map, " ".i."=") + strlen(i) + 2, strlen(map))
lookup(map, i) = strstrt(map, " ".i."=") == 0 ? "" : substr(behind(map, i), 1, strstrt(behind(map, i), "|") - 1)
entry(c, value) = id(c)."=".value."| "
# eval collect("link.loss") leaves the values of an input in found.
collect(key) = sprintf("found = \" \"; stats data.\"/configurations.csv\" using (stringcolumn(\"experiment\") eq experiment && stringcolumn(\"key\") eq \"%s\" ? (found = found.entry(\"configuration\", stringcolumn(\"value\")), 0) : 0) nooutput", key)

# Configurations with a run that is not verified: no chart shows them. Protocols of this experiment, those with a verified
# run, how many of these there are, with how many operations, and their seeds.
void = " "; present = " "; runs = 0; replies = 0; seeds = ""
has(p) = strstrt(present, " ".p." ") > 0
ours(c) = stringcolumn("experiment") eq experiment && lookup(void, id(c)) eq ""
verified(c) = lookup(void, id(c)) eq ""
mine(p) = ours("configuration") && stringcolumn("protocol") eq p
note(p, s) = (has(p) ? 0 : (present = present.p." "), strstrt(" ".seeds." ", " ".s." ") > 0 ? 0 : (seeds = seeds.(seeds eq "" ? "" : " ").s), 0)
stats data."/summary.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("verdict") ne "ok" ? (void = void.entry("configuration", "void"), 0) : 0) nooutput
stats data."/summary.csv" using (ours("configuration") ? (runs = runs + 1, replies = replies + column("replies"), note(stringcolumn("protocol"), stringcolumn("seed"))) : 0) nooutput
do for [i=1:words(present)] { if (strstrt(" ".protocols." ", " ".word(present, i)." ") == 0) { protocols = protocols." ".word(present, i) } }
NP = words(protocols)
# The protocols that are here, in the order of their colours; and the colour of each.
shown = ""; do for [i=1:NP] { if (has(P(i))) { shown = shown.(shown eq "" ? "" : " ").P(i) } }
NS = words(shown)
S(i) = word(shown, i)
# Who is not here, or not with all configurations, because runs of his are not verified.
leftOut = ""
do for [p in protocols] {
  bad = 0; all = 0
  stats data."/summary.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("protocol") eq p \
    ? (all = all + 1, bad = bad + (stringcolumn("verdict") ne "ok"), 0) : 0) nooutput
  if (bad > 0) { leftOut = leftOut.sprintf("; %s%s left out, %d of %d runs not verified", p, has(p) ? " in part" : "", bad, all) }
}
colour(p) = sum [i=1:NP] (P(i) eq p ? i : 0)
C(i) = colour(S(i))
# What the messages go over, where that is the same everywhere.
kinds = ""
kind(t) = t eq "unused" || strstrt(" ".kinds." ", " ".t."s ") > 0 ? 0 : (kinds = kinds.(kinds eq "" ? "" : " ").t."s", 0)
stats data."/configurations.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("key") eq "link.kind" ? kind(stringcolumn("value")) : 0) nooutput
modes = " "
stats data."/configurations.csv" using (stringcolumn("experiment") eq experiment && strstrt(modes, " ".stringcolumn("mode")." ") == 0 ? (modes = modes.stringcolumn("mode")." ", 0) : 0) nooutput
how(mode) = mode eq "tcp" ? "measured over TCP on one machine" : mode eq "memory" ? "measured in one process" : "simulated".(words(kinds) == 1 ? " over ".kinds : "")
simulated = experiment.": ".how(word(modes, 1))."; "
basis = simulated.counted(replies, "operation", "operations")." in ".counted(runs, "run", "runs").", seed ".seeds

# Trials that are in no fail-over, such as those whose heir led already.
idle = ""
without(all) = runs > all ? sprintf("%s without a fail-over", counted(runs - all, "trial", "trials")) : ""
trials(all, lost) = simulated.counted(all, "trial", "trials").(lost == 0 ? ", all of which recovered" : ", of which ".thousands(lost)." never recovered and are left out").", seed ".seeds

# What bars mean: bootstrap intervals where the run has them, else the range of its trials.
hasIntervals = 0; barred = " "; barless = 0
if (has_file("intervals")) {
  stats data."/intervals.csv" using (ours("configuration") && stringcolumn("metric") eq "client" && stringcolumn("statistic") eq "p50" ? (hasIntervals = 1, barred = barred.id("configuration")." ", 0) : 0) nooutput
}
stats data."/summary.csv" using (ours("configuration") && strstrt(barred, " ".id("configuration")." ") == 0 ? (barless = 1, 0) : 0) nooutput
later = 0
stats data."/summary.csv" using (ours("configuration") && column("trial") > 0 ? (later = later + 1, 0) : 0) nooutput
alone = "no error bars from one trial"
range = later > 0 ? "error bars: lowest to highest trial" : alone
barsMean = hasIntervals ? (barless ? "bars: 95 % bootstrap interval, if trials suffice" : "error bars: 95 % bootstrap interval") : range

# The inputs that are swept, each once; of a sweep over faults, the names of its cases.
swept = ""
learn(k) = strstrt(" ".swept." ", " ".k." ") > 0 ? 0 : (swept = swept.(swept eq "" ? "" : " ").k, 0)
stats data."/configurations.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("swept") eq "true" && stringcolumn("key") ne "faults" ? learn(stringcolumn("key")) : 0) nooutput
if (swept eq "" && exists("needsSweep")) { eval refuse("it needs a sweep, and nothing is swept") }
# Values as words, with ~ for a space, and back.
joined(t) = strstrt(t, " ") == 0 ? t : substr(t, 1, strstrt(t, " ") - 1)."~".joined(substr(t, strstrt(t, " ") + 1, strlen(t)))
apart(t) = strstrt(t, "~") == 0 ? t : substr(t, 1, strstrt(t, "~") - 1)." ".apart(substr(t, strstrt(t, "~") + 1, strlen(t)))
# In two lines where it has more than one word.
middle(t) = strlen(t)/2 - 1 + strstrt(substr(t, strlen(t)/2, strlen(t)), " ")
folded(t) = strlen(t) < 14 || strstrt(substr(t, strlen(t)/2, strlen(t)), " ") == 0 ? t : substr(t, 1, middle(t) - 1)."\n".substr(t, middle(t) + 1, strlen(t))
# At a tick, where a percent sign begins a format.
escaped(t) = strstrt(t, "%") == 0 ? t : substr(t, 1, strstrt(t, "%"))."%".escaped(substr(t, strstrt(t, "%") + 1, strlen(t)))
tick(t) = escaped(folded(t))
joinedBy(by, list) = words(list) < 2 ? list : word(list, 1).by.joinedBy(by, substr(list, strlen(word(list, 1)) + 2, strlen(list)))
# eval require("elections", "heading", "why not") ends a chart of faults without that file: blank where faults were planned.
planned = 0
stats data."/configurations.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("key") eq "faults" && stringcolumn("value") ne "none" ? (planned = 1, 0) : 0) nooutput
require(name, t, why) = has_file(name) ? "" : planned ? sprintf("eval headings(\"%s\", \"nothing to show\", \"\"); eval blank(\"%s\"); exit", t, why) : refuse("it needs faults, and none is planned")
# A number without its unit: times in ms, sizes in bytes, bandwidths in Mbit/s; NaN is what is no number.
ends(t, u) = strlen(t) > strlen(u) && substr(t, strlen(t) - strlen(u) + 1, strlen(t)) eq u
digits(t) = t eq "" ? 1 : strstrt("0123456789.e+-", substr(t, 1, 1)) > 0 ? digits(substr(t, 2, strlen(t))) : 0
# gnuplot reads 1.0e-05, not 1e-05.
pointed(t) = strstrt(t, "e") == 0 || strstrt(t, ".") > 0 ? t : substr(t, 1, strstrt(t, "e") - 1).".0".substr(t, strstrt(t, "e"), strlen(t))
number(t) = t ne "" && strstrt("0123456789-", substr(t, 1, 1)) > 0 && digits(t) ? real(pointed(t)) : NaN
cut(t, n) = number(substr(t, 1, strlen(t) - n))
plain(t) = ends(t, "MiB") ? cut(t, 3)*1048576 : ends(t, "KiB") ? cut(t, 3)*1024 : ends(t, "ms") ? cut(t, 2) : ends(t, "us") ? cut(t, 2)/1e3 \
  : ends(t, "ns") ? cut(t, 2)/1e6 : ends(t, "Gbit/s") ? cut(t, 6)*1e3 : ends(t, "Mbit/s") ? cut(t, 6) : ends(t, "kbit/s") ? cut(t, 6)/1e3 : ends(t, "bit/s") ? cut(t, 5)/1e6 \
  : ends(t, "k/s") ? cut(t, 3)*1e3 : ends(t, "/s") ? cut(t, 2) : ends(t, "s") ? cut(t, 1)*1e3 : ends(t, "B") ? cut(t, 1) : number(t)
# Of a range of times, where it begins.
begins(t) = ends(t, "s") && strstrt(t, "-") > 1 && strstrt("0123456789", substr(t, 1, 1)) > 0 ? plain(substr(t, 1, strstrt(t, "-") - 1)) : plain(t)
deviates(t) = strstrt(t, "normal ") == 1
middleOf(t) = deviates(t) ? substr(t, 8, strstrt(t, " sd ") - 1) : ""
isShare(key) = strstrt("link.loss link.duplication link.reordering workload.reads workload.swaps workload.deletes", key) > 0
# Probabilities in percent, of a normal delay the deviation, bursts by how many times as often.
measure(key, t) = key eq "workload.bursts" ? (t eq "none" ? 1 : number(substr(t, 1, strstrt(t, "x") - 1))) : deviates(t) ? plain(substr(t, strstrt(t, " sd ") + 4, strlen(t))) : plain(t)*(isShare(key) ? 100 : 1)
# The inputs that have values without a number, two of the same number, or normal delays of several means, as " key=values| ": those with a number first, in
# its order, then the others as they come. Such a value stands at its place among them.
named = " "
do for [j=1:words(swept)] {
  key = word(swept, j); values = ""; isNamed = 0; around = "?"
  know(t) = (isNamed = isNamed || measure(key, t) != measure(key, t) || (around ne "?" && around ne middleOf(t)), around = middleOf(t), \
    strstrt(" ".values." ", " ".joined(t)." ") > 0 ? 0 : (values = values.(values eq "" ? "" : " ").joined(t), 0))
  stats data."/configurations.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("key") eq key && stringcolumn("value") ne "unused" ? know(stringcolumn("value")) : 0) nooutput
  do for [n=2:words(values)] { do for [m=1:n-1] { isNamed = isNamed || measure(key, apart(word(values, m))) == measure(key, apart(word(values, n))) } }
  if (isNamed) {
    weight(n) = deviates(apart(word(values, n))) || begins(apart(word(values, n))) != begins(apart(word(values, n))) ? 1e300 : begins(apart(word(values, n)))
    before(n) = sum [m=1:words(values)] (weight(m) < weight(n) || (weight(m) == weight(n) && m < n) ? 1 : 0)
    ordered = ""
    do for [n=1:words(values)] { do for [m=1:words(values)] { if (before(m) == n - 1) { ordered = ordered.(n == 1 ? "" : " ").word(values, m) } } }
    named = named.key."=".ordered."| "
  }
}
isNamed(key) = strstrt(named, " ".key."=") > 0
listed(list, t) = sum [n=1:words(list)] (word(list, n) eq t ? n : 0)
amount(key, t) = isNamed(key) ? listed(lookup(named, key), joined(t)) : measure(key, t)
# How a value is called at an axis, given its number.
mark(key, x) = isNamed(key) ? apart(word(lookup(named, key), int(real(x)))) : x
# What stands at the axis of an input, given one of its values.
axis(key, t) = isNamed(key) ? key : key eq "workload.bursts" ? key." (times the mean rate)" : deviates(t) ? key.": standard deviation around ".middleOf(t)." (ms)" : isShare(key) ? key." (%)" \
  : ends(t, "bit/s") ? key." (Mbit/s)" : ends(t, "B") ? key." (bytes)" : ends(t, "/s") ? key." (1/s)" : ends(t, "s") ? key." (ms)" : key
# eval distinct("link.loss") leaves the different values of an input in found, ascending, and one of them in example.
distinct(key) = "eval collect(\"".key."\"); map = found; eval sorted(\"".key."\")"
sorted(key) = sprintf("found = \"\"; example = \"\"; last = -1e300; do for [pass=1:64] { next = 1e300; stats data.\"/configurations.csv\" using (stringcolumn(\"experiment\") eq experiment && stringcolumn(\"key\") eq \"%s\" && stringcolumn(\"value\") ne \"unused\" ? (example = stringcolumn(\"value\"), v = amount(\"%s\", example), v > last && v < next ? (next = v, 0) : 0) : 0) nooutput; if (next < 1e300) { found = found.(found eq \"\" ? \"\" : \" \").sprintf(\"%%.10g\", next); last = next } else { break } }", key, key)
