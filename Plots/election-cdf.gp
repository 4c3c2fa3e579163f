# How many trials had a leader again within which time of the crash: cumulative, over all trials.
if (!exists("experiment")) experiment = "election"
load "Plots/style.gp"
censored = 0; total = 0
stats data."/elections.csv" using (stringcolumn("experiment") eq experiment && verified("configuration") ? (total = total + 1, stringcolumn("censored") eq "true" ? (censored = censored + 1) : 0, 0) : 0) nooutput
set label 1 heading("Time without a leader") at graph 0,1 offset 0,2.6 tc rgb ink
set label 2 sprintf("from the leader's crash; %d trials in all, %d never recovered, simulated", total, censored) \
  at graph 0,1 offset 0,1.2 font ",12" tc rgb quiet
set xlabel "time since the crash (ms)"; set ylabel "share of trials"
set xrange [0:*]; set yrange [0:1]; set ytics ("0" 0, "25 %%" 0.25, "50 %%" 0.5, "75 %%" 0.75, "90 %%" 0.9, "100 %%" 1)
# Trials that never recovered belong to the whole and lie beyond the axis.
after(p, c) = mine(p) ? (strlen(stringcolumn(c)) > 0 ? column(c)/1e6 : 1e9) : NaN
# More than four protocols: one curve each, or nobody finds his.
isFew(p) = words(present) <= 4 && has(p)
plot for [i=1:NP] data."/elections.csv" using (after(P(i), "d2_ns")):(1) smooth cnormal with lines lt i \
       title (has(P(i)) ? P(i).", all follow" : ""), \
     for [i=1:NP] data."/elections.csv" using (isFew(P(i)) ? after(P(i), "d3_ns") : NaN):(1) smooth cnormal with lines lt i dt 3 \
       title (isFew(P(i)) ? P(i).", clients served" : "")
