# What a message costs the more there is of something:  gnuplot -e "data='FILE'; out='FILE.svg'" cost.gp
# Of data: a block a curve, its name in a comment before it; size, median, least, most (us of CPU a message).
set terminal svg size 1000,800 font "Helvetica,13" background "white"
set output out
set datafile separator "\t"
set logscale x
set yrange [0:*]
set grid lc rgb "#dddddd"
set ylabel "CPU of the middle, us a message"
set key top left Left reverse
set format x "%.0s%c"
set style data yerrorlines
set multiplot layout 2,2

set title "Sessions (10,000 messages unanswered in all)"
plot data index "sessions of the hub" lc rgb "#1f4e79" pt 7 ps 0.6 title "smpphub", \
     data index "sessions of HAProxy" lc rgb "#e69138" pt 7 ps 0.6 title "HAProxy"
set title "Prefixes of networks"
plot data index "prefixes" lc rgb "#1f4e79" pt 7 ps 0.6 notitle
set title "Suppliers"
plot data index "suppliers that all price" lc rgb "#990000" pt 7 ps 0.6 title "all have a price for the destination", \
     data index "suppliers of whom ten price" lc rgb "#1f4e79" pt 7 ps 0.6 title "ten have"
set title "Clients"
plot data index "clients" lc rgb "#1f4e79" pt 7 ps 0.6 notitle
unset multiplot
