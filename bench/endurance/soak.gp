# A long run over its minutes:  gnuplot -e "data='FILE'; out='FILE.svg'" soak.gp
# Of data, block "hub": minute, RSS MiB, descriptors, journal MiB, lag s, accepted/s, receipts/s; blocks "campaign" and "otp": minute, p99 ms.
set terminal svg size 1000,1100 font "Helvetica,13" background "white"
set output out
set datafile separator "\t"
set grid lc rgb "#dddddd"
set xlabel "minutes"
set key outside top right horizontal
set yrange [0:*]
set style data lines
set multiplot layout 4,1

set title "Messages a second"
plot data index "hub" using 1:6 lw 1.5 lc rgb "#1f4e79" title "accepted", \
     data index "hub" using 1:7 lw 1.5 lc rgb "#e69138" title "receipts taken"
set title "Memory (RSS, MiB) and descriptors of the hub"
set y2tics
set y2range [0:*]
plot data index "hub" using 1:2 lw 1.5 lc rgb "#1f4e79" title "RSS", \
     data index "hub" using 1:3 axes x1y2 lw 1.5 lc rgb "#990000" title "descriptors (right)"
set title "Journal (MiB) and how far PostgreSQL is behind (s)"
plot data index "hub" using 1:4 lw 1.5 lc rgb "#1f4e79" title "journal", \
     data index "hub" using 1:5 axes x1y2 lw 1.5 lc rgb "#990000" title "lag (right)"
unset y2tics
set title "p99 of the answer (ms), slowest half second of each ten seconds"
set logscale y
set yrange [*:*]
plot data index "campaign" lw 1.5 lc rgb "#7fb2e5" title "campaign", \
     data index "otp" lw 1.5 lc rgb "#990000" title "OTP"
unset multiplot
