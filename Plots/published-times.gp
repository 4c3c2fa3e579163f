# Time without a leader for each range of timeouts, as a distribution over trials, and the published points over it.
if (!exists("experiment")) experiment = "raft-figure-16"
load "Plots/style.gp"
published = "Plots/published/".experiment.".csv"
known = int(system("test -s '".published."' && echo 1 || echo 0"))
if (!known) { eval refuse("it needs published points, in ".published) }
eval require("elections", "Time without a leader, and as it was published", "no fault made the leader change")
eval collect("timing.election-timeout"); timeouts = found
# Ranges in order: by where they begin, then by where they end.
begins(t) = plain(substr(t, 1, strstrt(t, "-") - 1))
closes(t) = plain(substr(t, strstrt(t, "-") + 1, strlen(t)))
weight(t) = begins(t)*1e7 + closes(t)
list = ""; last = -1
do for [pass=1:64] {
  next = 1e300; name = ""
  stats data."/configurations.csv" using (stringcolumn("experiment") eq experiment && stringcolumn("key") eq "timing.election-timeout" \
    ? (v = weight(stringcolumn("value")), v > last && v < next ? (next = v, name = stringcolumn("value"), 0) : 0) : 0) nooutput
  if (next < 1e300) { list = list.(list eq "" ? "" : " ").name; last = next } else { break }
}
NX = words(list)
T(k) = word(list, k)
is(k) = ours("configuration") && lookup(timeouts, id("configuration")) eq T(k)
# Trials without a leader belong to the whole, and lie beyond the axis; so does a range in which no trial has one.
least = 1e300; most = 0; all = 0; lost = 0
led = ""
do for [k=1:NX] {
  n = 0
  stats data."/elections.csv" using (is(k) ? (all = all + 1, stringcolumn("d2_ns") eq "" ? (lost = lost + 1) : (n = n + 1, v = column("d2_ns")/1e6, least = v < least ? v : least, most = v > most ? v : most), 0) : 0) nooutput
  led = led.(n > 0 ? "yes " : "no ")
}
basis = simulated.counted(all, "trial", "trials").(lost == 0 ? "" : ", of which ".thousands(lost)." never had a leader").", seed ".seeds
idle = without(all)
eval headings("Time without a leader, and as it was published", "from the crash until all follow a new leader, by timing.election-timeout", "marks: published")
if (most == 0) { eval blank("no trial had a leader again") } else {
set logscale x; set xrange [least/1.1:most*1.1]; set format x "%g"
set xlabel "time since the crash (ms, log scale)"; set ylabel "share of trials"
set yrange [0:1]; set ytics ("0" 0, "25 %%" 0.25, "50 %%" 0.5, "75 %%" 0.75, "90 %%" 0.9, "100 %%" 1)
after(k) = is(k) ? (stringcolumn("d2_ns") eq "" ? 1e9 : column("d2_ns")/1e6) : NaN
plot for [k=1:NX] data."/elections.csv" using (word(led, k) eq "yes" ? after(k) : NaN):(1) smooth cnormal with lines lt k dt 1 title T(k).(word(led, k) eq "no" ? ", never" : ""), \
     for [k=1:NX] published using (stringcolumn("timing.election-timeout") eq T(k) ? column("time_ms") : NaN):"quantile" with points lt k ps 1 notitle
}
