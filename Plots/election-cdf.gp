# How many trials had a leader again within which time of the crash: cumulative, over all trials.
if (!exists("experiment")) experiment = "election"
load "Plots/style.gp"
eval require("elections", "Time without a leader", "no fault made the leader change")
lost = 0; all = 0
stats data."/elections.csv" using (ours("configuration") ? (all = all + 1, stringcolumn("censored") eq "true" ? (lost = lost + 1) : 0, 0) : 0) nooutput
basis = simulated.counted(all, "trial", "trials").(lost == 0 ? ", all of which recovered" : sprintf(", of which %d never recovered and lie beyond the axis", lost)).", seed ".seeds
idle = without(all)
eval headings("Time without a leader", "from the fault, each trial counting alike", "")
set xlabel "time since the fault (ms)"; set ylabel "share of trials"
set yrange [0:1]; set ytics ("0" 0, "25 %%" 0.25, "50 %%" 0.5, "75 %%" 0.75, "90 %%" 0.9, "100 %%" 1)
# Trials that never recovered belong to the whole; the axis ends where the others do.
longest = 0
stats data."/elections.csv" using (ours("configuration") && stringcolumn("d3_ns") ne "" ? (longest = column("d3_ns") > longest ? column("d3_ns") : longest, 0) : 0) nooutput
set xrange [0:longest > 0 ? 1.05*longest/1e6 : 1]
after(p, c) = mine(p) ? (strlen(stringcolumn(c)) > 0 ? column(c)/1e6 : 1e9) : NaN
# More than four protocols: one curve each, or nobody finds his.
few = NS <= 4
plot for [i=1:NS] data."/elections.csv" using (after(S(i), "d2_ns")):(1) smooth cnormal with lines lt C(i) title S(i).", all follow", \
     for [i=1:few ? NS : 0] data."/elections.csv" using (after(S(i), "d3_ns")):(1) smooth cnormal with lines lt C(i) dt 3 title S(i).", clients served"
