# Where a chart goes, W x H points large. Loaded by style.gp; once more by a chart that is of another size.
if (term eq "svg") set terminal svg size W,H enhanced font "DejaVu Sans,13" background rgb "white" dynamic
if (term eq "png") set terminal pngcairo size 2*W,2*H enhanced font "DejaVu Sans,13" fontscale 2 linewidth 2 pointscale 2 background rgb "white"
if (term eq "pdf") set terminal pdfcairo size W/100.,H/100. enhanced font "DejaVu Sans,9.5" fontscale 1 linewidth 0.8 pointscale 0.7 background rgb "white"
set output out
