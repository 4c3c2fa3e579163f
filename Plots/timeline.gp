# Throughput and latency over the time of a run, by interval, with what went wrong marked.
if (!exists("experiment")) experiment = "failover-timeline"
load "Plots/style.gp"
H = 760; load "Plots/terminal.gp"
t(p) = mine(p) ? column("interval_start_ns")/1e9 + column("interval_ns")/2e9 : NaN
# Of each protocol beside the others', which would hide them.
beside(i) = t(S(i)) + 0.8*(i - (NS + 1)/2.)/NS*column("interval_ns")/1e9
interval = 0
stats data."/timeline.csv" using (ours("configuration") ? (interval = column("interval_ns"), 0) : 0) nooutput
# Each different fault once, by its time and length in ms: a line where it strikes, and a band as long as it lasts; with the role
# that was meant, where it was one.
marks = ""
role(t) = strstrt(t, "leader ") == 1 ? ":~leader" : strstrt(t, "follower ") == 1 ? ":~follower" : ""
ms(c) = stringcolumn(c) eq "" ? 0 : column(c)/1e6
remark(m) = strstrt(" ".marks." ", " ".m." ") > 0 ? 0 : (marks = marks." ".m, 0)
if (has_file("faults")) stats data."/faults.csv" using (ours("configuration") ? remark(sprintf("%.0f,%.0f,%s%s", ms("at_ns"), ms("length_ns"), stringcolumn("kind"), role(stringcolumn("target")))) : 0) nooutput
many = words(marks) > 12
red = "#B00000"
rest(m) = substr(m, strstrt(m, ",") + 1, strlen(m))
front(m) = substr(m, 1, strstrt(m, ",") - 1)
set style textbox opaque noborder fillcolor rgb "white"
if (!many) { do for [j=1:words(marks)] {
  m = word(marks, j); s = real(front(m))/1e3; e = s + real(front(rest(m)))/1e3
  set arrow 100 + j from s, graph 0 to s, graph 1 nohead lc rgb red lw 1.2 dt 2
  if (e > s) { set object 100 + j rect from s, graph 0 to e, graph 1 fc rgb "#F8E6E3" fs solid noborder behind }
  set label 100 + j apart(rest(rest(m))) at s, graph 1 offset 0.4,-0.7 - 1.1*((j - 1)%3) left tc rgb red font ",11" noenhanced boxed front
} }
most = 0
stats data."/timeline.csv" using (ours("configuration") ? (v = column("completed")*1e6/column("interval_ns"), most = v > most ? v : most, 0) : 0) nooutput
left = 110./W; right = 1 - 190./W; set lmargin at screen left; set rmargin at screen right
set key at screen right + 12./W, graph 1 left top vertical Left reverse noenhanced maxrows 12
set xrange [0:*]; set yrange [0:most > 0 ? 1.3*most : 1]; set format y "%g"
set multiplot
set origin 0,0.42; set size 1,0.58; set tmargin 5.8; set bmargin 1.5
eval headings(planned ? "Through a fault" : "Over time", sprintf("by intervals of %g ms; lines: mean of all trials; marks: each", interval/1e6).(planned ? "; red: what struck, and how long" : "").(many ? " (too often to be marked)" : ""), "")
set ylabel "answers (1000/s)"; set format x ""
plot for [i=1:NS] data."/timeline.csv" using (beside(i)):(column("completed")*1e6/column("interval_ns")) with points lt C(i) ps 0.3 notitle, \
     for [i=1:NS] data."/timeline.csv" using (t(S(i))):(column("completed")*1e6/column("interval_ns")) smooth unique with lines lt C(i) dt 1 notitle, \
     for [i=1:NS] keyentry with linespoints lt C(i) dt 1 title S(i)
unset label; set format x "%g"
set origin 0,0; set size 1,0.42; set tmargin 1; set bmargin 3.5; unset key
set logscale y; set yrange [*:*]; set ylabel "latency (ms, log scale)"; set xlabel "time since the window began (s)"
plot for [i=1:NS] data."/timeline.csv" using (column("completed") > 0 ? beside(i) : NaN):(column("latency_sum_ns")/column("completed")/1e6) with points lt C(i) ps 0.4
unset multiplot
