# The headline numbers of every baseline that was accepted, a panel for each number. A mark is a change point: the numbers are exact, so
# it stands wherever one differs from the baseline before.
looks = 1; load "Plots/style.gp"
file = data."/history.csv"; changes = data."/changes.csv"
metrics = "commit_p50_ns commit_p99_ns most_goodput_per_s failover_p50_ns frames_per_batch fsyncs_per_batch allocations_per_command"
array title[7] = ["commit latency, median (µs)", "commit latency, p99 (µs)", "highest goodput (1000/s)", "crash to first answer, median (ms)", \
  "frames per batch", "disk writes per batch", "allocations per command"]
array unit[7] = [1e3, 1e3, 1e3, 1e6, 1, 1, 1]
# Protocols that have any of the numbers; the last baseline; why baselines changed something, the latest first.
present = ""; last = 0
note(p) = (strstrt(" ".present." ", " ".p." ") > 0 ? 0 : (present = present.(present eq "" ? "" : " ").p, 0))
is(m) = column(m) == column(m)
do for [m in metrics] { stats file using (is(m) ? note(stringcolumn("protocol")) : 0) nooutput }
stats file using (last = column("number") > last ? column("number") : last, 0) nooutput
do for [i=1:words(present)] { if (strstrt(" ".protocols." ", " ".word(present, i)." ") == 0) { protocols = protocols." ".word(present, i) } }
NP = words(protocols)
shown = ""; do for [p in protocols] { if (strstrt(" ".present." ", " ".p." ") > 0) { shown = shown.(shown eq "" ? "" : " ").p } }
NS = words(shown); S(i) = word(shown, i); C(i) = sum [k=1:NP] (word(protocols, k) eq S(i) ? k : 0)
why = ""; numbers = ""; lines = 0; MOST = 12; points = 0
short(t) = strlen(t) > 110 ? substr(t, 1, 109)."…" : t
tell(n) = strstrt(" ".numbers." ", sprintf(" %d ", n)) > 0 ? 0 : (numbers = sprintf("%s %d", numbers, n), lines = lines + 1, \
  why = sprintf("%3d  %s  %s", n, substr(stringcolumn("date"), 1, 10), short(stringcolumn("reason"))).(why eq "" ? "" : "\n").why, 0)
stats changes using (points = points + 1, tell(column("number"))) nooutput
# No more than the latest.
first(t, n) = n == 0 || t eq "" ? "" : strstrt(t, "\n") == 0 ? t : substr(t, 1, strstrt(t, "\n")).first(substr(t, strstrt(t, "\n") + 1, strlen(t)), n - 1)
if (lines > MOST) { why = first(why, MOST).sprintf("and %d earlier", lines - MOST); lines = MOST + 1 }
if (lines == 0) { why = "No baseline has changed any of these numbers." ; lines = 1 }
W = 980; H = 760 + 16*lines; load "Plots/terminal.gp"
top(r) = 1 - (90. + 165.*(r - 1))/H
set xrange [0.5:last + 0.5]; set format x "%g"; set format y "%g"
if (last < 12) { set xtics 1 }
set xtics offset 0,0.5; set tics font ",11"
change(m, d) = stringcolumn("metric") eq m && (stringcolumn("direction") eq "better") == d && stringcolumn("after") ne "" ? column("number") : NaN
set multiplot
do for [k=1:7] {
  r = int((k + 1)/2); left = k % 2 == 1 ? 0.06 : 0.56; m = word(metrics, k)
  set tmargin at screen top(r); set bmargin at screen top(r) - 108./H; set lmargin at screen left; set rmargin at screen left + 0.42
  low = 1e300; high = -1e300; known = 0
  stats file using (is(m) ? (known = 1, v = column(m)/unit[k], low = v < low ? v : low, high = v > high ? v : high, 0) : 0) nooutput
  if (k == 1) {
    set label 1 heading("Accepted baselines") at screen 0.06, screen 1 - 26./H tc rgb ink
    set label 2 sprintf("%s, %s; marks: a number that the baseline changed, hollow for the better; axes do not begin at zero", \
      counted(last, "baseline", "baselines"), counted(points, "change", "changes")) at screen 0.06, screen 1 - 48./H noenhanced font ",11" tc rgb quiet
    set label 3 why at screen 0.06, screen (16.*lines)/H noenhanced font ",10" tc rgb ink
  } else { unset label 1; unset label 2; unset label 3 }
  set label 4 title[k] at graph 0,1 offset 0,0.7 noenhanced tc rgb ink font ",12"
  set key off; set xlabel (k == 7 ? "baseline" : "") offset 0,0.9
  if (known) {
    pad = high > low ? 0.12*(high - low) : high > 0 ? 0.05*high : 1
    set yrange [low - pad:high + pad]
    plot for [i=1:NS] file using (stringcolumn("protocol") eq S(i) ? column("number") : NaN):(column(m)/unit[k]) with linespoints lt C(i) ps 0.5, \
         changes using (change(m, 1)):(column("after")/unit[k]) with points lc rgb ink pt 6 ps 1.5, \
         changes using (change(m, 0)):(column("after")/unit[k]) with points lc rgb ink pt 7 ps 1.1
  } else {
    set yrange [0:1]; set label 5 "no baseline has this number" at graph 0.5,0.5 center tc rgb quiet; plot -1 notitle; unset label 5
  }
}
# The last place is the key's.
unset label; unset border; unset tics; unset grid; unset xlabel; set yrange [0:1]
set tmargin at screen top(4); set bmargin at screen top(4) - 108./H; set lmargin at screen 0.56; set rmargin at screen 0.98
set key inside left top font ",11" spacing 0.95 vertical Left reverse noenhanced maxrows 11
plot for [i=1:NS] -1 with linespoints lt C(i) ps 0.5 title S(i)
unset multiplot
