# What a message costs the more there is of something:  gnuplot -e "data='FILE'; out='FILE.svg'; panels='FILE'" cost.gp
# Of data: a block a curve, its name in a comment before it; size, median, least, most (us of CPU a message). panels: what is plotted
# of it, and where: plots.py writes it.
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
set pointsize 0.6
load panels
