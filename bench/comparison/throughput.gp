# What the middles carry and how long their answers take:  gnuplot -e "data='FILE'; out='FILE.svg'" throughput.gp
# Of data: name, three figures (median, least, most) at window 1000 and three at window 50, p50, p99, p99.9 in ms at 1,000/s.
set terminal svg size 1000,900 font "Helvetica,13" background "white"
set output out
set datafile separator "\t"
set datafile missing "-"
set logscale y
set grid ytics lc rgb "#dddddd"
set style fill solid 0.8 noborder
set boxwidth 0.9
set xtics rotate by -30 nomirror
set errorbars front lc rgb "#333333"
set key outside top right horizontal
set xrange [-0.7:*]
set multiplot layout 2,1

set title "Messages a second, flat out (median, least and most of the repeats)"
set style histogram errorbars gap 1.5 lw 1
set style data histogram
set format y "%.0s%c"
set yrange [100:*]
plot data using 2:3:4:xtic(1) title "window 1000" lc rgb "#1f4e79", \
     data using 5:6:7 title "window 50" lc rgb "#7fb2e5"

set title "Latency of the answer at 1,000 messages a second, window 10 (ms)"
set style histogram clustered gap 1.5
set format y "%g"
set yrange [0.01:*]
plot data using 8:xtic(1) title "p50" lc rgb "#b7d7a8", \
     data using 9 title "p99" lc rgb "#e69138", \
     data using 10 title "p99.9" lc rgb "#990000"
unset multiplot
